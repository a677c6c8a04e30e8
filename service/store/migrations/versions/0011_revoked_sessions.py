"""Revoked sessions: those that ended with a logout"""

import sqlalchemy as sa
from alembic import op

from service.store.types import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "revoked_session",
        sa.Column("digest", sa.String(), primary_key=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=False),
    )


def downgrade() -> None:
    """Takes it out."""
    op.drop_table("revoked_session")
