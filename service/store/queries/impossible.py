"""Stored times that cannot be right: values of earlier releases, or of other programs that wrote into the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import or_, select

from service.store.database import Database
from service.store.tickets.tables import SourceRow, TicketRow, table_of

TICKET, SOURCE = table_of(TicketRow), table_of(SourceRow)
TIMES = ("opened_at", "updated_at", "resolved_at", "closed_at")
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
HORIZON = timedelta(days=5 * 366)
NAMED = 5


class ImpossibleTime(Exception):
    """A stored time that no calculation can use; `str()` names tickets, fields and the remedy."""


@contextmanager
def named_times(database: Database) -> Iterator[None]:
    """Let a calculation with times that fails name the tickets and fields in its way. Raises ImpossibleTime."""
    try:
        yield
    except (OverflowError, ValueError, OSError) as problem:
        if times := impossible_times(database):
            raise ImpossibleTime(
                f"these times cannot be right: {'; '.join(times)}. Correct them in the source, then run "
                "`treadmill sync --full`: it leaves out what cannot be right."
            ) from problem
        raise


def impossible_times(database: Database) -> list[str]:
    """Return the first tickets with a time before 1990 or more than five years ahead, each with field and value."""
    latest = datetime.now(UTC) + HORIZON
    columns = [TICKET.c[name] for name in TIMES]
    odd = or_(*[(column < EARLIEST) | (column > latest) for column in columns])
    statement = select(SOURCE.c.name, TICKET.c.key, *columns).join(SOURCE, SOURCE.c.id == TICKET.c.source_id)
    with database.read() as connection:
        rows = connection.execute(statement.where(odd).order_by(TICKET.c.id).limit(NAMED)).all()
    return [
        f"{name} of {key} in {source} is {at.date()}"
        for source, key, *times in rows
        for name, at in zip(TIMES, times, strict=True)
        if at is not None and not EARLIEST <= at <= latest
    ]
