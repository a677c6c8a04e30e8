"""The tables of the analysis."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, LargeBinary, Text, text
from sqlmodel import Field, SQLModel

from service.store.tickets.tables import BIGINT, bigint_field
from service.store.types import UtcDateTime

# No foreign key leads to the tables of tickets. A report as of another moment is computed into a temporary database
# that has none.

# A plain JSON column stores None as the JSON text null, which "IS NULL" does not find.
NULLABLE_JSON = JSON(none_as_null=True)
MAJOR = "work_class = 'failure' AND confidence >= 0.6 AND priority_level <= 2"
"""The condition of major failures, letter for letter, so that the database uses the index of them."""


class FactRow(SQLModel, table=True):
    """The analysis of one ticket. `mark` is the name of the family of which it is, or would be, the oldest ticket.

    Names that end in `_s` are seconds since 1970. `ended_s` is the largest integer while the ticket is open; so is
    `repaired_s`, the first resolution, where there was none. `burst_s` is the opening that decides its episode. Only
    reactive tickets have `visible_by`, and only those that a label alone makes visible a `title_label`. `leads` is the
    sum of the `LEAD_BITS` of the scopes in which it begins a major incident.
    """

    __tablename__ = "fact"
    __table_args__ = (
        Index("fact_identity", "source_id", "external_id", unique=True),
        Index("fact_by_burst", "family_id", "burst_s"),
        Index("fact_by_repair", "family_id", "repaired_s"),
        Index("fact_by_mark", "mark"),
        Index("fact_by_shape", "shape_id"),
        Index("fact_by_opening", "opened_s"),
        Index("fact_by_end", "ended_s"),
        # Partial indexes: each list is short, and a row outside of it costs nothing to write.
        Index(
            "fact_restless",
            "ticket_id",
            sqlite_where=text("is_restless = 1"),
            postgresql_where=text("is_restless"),
        ),
        Index(
            "fact_contradicting",
            "opened_s",
            sqlite_where=text("contradicts = 1"),
            postgresql_where=text("contradicts"),
        ),
        Index(
            "fact_finished",
            "source_id",
            "external_id",
            sqlite_where=text("nature = 'proactive' AND resolved_at IS NOT NULL"),
            postgresql_where=text("nature = 'proactive' AND resolved_at IS NOT NULL"),
        ),
        Index("fact_major", "family_id", "burst_s", sqlite_where=text(MAJOR), postgresql_where=text(MAJOR)),
        # By mark, which is as good as random: the first so many are a sample that no order of writing changes.
        Index(
            "fact_marked",
            "source_id",
            "mark",
            sqlite_where=text("marked_duplicate = 1"),
            postgresql_where=text("marked_duplicate"),
        ),
        Index(
            "fact_in_doubt",
            "opened_s",
            sqlite_where=text("confidence < 0.6"),
            postgresql_where=text("confidence < 0.6"),
        ),
    )

    ticket_id: int = bigint_field(primary_key=True)
    source_id: int
    external_id: str
    key: str
    url: str | None = None
    title: str = Field(sa_type=Text)
    kind: str
    team: str | None = None
    service: str | None = None
    category: str | None = None
    provider: str | None = None
    priority: str | None = None
    priority_level: int | None = None
    status: str
    status_category: str
    opened_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    first_resolved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    first_reopened_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    resolved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_is: str | None = None
    reopens: int | None = None
    handoffs: int | None = None
    pingpong_strict: int | None = None
    pingpong_loose: int | None = None
    stall_loops: int | None = None
    reopen_count: int | None = None
    reassignment_count: int | None = None
    seconds: int = bigint_field()
    hours_are: str
    history_is: str
    is_restless: bool
    nature: str
    work_class: str
    confidence: float
    decided_by: str = Field(sa_type=Text)
    own_nature: str | None = None
    contradicts: bool
    after_hours: bool
    resolver: str | None = None
    fix_linked: bool
    named_cause: bool
    sla_clocks: int
    sla_breached: int
    marked_duplicate: bool
    visible_by: str | None = None
    title_label: int | None = Field(default=None, sa_type=BIGINT)
    mark: str
    opened_s: int = bigint_field()
    ended_s: int = bigint_field()
    burst_s: int = bigint_field()
    repaired_s: int = bigint_field()
    is_repeat: bool = Field(default=False, sa_type=Boolean)
    is_endless: bool = Field(default=False, sa_type=Boolean)
    leads: int = 0
    shape_id: int | None = Field(default=None, sa_type=BIGINT)
    family_id: int | None = Field(default=None, sa_type=BIGINT)


class ShapeRow(SQLModel, table=True):
    """One distinct text in one place; tickets that share it are the same problem. Its id comes from its digest.

    `packed_keys` and `packed_lookup_keys` are 64-bit integers: the keys of its rows in the two key tables.
    """

    __tablename__ = "shape"
    __table_args__ = (Index("shape_by_family", "family_id"),)

    id: int = Field(sa_column=Column(BIGINT, primary_key=True, autoincrement=False))
    family_id: int = bigint_field()
    packed_keys: bytes = Field(sa_type=LargeBinary)
    packed_lookup_keys: bytes = Field(sa_type=LargeBinary)
    content: bytes = Field(sa_type=LargeBinary)


class ShapeKeyRow(SQLModel, table=True):
    """An index of shapes: two that share a key are compared."""

    __tablename__ = "shape_key"
    __table_args__ = {"sqlite_with_rowid": False}

    key: int = Field(sa_type=BigInteger, primary_key=True)
    shape_id: int = bigint_field(primary_key=True)


class LookupKeyRow(SQLModel, table=True):
    """A wider index of shapes, by single words, for suggestions of families that may be the same problem."""

    __tablename__ = "lookup_key"
    __table_args__ = {"sqlite_with_rowid": False}

    key: int = Field(sa_type=BigInteger, primary_key=True)
    shape_id: int = bigint_field(primary_key=True)


class CertainKeyRow(SQLModel, table=True):
    """A link or a merge by a person: tickets of a source that share such a key are certainly the same problem."""

    __tablename__ = "certain_key"
    __table_args__ = (Index("certain_key_by_ticket", "ticket_id"), {"sqlite_with_rowid": False})

    source_id: int = Field(primary_key=True)
    key: str = Field(primary_key=True)
    ticket_id: int = bigint_field(primary_key=True)


class TitleLabelRow(SQLModel, table=True):
    """A label that stands for a title, and how many tickets it alone makes visible; label 0 counts all tickets."""

    __tablename__ = "title_label"
    __table_args__ = (Index("title_label_by_tickets", "source_id", "tickets"), {"sqlite_with_rowid": False})

    source_id: int = Field(primary_key=True)
    label: int = bigint_field(primary_key=True)
    tickets: int


class RecallRow(SQLModel, table=True):
    """A ticket that people marked as a duplicate, and whether the matcher recognises it by its text alone."""

    __tablename__ = "recall"

    ticket_id: int = Field(sa_column=Column(BIGINT, primary_key=True, autoincrement=False))
    source_id: int
    shape_id: int = bigint_field()
    opened_s: int = bigint_field()
    recognised: bool


class FactLinkRow(SQLModel, table=True):
    """A link of a ticket, by the id of the target in the same source; fixes and causes are found through it."""

    __tablename__ = "tie"
    __table_args__ = (Index("tie_by_target", "source_id", "target"), {"sqlite_with_rowid": False})

    ticket_id: int = bigint_field(primary_key=True)
    relation: str = Field(primary_key=True)
    target: str = Field(primary_key=True)
    source_id: int


class FamilyRow(SQLModel, table=True):
    """One family. Times are seconds since 1970; `is_endless` is as of the last analysis.

    `name` is shown to people. It is derived from the oldest ticket of the family.
    """

    __tablename__ = "family"
    __table_args__ = (
        Index("family_by_name", "name"),
        Index("family_cycles", "id", sqlite_where=text("is_cycle = 1"), postgresql_where=text("is_cycle")),
        Index(
            "family_returning",
            "last_opening",
            sqlite_where=text("episodes > 1"),
            postgresql_where=text("episodes > 1"),
        ),
    )

    id: int = Field(sa_column=Column(BIGINT, primary_key=True, autoincrement=False))
    source_id: int
    name: str = ""
    title: str = Field(default="", sa_type=Text)
    tickets: int = 0
    seconds: int = bigint_field(default=0)
    logged_seconds: int = bigint_field(default=0)
    failures: int = 0
    requests: int = 0
    first_start: int = bigint_field(default=0)
    rhythm: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    episodes: int = 0
    last_opening: int = bigint_field(default=0)
    teams: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    resolvers: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    is_cycle: bool = Field(default=False, sa_type=Boolean)
    is_endless: bool = Field(default=False, sa_type=Boolean)
    is_dismissed: bool = Field(default=False, sa_type=Boolean)


class EpisodeRow(SQLModel, table=True):
    """One episode of a family that has several tickets."""

    __tablename__ = "episode"
    __table_args__ = {"sqlite_with_rowid": False}

    family_id: int = bigint_field(primary_key=True)
    start_s: int = bigint_field(primary_key=True)
    last_s: int = bigint_field()
    tickets: int
    seconds: int = bigint_field()
    first_ticket: int = bigint_field()
    is_return: bool = Field(sa_type=Boolean)


class FamilyWeekRow(SQLModel, table=True):
    """A local week in which tickets of a family came, of one that has several; weeks count from 1969-12-29.

    `is_endless`: at its end the family was known to be an endless cycle.
    """

    __tablename__ = "family_week"
    __table_args__ = {"sqlite_with_rowid": False}

    family_id: int = bigint_field(primary_key=True)
    week: int = Field(primary_key=True)
    tickets: int
    is_endless: bool = Field(sa_type=Boolean)


class ActiveSpanRow(SQLModel, table=True):
    """A time in which a person had a ticket active, in seconds since 1970; the person is empty for nobody.

    `end_s` is the largest integer while the ticket is active.
    """

    # By the end: what overlaps the present is found without what has ended, however long the history.

    __tablename__ = "active_span"
    __table_args__ = (Index("active_span_by_ticket", "ticket_id"), {"sqlite_with_rowid": False})

    person: str = Field(primary_key=True)
    end_s: int = bigint_field(primary_key=True)
    ticket_id: int = bigint_field(primary_key=True)
    begin_s: int = bigint_field()


class FixRow(SQLModel, table=True):
    """One fix of one family, and its outcome at the last analysis."""

    __tablename__ = "fix"
    __table_args__ = {"sqlite_with_rowid": False}

    family_id: int = bigint_field(primary_key=True)
    ticket_id: int = bigint_field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    outcome: str
    verdict: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    entries: list[Any] = Field(default_factory=list, sa_type=JSON)


class ScopeRow(SQLModel, table=True):
    """A scope of metrics: `all`, or one value of one dimension."""

    __tablename__ = "scope"
    __table_args__ = (Index("scope_identity", "dimension", "value", unique=True),)

    id: int | None = Field(default=None, sa_column=Column(Integer, primary_key=True, autoincrement=True))
    dimension: str
    value: str


class CellRow(SQLModel, table=True):
    """The sums of one scope over one day, week or month, and the metrics computed from them.

    `published` holds the metrics at the first analysis after the end of the period, `restated` why they differ now.
    """

    __tablename__ = "cell"
    __table_args__ = (
        Index("cell_by_time", "grain", "start"),
        Index(
            "cell_to_measure",
            "grain",
            sqlite_where=text("metrics IS NULL"),
            postgresql_where=text("metrics IS NULL"),
        ),
        {"sqlite_with_rowid": False},
    )

    scope_id: int = Field(primary_key=True)
    grain: str = Field(primary_key=True)
    start: str = Field(primary_key=True)
    sums: dict[str, int] = Field(sa_type=JSON)
    metrics: dict[str, Any] | None = Field(default=None, sa_type=NULLABLE_JSON)
    published: dict[str, Any] | None = Field(default=None, sa_type=NULLABLE_JSON)
    restated: dict[str, Any] | None = Field(default=None, sa_type=NULLABLE_JSON)


class LabelRow(SQLModel, table=True):
    """A person's label of a ticket: its nature and, if given, its work class."""

    __tablename__ = "label"

    source_id: int = Field(primary_key=True)
    external_id: str = Field(primary_key=True)
    nature: str
    work_class: str | None = None
    at: datetime = Field(sa_type=UtcDateTime)


class CorrectionRow(SQLModel, table=True):
    """A person's correction of families, by tickets: `merge`, `split`, `dismiss` or `fix`."""

    __tablename__ = "word"

    id: int | None = Field(default=None, primary_key=True)
    what: str
    source_id: int
    external_ids: list[str] = Field(sa_type=JSON)
    at: datetime = Field(sa_type=UtcDateTime)
    fixed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AuditAnswerRow(SQLModel, table=True):
    """A person's answer in the audit sample: `same` if the ticket is the same problem as an earlier one shown to it.

    `question` is `repeat` of a ticket that counted as a repeat, `missed` of one that did not.
    """

    __tablename__ = "audit_answer"

    source_id: int = Field(primary_key=True)
    external_id: str = Field(primary_key=True)
    question: str
    same: bool
    at: datetime = Field(sa_type=UtcDateTime)


class TrainedModelRow(SQLModel, table=True):
    """A trained model of the classifier; the newest is in use."""

    __tablename__ = "learnt"

    id: int | None = Field(default=None, primary_key=True)
    version: str
    content: bytes = Field(sa_type=LargeBinary)
    at: datetime = Field(sa_type=UtcDateTime)


class ReportPartRow(SQLModel, table=True):
    """A part of the report on one scope, computed from one analysis, for pages to read.

    `stamp` identifies the analysis and the settings.
    """

    __tablename__ = "kept"

    scope: str = Field(primary_key=True)
    part: str = Field(primary_key=True)
    stamp: str
    document: bytes = Field(sa_type=LargeBinary)
