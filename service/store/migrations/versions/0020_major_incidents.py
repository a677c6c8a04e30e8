"""Major incidents: which tickets are the first major failures of their episodes, and an index of them"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

MAJOR = sa.text("work_class = 'failure' AND confidence >= 0.6 AND priority_level <= 2")


def upgrade() -> None:
    """Makes the column and the index. The next analysis begins anew and fills them, for its version has changed."""
    op.add_column("fact", sa.Column("leads", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.create_index("fact_major", "fact", ["family_id", "burst_s"], sqlite_where=MAJOR, postgresql_where=MAJOR)


def downgrade() -> None:
    """Takes them out."""
    op.drop_index("fact_major", "fact")
    op.drop_column("fact", "leads")
