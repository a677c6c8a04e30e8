"""Assumed ends: whether the end of a ticket is known, or its last known change"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the column; the next analysis fills it."""
    op.add_column("fact", sa.Column("ended_is", sa.String(), nullable=True))


def downgrade() -> None:
    """Takes it out."""
    op.drop_column("fact", "ended_is")
