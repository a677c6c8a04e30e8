"""Expected tickets of runs, by which their progress is shown"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the column."""
    op.add_column("sync_run", sa.Column("expected", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Takes it out."""
    op.drop_column("sync_run", "expected")
