"""What was written and not analysed since: a queue that is filled and emptied in the transactions of the work."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, func, or_, select

from service.store.database import Database
from service.store.tickets.tables import QueuedTicketRow, TicketRow, table_of

DUE = table_of(QueuedTicketRow)
TICKET = table_of(TicketRow)


def add(connection: Connection, database: Database, ids: Iterable[int]) -> None:
    """Notes that these tickets are to be analysed; twice the same one counts once."""
    rows = [{"ticket_id": number, "from_at": None} for number in ids]
    if rows:
        # An update, though it may change nothing, holds the row against an analysis that is about to take it.
        held = database.insert(DUE).on_conflict_do_update(index_elements=["ticket_id"], set_={"from_at": None})
        connection.execute(held, rows)


def add_later(connection: Connection, database: Database, ids: Mapping[int, datetime]) -> None:
    """Notes from when on these tickets are to be analysed again, unless they are due anyway."""
    rows = [{"ticket_id": number, "from_at": at} for number, at in ids.items()]
    if rows:
        connection.execute(database.insert(DUE).on_conflict_do_nothing(), rows)


def add_source(connection: Connection, database: Database, source_id: int) -> None:
    """Notes that all tickets of a source are to be analysed."""
    add_all(connection, database, select(TICKET.c.id).where(TICKET.c.source_id == source_id))


def add_all(connection: Connection, database: Database, wanted: Select[Any]) -> None:
    """Queue the tickets that a query selects, in one statement."""
    insert = database.insert(DUE).from_select(["ticket_id"], wanted, include_defaults=False)
    connection.execute(insert.on_conflict_do_update(index_elements=["ticket_id"], set_={"from_at": None}))


def take(connection: Connection, limit: int, as_of: datetime) -> list[int]:
    """Takes the next tickets out of the queue that are due as of a moment, in the transaction of their analysis.

    Read them after that.
    """
    wanted = select(DUE.c.ticket_id).where(_is_due(as_of)).order_by(DUE.c.ticket_id).limit(limit)
    first = list(connection.execute(wanted).scalars())
    connection.execute(delete(DUE).where(DUE.c.ticket_id.in_(first)))
    return first


def clear(connection: Connection) -> None:
    """Empties the queue: all tickets are about to be analysed."""
    connection.execute(delete(DUE))


def pending(connection: Connection, as_of: datetime) -> int:
    """How many tickets are due as of a moment."""
    return int(connection.execute(select(func.count()).select_from(DUE).where(_is_due(as_of))).scalar_one())


def _is_due(as_of: datetime) -> ColumnElement[bool]:
    return or_(DUE.c.from_at.is_(None), DUE.c.from_at <= as_of)
