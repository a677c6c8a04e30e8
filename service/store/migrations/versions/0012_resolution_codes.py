"""The system's own word for a resolution, beside its text: it tells duplicates"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column."""
    op.add_column("ticket", sa.Column("resolution_code", sa.String(), nullable=True))


def downgrade() -> None:
    """Takes it out."""
    op.drop_column("ticket", "resolution_code")
