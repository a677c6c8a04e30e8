"""Recognition: visibility of tickets, labels by number of tickets, and the recall of marked tickets"""

import sqlalchemy as sa
from alembic import op

from service.store.tickets.tables import BIGINT

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the columns and makes the tables."""
    # Every fact is written anew by the next analysis: the default only carries the rows until then.
    op.add_column("fact", sa.Column("marked_duplicate", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("fact", sa.Column("visible_by", sa.String(), nullable=True))
    op.add_column("fact", sa.Column("title_label", BIGINT, nullable=True))
    op.create_index(
        "fact_marked", "fact", ["source_id", "mark"],
        sqlite_where=sa.text("marked_duplicate = 1"), postgresql_where=sa.text("marked_duplicate"),
    )  # fmt: skip
    op.create_table(
        "title_label",
        sa.Column("source_id", sa.Integer(), primary_key=True),
        sa.Column("label", BIGINT, primary_key=True),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("title_label_by_tickets", "title_label", ["source_id", "tickets"])
    op.create_table(
        "recall",
        sa.Column("ticket_id", BIGINT, primary_key=True, autoincrement=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("shape_id", BIGINT, nullable=False),
        sa.Column("opened_s", BIGINT, nullable=False),
        sa.Column("recognised", sa.Boolean(), nullable=False),
    )


def downgrade() -> None:
    """Takes them out."""
    op.drop_table("recall")
    op.drop_table("title_label")
    op.drop_index("fact_marked", "fact")
    for column in ("title_label", "visible_by", "marked_duplicate"):
        op.drop_column("fact", column)
