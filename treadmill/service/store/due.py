"""What was written and not analysed since: a queue that is filled and emptied in the transactions of the work."""

from collections.abc import Iterable

from sqlalchemy import Connection, delete, func, select

from treadmill.service.store.analysed import Due, FactRow
from treadmill.service.store.database import Database
from treadmill.service.store.tables import TicketRow, table_of

DUE = table_of(Due)
TICKET = table_of(TicketRow)
FACT = table_of(FactRow)


def add(connection: Connection, database: Database, ids: Iterable[int]) -> None:
    """Notes that these tickets are to be analysed; twice the same one counts once."""
    rows = [{"ticket_id": number} for number in ids]
    if rows:
        insert = database.insert(DUE)
        # An update, though it changes nothing, holds the row against an analysis that is about to take it.
        held = insert.on_conflict_do_update(index_elements=["ticket_id"], set_={"ticket_id": insert.excluded.ticket_id})
        connection.execute(held, rows)


def add_source(connection: Connection, database: Database, source_id: int) -> None:
    """Notes that all tickets of a source are to be analysed."""
    every = select(TICKET.c.id).where(TICKET.c.source_id == source_id)
    connection.execute(database.insert(DUE).from_select(["ticket_id"], every).on_conflict_do_nothing())


def add_restless(connection: Connection, database: Database) -> None:
    """Notes the tickets whose hours grow while time passes."""
    restless = select(FACT.c.ticket_id).where(FACT.c.is_restless)
    connection.execute(database.insert(DUE).from_select(["ticket_id"], restless).on_conflict_do_nothing())


def take(connection: Connection, limit: int) -> list[int]:
    """Takes the next tickets out of the queue, in the transaction of their analysis; read them after that."""
    first = list(connection.execute(select(DUE.c.ticket_id).order_by(DUE.c.ticket_id).limit(limit)).scalars())
    connection.execute(delete(DUE).where(DUE.c.ticket_id.in_(first)))
    return first


def clear(connection: Connection) -> None:
    """Empties the queue: all tickets are about to be analysed."""
    connection.execute(delete(DUE))


def waiting(connection: Connection) -> int:
    """How many tickets are due."""
    return int(connection.execute(select(func.count()).select_from(DUE)).scalar_one())
