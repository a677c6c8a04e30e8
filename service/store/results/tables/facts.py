"""Tables of facts: what the analysis knows of each ticket, its links and its work."""

from datetime import datetime

from sqlalchemy import Boolean, Index, Text, text
from sqlmodel import Field, SQLModel

from service.store.tickets.tables import BIGINT, bigint_field
from service.store.types import UtcDateTime

DONE_CHANGE = "kind = 'change' AND resolved_at IS NOT NULL"
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
        Index(
            "fact_by_requester",
            "family_id",
            "requester",
            "opened_s",
            sqlite_where=text("requester IS NOT NULL"),
            postgresql_where=text("requester IS NOT NULL"),
        ),
        Index(
            "fact_by_remedy",
            "family_id",
            "remedy",
            "opened_s",
            sqlite_where=text("remedy IS NOT NULL"),
            postgresql_where=text("remedy IS NOT NULL"),
        ),
        Index(
            "fact_changes_done",
            "service",
            "ended_s",
            sqlite_where=text(DONE_CHANGE),
            postgresql_where=text(DONE_CHANGE),
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
    requester: str | None = None
    resolver: str | None = None
    remedy: int | None = Field(default=None, sa_type=BIGINT)
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


class FactLinkRow(SQLModel, table=True):
    """A link of a ticket, by the id of the target in the same source; fixes and causes are found through it."""

    __tablename__ = "tie"
    __table_args__ = (Index("tie_by_target", "source_id", "target"), {"sqlite_with_rowid": False})

    ticket_id: int = bigint_field(primary_key=True)
    relation: str = Field(primary_key=True)
    target: str = Field(primary_key=True)
    source_id: int


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
