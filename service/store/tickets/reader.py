"""Reading tickets back, in order and in bounded memory."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, func, select

from connectors.model import Link, Record, Sla, Ticket, Transition, Worklog
from service.store.database import Database
from service.store.tickets.tables import SourceRow, TicketRow, TransitionRow, table_of
from service.store.tickets.writer import CHILDREN, IN_ROW

BATCH = 1000
SOURCE = table_of(SourceRow)
TICKET = table_of(TicketRow)
TRANSITION = table_of(TransitionRow)
MODELS: dict[str, type[Record]] = {"transitions": Transition, "links": Link, "worklogs": Worklog, "slas": Sla}
Built = TypeVar("Built", bound=Record)
_NOTHING: set[str] = set()
_PLAIN = tuple(name for name in IN_ROW if name not in ("components", "labels"))
_TICKETS = (
    select(
        TICKET.c.id, TICKET.c.source_id, SOURCE.c.name, TICKET.c.deleted_at, TICKET.c.external_id,
        TICKET.c.components, TICKET.c.labels, *(TICKET.c[name] for name in _PLAIN),
    )
    .join(SOURCE, SOURCE.c.id == TICKET.c.source_id)
    .order_by(TICKET.c.id)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StoredTicket:
    """A ticket as it is kept: people and texts as the privacy settings left them. `number` is the store's own."""

    number: int
    source_id: int
    source: str
    ticket: Ticket
    deleted_at: datetime | None


def read_all(database: Database) -> Iterator[list[StoredTicket]]:
    """All tickets in batches, in the order of their numbers. Each batch is read in a transaction of its own."""
    last = -1
    while batch := _after(database, last):
        yield batch
        last = batch[-1].number


def read(connection: Connection, numbers: Sequence[int]) -> list[StoredTicket]:
    """The tickets with these numbers, as far as they exist, in the order of their numbers."""
    found: list[StoredTicket] = []
    for start in range(0, len(numbers), BATCH):
        rows = connection.execute(_TICKETS.where(TICKET.c.id.in_(numbers[start : start + BATCH])))
        found += _assembled(connection, rows.all())
    return found


def by_name(database: Database, name: str) -> list[StoredTicket]:
    """The tickets that have this key, or this id in their source."""
    with database.read() as connection:
        numbers = select(TICKET.c.id).where((TICKET.c.key == name) | (TICKET.c.external_id == name))
        return read(connection, list(connection.execute(numbers).scalars()))


def count(database: Database) -> int:
    """How many tickets are stored, those that are gone from their source included."""
    with database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(TICKET)).scalar_one())


def source_names(database: Database) -> dict[int, str]:
    """The names of all sources by number."""
    with database.read() as connection:
        return dict(connection.execute(select(SOURCE.c.id, SOURCE.c.name)).all())


def sources_with_teams(database: Database) -> set[str]:
    """Names of the sources whose system has teams: some ticket has one, or had one."""
    own = TICKET.c.source_id == SOURCE.c.id
    has_team = select(TICKET.c.id).where(own, TICKET.c.team.is_not(None)).exists()
    had_team = select(TRANSITION.c.ticket_id).where(
        own, TRANSITION.c.ticket_id == TICKET.c.id, TRANSITION.c.field == "team"
    )
    with database.read() as connection:
        return set(connection.execute(select(SOURCE.c.name).where(has_team | had_team.exists())).scalars())


def _after(database: Database, last: int) -> list[StoredTicket]:
    with database.read() as connection:
        return _assembled(connection, connection.execute(_TICKETS.where(TICKET.c.id > last).limit(BATCH)).all())


def _assembled(connection: Connection, rows: Sequence[Any]) -> list[StoredTicket]:
    numbers = [row[0] for row in rows]
    children = [(name, _children(connection, table, name, numbers)) for table, name in CHILDREN]
    found = []
    for number, source_id, source, deleted_at, id_, components, labels, *rest in rows:
        values = dict(zip(_PLAIN, rest, strict=True), id=id_, components=tuple(components), labels=tuple(labels))
        for name, of_tickets in children:
            values[name] = tuple(of_tickets.get(number, ()))
        found.append(StoredTicket(number, source_id, source, construct(Ticket, values), deleted_at))
    return found


def _children(connection: Connection, table: Table, name: str, numbers: list[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    model = MODELS[name]
    fields = [column for column in table.c if column.name not in ("ticket_id", "position")]
    names = [column.name for column in fields]
    statement = select(table.c.ticket_id, *fields).where(table.c.ticket_id.in_(numbers))
    for number, *values in connection.execute(statement.order_by(table.c.ticket_id, table.c.position)).all():
        found[number].append(construct(model, dict(zip(names, values, strict=True))))
    return found


def construct(model: type[Built], values: dict[str, Any]) -> Built:
    """A record of values that were validated before they were stored: checking a million again costs minutes."""
    record = model.__new__(model)
    object.__setattr__(record, "__dict__", values)
    object.__setattr__(record, "__pydantic_fields_set__", _NOTHING)
    object.__setattr__(record, "__pydantic_extra__", None)
    object.__setattr__(record, "__pydantic_private__", None)
    return record
