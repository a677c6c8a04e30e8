"""Answers of people in the audit sample"""

import sqlalchemy as sa
from alembic import op

from service.store.types import UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "audit_answer",
        sa.Column("source_id", sa.Integer(), primary_key=True),
        sa.Column("external_id", sa.String(), primary_key=True),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("same", sa.Boolean(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
    )


def downgrade() -> None:
    """Takes it out."""
    op.drop_table("audit_answer")
