"""The audit trail: who changed what through pages, API and commands, and who logged in or failed to."""

from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Connection, delete, select

from service.store.database import Database
from service.store.tickets.tables import AuditRow, table_of

AUDIT = table_of(AuditRow)
FAILED_LOGIN = "failed login"
MAX_ENTRIES, MAX_FAILED_LOGINS = 100_000, 10_000
PRUNE_EVERY = 1000
BATCH_SIZE = 1000


@dataclass(frozen=True, slots=True)
class Actor:
    """The author of changes, already in the form that the privacy settings allow, and the way they come in."""

    name: str | None
    via: Literal["page", "api", "command", "service"]


SERVICE = Actor(None, "service")
_actor: ContextVar[Actor] = ContextVar("actor", default=SERVICE)


def act_as(actor: Actor) -> None:
    """Set the author of what the present request or command records."""
    _actor.set(actor)


def record(
    connection: Connection, what: str, subject: str | None, *, before: str | None = None, after: str | None = None
) -> None:
    """Add an entry in the transaction of the change that it is about."""
    actor = _actor.get()
    row = {"author": actor.name, "via": actor.via, "what": what, "subject": subject, "before": before, "after": after}
    number = connection.execute(AUDIT.insert().values(at=datetime.now(UTC), **row).returning(AUDIT.c.id)).scalar_one()
    if number % PRUNE_EVERY == 0:
        _prune(connection)


def entries(database: Database, until: datetime | None = None) -> Iterator[dict[str, Any]]:
    """Yield all entries, or those before a moment, the oldest first."""
    last = 0
    statement = select(AUDIT).order_by(AUDIT.c.id).limit(BATCH_SIZE)
    if until is not None:
        statement = statement.where(AUDIT.c.at < until)
    # A transaction of its own for each batch: a slow reader must not keep old rows alive.
    while rows := _read(database, statement.where(AUDIT.c.id > last)):
        yield from rows
        last = rows[-1]["id"]


def _read(database: Database, statement: Any) -> list[dict[str, Any]]:
    with database.read() as connection:
        return [dict(row._mapping) for row in connection.execute(statement)]


def _prune(connection: Connection) -> None:
    """Delete the oldest entries beyond the limits."""
    is_failure = AUDIT.c.what == FAILED_LOGIN
    # Apart, so that somebody who guesses passwords cannot push out the corrections.
    for condition, most in ((is_failure, MAX_FAILED_LOGINS), (~is_failure, MAX_ENTRIES)):
        newest_first = select(AUDIT.c.id).where(condition).order_by(AUDIT.c.id.desc())
        last_to_delete = connection.execute(newest_first.offset(most).limit(1)).scalar()
        if last_to_delete is not None:
            connection.execute(delete(AUDIT).where(condition, AUDIT.c.id <= last_to_delete))
