"""The tables of the analysis"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = (
    "cell",
    "certain_key",
    "due",
    "episode",
    "fact",
    "family",
    "family_day",
    "fix",
    "label",
    "learnt",
    "lookup_key",
    "scope",
    "shape",
    "shape_key",
    "tie",
    "word",
)


def upgrade() -> None:
    """Makes the tables, and notes that every stored ticket is to be analysed."""

    op.create_table(
        "cell",
        sa.Column("scope_id", sa.Integer(), nullable=False),
        sa.Column("grain", sa.String(), nullable=False),
        sa.Column("start", sa.String(), nullable=False),
        sa.Column("sums", sa.JSON(), nullable=False),
        sa.Column("metrics", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("published", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("restated", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("scope_id", "grain", "start"),
        sqlite_with_rowid=False,
    )
    op.create_index("cell_by_time", "cell", ["grain", "start"], unique=False)
    op.create_index(
        "cell_to_measure",
        "cell",
        ["grain"],
        unique=False,
        sqlite_where=sa.text("metrics IS NULL"),
        postgresql_where=sa.text("metrics IS NULL"),
    )
    op.create_table(
        "certain_key",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("source_id", "key", "ticket_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("certain_key_by_ticket", "certain_key", ["ticket_id"], unique=False)
    op.create_table(
        "due",
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("ticket_id"),
    )
    op.create_table(
        "episode",
        sa.Column("family_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("start_s", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("end_s", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first_ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("family_id", "start_s"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "fact",
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("team", sa.String(), nullable=True),
        sa.Column("service", sa.String(), nullable=True),
        sa.Column("category", sa.String(), nullable=True),
        sa.Column("provider", sa.String(), nullable=True),
        sa.Column("priority", sa.String(), nullable=True),
        sa.Column("priority_level", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("status_category", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_reopened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reopens", sa.Integer(), nullable=True),
        sa.Column("handoffs", sa.Integer(), nullable=True),
        sa.Column("pingpong_strict", sa.Integer(), nullable=True),
        sa.Column("pingpong_loose", sa.Integer(), nullable=True),
        sa.Column("stall_loops", sa.Integer(), nullable=True),
        sa.Column("reopen_count", sa.Integer(), nullable=True),
        sa.Column("reassignment_count", sa.Integer(), nullable=True),
        sa.Column("seconds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hours_are", sa.String(), nullable=False),
        sa.Column("history_is", sa.String(), nullable=False),
        sa.Column("is_restless", sa.Boolean(), nullable=False),
        sa.Column("nature", sa.String(), nullable=False),
        sa.Column("work_class", sa.String(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("own_nature", sa.String(), nullable=True),
        sa.Column("contradicts", sa.Boolean(), nullable=False),
        sa.Column("after_hours", sa.Boolean(), nullable=False),
        sa.Column("resolver", sa.String(), nullable=True),
        sa.Column("fix_linked", sa.Boolean(), nullable=False),
        sa.Column("named_cause", sa.Boolean(), nullable=False),
        sa.Column("sla_clocks", sa.Integer(), nullable=False),
        sa.Column("sla_breached", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("opened_s", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ended_s", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("shape_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("family_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("ticket_id"),
    )
    op.create_index("fact_by_end", "fact", ["ended_s"], unique=False)
    op.create_index("fact_by_family", "fact", ["family_id", "opened_s", "external_id"], unique=False)
    op.create_index("fact_by_mark", "fact", ["mark"], unique=False)
    op.create_index("fact_by_opening", "fact", ["opened_s"], unique=False)
    op.create_index("fact_by_shape", "fact", ["shape_id"], unique=False)
    op.create_index(
        "fact_contradicting",
        "fact",
        ["opened_s"],
        unique=False,
        sqlite_where=sa.text("contradicts = 1"),
        postgresql_where=sa.text("contradicts"),
    )
    op.create_index("fact_identity", "fact", ["source_id", "external_id"], unique=True)
    op.create_index(
        "fact_in_doubt",
        "fact",
        ["confidence"],
        unique=False,
        sqlite_where=sa.text("confidence < 0.6"),
        postgresql_where=sa.text("confidence < 0.6"),
    )
    op.create_index(
        "fact_restless",
        "fact",
        ["ticket_id"],
        unique=False,
        sqlite_where=sa.text("is_restless = 1"),
        postgresql_where=sa.text("is_restless"),
    )
    op.create_table(
        "family",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("logged_seconds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first_start", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first_end", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rhythm", sa.JSON(), nullable=False),
        sa.Column("episodes", sa.Integer(), nullable=False),
        sa.Column("last_end", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("teams", sa.JSON(), nullable=False),
        sa.Column("resolvers", sa.JSON(), nullable=False),
        sa.Column("is_cycle", sa.Boolean(), nullable=False),
        sa.Column("is_endless", sa.Boolean(), nullable=False),
        sa.Column("is_dismissed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("family_by_name", "family", ["name"], unique=False)
    op.create_index(
        "family_cycles",
        "family",
        ["id"],
        unique=False,
        sqlite_where=sa.text("is_cycle = 1"),
        postgresql_where=sa.text("is_cycle"),
    )
    op.create_table(
        "family_day",
        sa.Column("family_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("first_s", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("end_s", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("logged_seconds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("family_id", "day"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "fix",
        sa.Column("family_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("verdict", sa.JSON(), nullable=False),
        sa.Column("entries", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("family_id", "ticket_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "label",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("nature", sa.String(), nullable=False),
        sa.Column("work_class", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source_id", "external_id"),
    )
    op.create_table(
        "learnt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "lookup_key",
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("shape_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("key", "shape_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "scope",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("dimension", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("scope_identity", "scope", ["dimension", "value"], unique=True)
    op.create_table(
        "shape",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("family_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("packed_keys", sa.LargeBinary(), nullable=False),
        sa.Column("packed_lookup_keys", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("shape_by_family", "shape", ["family_id"], unique=False)
    op.create_table(
        "shape_key",
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("shape_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("key", "shape_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tie",
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", "relation", "target"),
        sqlite_with_rowid=False,
    )
    op.create_index("tie_by_target", "tie", ["source_id", "target"], unique=False)
    op.create_table(
        "word",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("external_ids", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fixed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute("INSERT INTO due (ticket_id) SELECT id FROM ticket")


def downgrade() -> None:
    """Takes the tables out; what persons said is lost with them."""
    for table in TABLES:
        op.drop_table(table)
