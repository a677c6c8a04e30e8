"""Finished proactive tickets by what links name them: fixes are found among them"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the index."""
    where = sa.text("nature = 'proactive' AND resolved_at IS NOT NULL")
    op.create_index("fact_finished", "fact", ["source_id", "external_id"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Takes it out."""
    op.drop_index("fact_finished", "fact")
