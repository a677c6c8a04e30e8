"""Tables of the pages: reports that are kept, and the tickets to review in the order of time"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table of kept reports, and the indexes of what is to be reviewed."""
    op.create_table(
        "kept",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("stamp", sa.String(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "part"),
    )
    op.drop_index("fact_in_doubt", "fact")
    _in_doubt("opened_s")


def downgrade() -> None:
    """Takes the table out, and the index back."""
    op.drop_index("fact_in_doubt", "fact")
    _in_doubt("confidence")
    op.drop_table("kept")


def _in_doubt(column: str) -> None:
    where = sa.text("confidence < 0.6")
    op.create_index("fact_in_doubt", "fact", [column], unique=False, sqlite_where=where, postgresql_where=where)
