"""Changes by service and end, by which the failures after them are found"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

DONE_CHANGE = sa.text("kind = 'change' AND resolved_at IS NOT NULL")


def upgrade() -> None:
    """Makes the index."""
    op.create_index(
        "fact_changes_done",
        "fact",
        ["service", "ended_s"],
        sqlite_where=DONE_CHANGE,
        postgresql_where=DONE_CHANGE,
    )


def downgrade() -> None:
    """Takes it out."""
    op.drop_index("fact_changes_done", "fact")
