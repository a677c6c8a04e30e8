"""The queue of tickets to analyse, filled and emptied in the transactions of the work."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, func, or_, select

from service.store.database import Database
from service.store.tickets.tables import QueuedTicketRow, TicketRow, table_of

QUEUE = table_of(QueuedTicketRow)
TICKET = table_of(TicketRow)


def add(connection: Connection, database: Database, ids: Iterable[int]) -> None:
    """Queue these tickets; a ticket stands in the queue once."""
    rows = [{"ticket_id": number, "from_at": None} for number in ids]
    if rows:
        # An update, though it may change nothing, holds the row against an analysis that is about to take it.
        upsert = database.insert(QUEUE).on_conflict_do_update(index_elements=["ticket_id"], set_={"from_at": None})
        connection.execute(upsert, rows)


def add_later(connection: Connection, database: Database, ids: Mapping[int, datetime]) -> None:
    """Queue these tickets for the given moments, unless they are queued already."""
    rows = [{"ticket_id": number, "from_at": at} for number, at in ids.items()]
    if rows:
        # Nothing is replaced: a ticket that is queued for now must not be postponed.
        connection.execute(database.insert(QUEUE).on_conflict_do_nothing(), rows)


def add_source(connection: Connection, database: Database, source_id: int) -> None:
    """Queue all tickets of a source."""
    add_all(connection, database, select(TICKET.c.id).where(TICKET.c.source_id == source_id))


def add_all(connection: Connection, database: Database, tickets: Select[Any]) -> None:
    """Queue the tickets that a query selects, in one statement."""
    insert = database.insert(QUEUE).from_select(["ticket_id"], tickets, include_defaults=False)
    connection.execute(insert.on_conflict_do_update(index_elements=["ticket_id"], set_={"from_at": None}))


def take(connection: Connection, limit: int, as_of: datetime) -> list[int]:
    """Take up to `limit` pending tickets out of the queue. Return their numbers in order."""
    # In the transaction of their analysis, so that one that fails leaves them queued. Tickets are read after this:
    # a pull that is writing one of them holds its row, so the delete waits and the new version is read; a pull that
    # writes it later queues it again.
    pending_ids = select(QUEUE.c.ticket_id).where(_is_pending(as_of)).order_by(QUEUE.c.ticket_id).limit(limit)
    numbers = list(connection.execute(pending_ids).scalars())
    connection.execute(delete(QUEUE).where(QUEUE.c.ticket_id.in_(numbers)))
    return numbers


def clear(connection: Connection) -> None:
    """Empty the queue, before an analysis of all tickets."""
    connection.execute(delete(QUEUE))


def pending(connection: Connection, as_of: datetime) -> int:
    """Return the number of tickets to analyse as of a moment."""
    return int(connection.execute(select(func.count()).select_from(QUEUE).where(_is_pending(as_of))).scalar_one())


def _is_pending(as_of: datetime) -> ColumnElement[bool]:
    return or_(QUEUE.c.from_at.is_(None), QUEUE.c.from_at <= as_of)
