"""Families that came back in the order of when they did: repeats are counted among them"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the index."""
    where = sa.text("episodes > 1")
    op.create_index("family_returning", "family", ["last_end"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Takes it out."""
    op.drop_index("family_returning", "family")
