"""Active spans: the times in which persons had tickets active, from which work is estimated"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Makes the table; the next analysis fills it."""
    op.create_table(
        "active_span",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("end_s", BIGINT, nullable=False),
        sa.Column("ticket_id", BIGINT, nullable=False),
        sa.Column("begin_s", BIGINT, nullable=False),
        sa.PrimaryKeyConstraint("person", "end_s", "ticket_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("active_span_by_ticket", "active_span", ["ticket_id"], unique=False)


def downgrade() -> None:
    """Takes it out."""
    op.drop_table("active_span")
