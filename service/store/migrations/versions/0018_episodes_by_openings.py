"""Episodes by openings: flags of tickets, returns, and weeks of families instead of days"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

SECONDS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CAME_BACK = sa.text("episodes > 1")


def upgrade() -> None:
    """Makes the tables and columns, and notes that everything is to be analysed again."""
    _empty()
    op.drop_table("family_day")
    op.drop_table("episode")
    op.create_table(
        "episode",
        sa.Column("family_id", SECONDS, nullable=False),
        sa.Column("start_s", SECONDS, nullable=False),
        sa.Column("last_s", SECONDS, nullable=False),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.Column("seconds", SECONDS, nullable=False),
        sa.Column("first_ticket", SECONDS, nullable=False),
        sa.Column("is_return", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("family_id", "start_s"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "family_week",
        sa.Column("family_id", SECONDS, nullable=False),
        sa.Column("week", sa.Integer(), nullable=False),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.Column("is_endless", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("family_id", "week"),
        sqlite_with_rowid=False,
    )
    op.drop_index("family_returning", "family")
    op.drop_column("family", "first_end")
    op.drop_column("family", "last_end")
    for name in ("failures", "requests"):
        op.add_column("family", sa.Column(name, sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.add_column("family", sa.Column("last_opening", SECONDS, nullable=False, server_default=sa.text("0")))
    _create_returning("last_opening")
    op.drop_index("fact_by_family", "fact")
    for name in ("burst_s", "repaired_s"):
        op.add_column("fact", sa.Column(name, SECONDS, nullable=False, server_default=sa.text("0")))
    for name in ("is_repeat", "is_endless"):
        op.add_column("fact", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("fact_by_burst", "fact", ["family_id", "burst_s"])
    op.create_index("fact_by_repair", "fact", ["family_id", "repaired_s"])


def downgrade() -> None:
    """Takes them out, and brings the former ones back."""
    _empty()
    op.drop_index("fact_by_repair", "fact")
    op.drop_index("fact_by_burst", "fact")
    for name in ("burst_s", "repaired_s", "is_repeat", "is_endless"):
        op.drop_column("fact", name)
    op.create_index("fact_by_family", "fact", ["family_id", "opened_s", "external_id"])
    op.drop_index("family_returning", "family")
    for name in ("failures", "requests", "last_opening"):
        op.drop_column("family", name)
    for name in ("first_end", "last_end"):
        op.add_column("family", sa.Column(name, SECONDS, nullable=False, server_default=sa.text("0")))
    _create_returning("last_end")
    op.drop_table("family_week")
    op.drop_table("episode")
    op.create_table(
        "episode",
        sa.Column("family_id", SECONDS, nullable=False),
        sa.Column("start_s", SECONDS, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("end_s", SECONDS, nullable=False),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.Column("seconds", SECONDS, nullable=False),
        sa.Column("first_ticket", SECONDS, nullable=False),
        sa.PrimaryKeyConstraint("family_id", "start_s"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "family_day",
        sa.Column("family_id", SECONDS, nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("first_s", SECONDS, nullable=False),
        sa.Column("end_s", SECONDS, nullable=False),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.Column("seconds", SECONDS, nullable=False),
        sa.Column("logged_seconds", SECONDS, nullable=False),
        sa.PrimaryKeyConstraint("family_id", "day"),
        sqlite_with_rowid=False,
    )


def _create_returning(column: str) -> None:
    op.create_index("family_returning", "family", [column], sqlite_where=CAME_BACK, postgresql_where=CAME_BACK)


def _empty() -> None:
    """Delete what the analysis computes anew, and mark its state as unfinished, so that no page shows half of it."""
    op.execute("DELETE FROM fact")
    op.execute("DELETE FROM family")
    connection = op.get_bind()
    state = connection.execute(sa.text("SELECT value FROM installation WHERE name = 'analysis'")).scalar()
    if state is not None:
        value = json.dumps(json.loads(state) | {"whole": False})
        connection.execute(sa.text("UPDATE installation SET value = :value WHERE name = 'analysis'"), {"value": value})
