"""Values that were left out of tickets, by run and by source"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TABLES = "source", "sync_run"


def upgrade() -> None:
    """Makes the columns."""
    for table in TABLES:
        op.add_column(table, sa.Column("left_out", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    """Takes them out."""
    for table in TABLES:
        op.drop_column(table, "left_out")
