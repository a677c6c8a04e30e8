"""Faults of runs: the remedy, and whether the source rejected the credentials"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

COLUMNS = "remedy", "fault"


def upgrade() -> None:
    """Makes the columns."""
    for column in COLUMNS:
        op.add_column("sync_run", sa.Column(column, sa.Text(), nullable=True))


def downgrade() -> None:
    """Takes them out."""
    for column in COLUMNS:
        op.drop_column("sync_run", column)
