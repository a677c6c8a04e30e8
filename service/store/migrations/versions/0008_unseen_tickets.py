"""Tickets that a census no longer saw, and has not yet marked as deleted"""

import sqlalchemy as sa
from alembic import op

from service.store.types import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "unseen_ticket",
        sa.Column("source_id", sa.Integer(), sa.ForeignKey("source.id"), primary_key=True),
        sa.Column("external_id", sa.String(), primary_key=True),
        sa.Column("since", UtcDateTime(), nullable=False),
    )


def downgrade() -> None:
    """Takes it out."""
    op.drop_table("unseen_ticket")
