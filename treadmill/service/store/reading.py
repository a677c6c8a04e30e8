"""Reading tickets back, in order and in bounded memory."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select

from treadmill.connectors.model import Link, Sla, Ticket, Transition, Worklog
from treadmill.service.store.database import Database
from treadmill.service.store.pages import CHILDREN, IN_ROW
from treadmill.service.store.tables import Source, TicketRow, TransitionRow, table_of

BATCH = 1000
SOURCE = table_of(Source)
TICKET = table_of(TicketRow)
TRANSITION = table_of(TransitionRow)
MODELS: dict[str, Any] = {"transitions": Transition, "links": Link, "worklogs": Worklog, "slas": Sla}


@dataclass(frozen=True, slots=True)
class StoredTicket:
    """A ticket as it is kept: people and texts as the privacy settings left them."""

    source: str
    ticket: Ticket
    deleted_at: datetime | None


def tickets(database: Database) -> Iterator[StoredTicket]:
    """All tickets, by source and order of arrival. Each batch is read in a transaction of its own."""
    with database.read() as connection:
        for source_id, name in connection.execute(select(SOURCE.c.id, SOURCE.c.name).order_by(SOURCE.c.name)).all():
            last = 0
            while batch := _batch(connection, source_id, last):
                yield from _assembled(connection, name, batch)
                last = batch[-1].id
                connection.rollback()


def sources_with_teams(database: Database) -> set[str]:
    """Names of the sources whose system has teams: some ticket has one, or had one."""
    own = TICKET.c.source_id == SOURCE.c.id
    has_team = select(TICKET.c.id).where(own, TICKET.c.team.is_not(None)).exists()
    had_team = select(TRANSITION.c.ticket_id).where(
        own, TRANSITION.c.ticket_id == TICKET.c.id, TRANSITION.c.field == "team"
    )
    with database.read() as connection:
        return set(connection.execute(select(SOURCE.c.name).where(has_team | had_team.exists())).scalars())


def _batch(connection: Connection, source_id: int, last: int) -> list[Any]:
    statement = select(TICKET).where(TICKET.c.source_id == source_id, TICKET.c.id > last).order_by(TICKET.c.id)
    return list(connection.execute(statement.limit(BATCH)))


def _assembled(connection: Connection, source: str, rows: list[Any]) -> Iterator[StoredTicket]:
    ids = [row.id for row in rows]
    children = {name: _children(connection, table, name, ids) for table, name in CHILDREN}
    for row in rows:
        values = {name: row._mapping[name] for name in IN_ROW}
        values.update(components=tuple(row.components), labels=tuple(row.labels))
        values.update({name: tuple(found[row.id]) for name, found in children.items()})
        yield StoredTicket(source, Ticket.model_construct(id=row.external_id, **values), row.deleted_at)


def _children(connection: Connection, table: Table, name: str, ids: list[int]) -> dict[int, list[Any]]:
    """Built without validation: they were validated before they were stored."""
    found: dict[int, list[Any]] = defaultdict(list)
    statement = select(table).where(table.c.ticket_id.in_(ids)).order_by(table.c.ticket_id, table.c.position)
    for row in connection.execute(statement):
        values = dict(row._mapping)
        found[values.pop("ticket_id")].append(MODELS[name].model_construct(**values))
    return found
