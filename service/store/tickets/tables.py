"""The tables of sources, runs and tickets."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, LargeBinary, Table, Text, text
from sqlmodel import Field, SQLModel

from service.store.types import UtcDateTime

# Classes with `table=True` do not validate. Rows come from the validated models of the connectors.

# SQLite numbers rows by itself only in a column declared INTEGER, which has 64 bits there.
BIGINT = BigInteger().with_variant(Integer(), "sqlite")


def bigint_field(**options: Any) -> Any:
    """Return a field of 64 bits on every database."""
    return Field(sa_type=BIGINT, **options)


def _empty_list() -> Any:
    return Field(default_factory=list, sa_type=JSON, sa_column_kwargs={"server_default": "[]"})


def _ticket_id() -> Any:
    return Field(sa_type=BIGINT, primary_key=True, foreign_key="ticket.id", ondelete="CASCADE")


class SourceRow(SQLModel, table=True):
    """One configured ticketing system. Tickets last updated before `reach` were never requested."""

    __tablename__ = "source"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    connector: str
    reach: datetime = Field(sa_type=UtcDateTime)
    tickets: int = 0
    deleted: int = 0
    complete: bool | None = None
    gaps: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    left_out: list[dict[str, Any]] = _empty_list()
    reconciled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_success_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class CheckpointRow(SQLModel, table=True):
    """The position at which the next pull of a source begins."""

    __tablename__ = "checkpoint"

    source_id: int = Field(primary_key=True, foreign_key="source.id")
    value: dict[str, Any] = Field(sa_type=JSON)
    saved_at: datetime = Field(sa_type=UtcDateTime)


class SyncRunRow(SQLModel, table=True):
    """One pull or census of one source: its counts, and why it ended."""

    __tablename__ = "sync_run"
    __table_args__ = (Index("sync_run_by_source", "source_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="source.id")
    kind: str
    started_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    outcome: str = "running"
    reason: str | None = Field(default=None, sa_type=Text)
    remedy: str | None = Field(default=None, sa_type=Text)
    fault: str | None = Field(default=None, sa_type=Text)
    expected: int | None = None
    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    deleted: int = 0
    restored: int = 0
    requests: int = 0
    retries: int = 0
    left_out: list[dict[str, Any]] = _empty_list()


class RefusedRow(SQLModel, table=True):
    """A record that a run could not read. Each run stores its first ones."""

    __tablename__ = "refused"
    __table_args__ = (Index("refused_by_run", "run_id"),)

    id: int | None = Field(default=None, primary_key=True)
    run_id: int = Field(foreign_key="sync_run.id")
    place: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)


def _unknown_words(name: str, *columns: str, where: str) -> Index:
    """Return an index of the tickets that have an unknown word, those that are gone aside."""
    condition = text(f"{where} AND deleted_at IS NULL")
    return Index(name, "source_id", *columns, sqlite_where=condition, postgresql_where=condition)


class TicketRow(SQLModel, table=True):
    """One ticket, identified by (source_id, external_id). A ticket has changed when its `fingerprint` has."""

    __tablename__ = "ticket"
    __table_args__ = (
        Index("ticket_identity", "source_id", "external_id", unique=True),
        Index("ticket_by_key", "key"),
        # Partial indexes: words that nobody understood are rare, and any other ticket costs nothing to write.
        _unknown_words("ticket_unknown_status", "status", where="status_category = 'unknown'"),
        _unknown_words(
            "ticket_unknown_kind", "source_kind", "status_category", where="kind = 'other' AND source_kind != ''"
        ),
        _unknown_words("ticket_unknown_priority", "priority", where="priority_level IS NULL AND priority IS NOT NULL"),
    )

    id: int | None = Field(default=None, sa_column=Column(BIGINT, primary_key=True, autoincrement=True))
    source_id: int = Field(foreign_key="source.id")
    external_id: str
    key: str
    url: str | None = None
    kind: str
    source_kind: str
    change_type: str | None = None
    title: str = Field(sa_type=Text)
    description: str = Field(sa_type=Text)
    status: str
    status_category: str
    resolution: str | None = Field(default=None, sa_type=Text)
    resolution_code: str | None = None
    priority: str | None = None
    priority_level: int | None = None
    opened_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    resolved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    requester: str | None = None
    assignee: str | None = None
    resolver: str | None = None
    team: str | None = None
    service: str | None = None
    configuration_item: str | None = None
    category: str | None = None
    provider: str | None = None
    project: str | None = None
    components: list[str] = Field(sa_type=JSON)
    labels: list[str] = Field(sa_type=JSON)
    hours_logged: float | None = None
    reopen_count: int | None = None
    reassignment_count: int | None = None
    history_is: str
    fingerprint: bytes = Field(sa_type=LargeBinary)
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class UnseenTicketRow(SQLModel, table=True):
    """A ticket that censuses have not seen `since` then, among so many that a second look decides if it is deleted."""

    __tablename__ = "unseen_ticket"

    source_id: int = Field(primary_key=True, foreign_key="source.id")
    external_id: str = Field(primary_key=True)
    since: datetime = Field(sa_type=UtcDateTime)


class TransitionRow(SQLModel, table=True):
    """One dated change of one field, numbered in the order of time."""

    __tablename__ = "transition"
    # Without row ids, rows lie in the order of the key: those of a ticket side by side, in one tree instead of two.
    __table_args__ = {"sqlite_with_rowid": False}

    ticket_id: int = _ticket_id()
    position: int = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    field: str
    old: str | None = None
    new: str | None = None
    old_category: str | None = None
    new_category: str | None = None
    actor: str | None = None


class LinkRow(SQLModel, table=True):
    """A link from a ticket to another of the same source, by the immutable id of the target."""

    __tablename__ = "link"
    __table_args__ = {"sqlite_with_rowid": False}

    ticket_id: int = _ticket_id()
    position: int = Field(primary_key=True)
    relation: str
    target: str
    target_key: str | None = None


class WorklogRow(SQLModel, table=True):
    """Logged work, in seconds."""

    __tablename__ = "worklog"
    __table_args__ = {"sqlite_with_rowid": False}

    ticket_id: int = _ticket_id()
    position: int = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    seconds: int
    author: str | None = None


class SlaRow(SQLModel, table=True):
    """One run of one SLA clock."""

    __tablename__ = "sla"
    __table_args__ = {"sqlite_with_rowid": False}

    ticket_id: int = _ticket_id()
    position: int = Field(primary_key=True)
    name: str
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    stopped_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    breached: bool | None = None


class InstallationRow(SQLModel, table=True):
    """A property of this database as a whole, by name."""

    __tablename__ = "installation"

    name: str = Field(primary_key=True)
    value: str = Field(sa_type=Text)


class AuditRow(SQLModel, table=True):
    """An entry of the audit trail. `author` is None for the service itself, and where people are not stored."""

    __tablename__ = "audit"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    author: str | None = None
    via: str
    what: str
    subject: str | None = Field(default=None, sa_type=Text)
    before: str | None = Field(default=None, sa_type=Text)
    after: str | None = Field(default=None, sa_type=Text)


class LeaseRow(SQLModel, table=True):
    """A lock by its name: the process that holds it until it expires, and how often it was acquired."""

    __tablename__ = "lease"

    name: str = Field(primary_key=True)
    fence: int = Field(sa_type=BigInteger)
    holder: str
    expires_at: datetime = Field(sa_type=UtcDateTime)


class NotificationRow(SQLModel, table=True):
    """An alert that was sent, by its subject: each alert is sent once."""

    __tablename__ = "told"

    key: str = Field(primary_key=True)
    value: str | None = Field(default=None, sa_type=Text)
    at: datetime = Field(sa_type=UtcDateTime)


class QueuedTicketRow(SQLModel, table=True):
    """A ticket in the queue of the analysis.

    `from_at` is None for a ticket that was written; otherwise the moment at which time alone changes its analysis.
    """

    __tablename__ = "due"

    ticket_id: int = bigint_field(primary_key=True)
    from_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class RevokedSessionRow(SQLModel, table=True):
    """A session of the pages that ended with a logout."""

    __tablename__ = "revoked_session"

    digest: str = Field(primary_key=True)
    revoked_at: datetime = Field(sa_type=UtcDateTime)


def table_of(model: type[SQLModel]) -> Table:
    """Return the Core table of a model, for bulk statements."""
    return SQLModel.metadata.tables[str(model.__tablename__)]
