"""What pages show: reports that are kept, and an index of the contradictions"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table of kept reports and the index of the contradictions."""
    op.create_table(
        "kept",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("stamp", sa.String(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "part"),
    )


def downgrade() -> None:
    """Takes the table out."""
    op.drop_table("kept")
