"""Stored tickets, read in order and in bounded memory."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Connection, Table, func, select

from connectors.model import Link, Record, Sla, Ticket, Transition, Worklog
from service.analysis.limits import DESCRIPTION_LENGTH, TITLE_LENGTH
from service.store.database import Database
from service.store.tickets.tables import SourceRow, TicketRow, TransitionRow, table_of
from service.store.tickets.writer import CHILDREN, TICKET_FIELDS

BATCH_SIZE = 1000
SOURCE = table_of(SourceRow)
TICKET = table_of(TicketRow)
TRANSITION = table_of(TransitionRow)
MODELS: dict[str, type[Record]] = {"transitions": Transition, "links": Link, "worklogs": Worklog, "slas": Sla}
ModelT = TypeVar("ModelT", bound=Record)
_NO_FIELDS: set[str] = set()
_PLAIN = tuple(name for name in TICKET_FIELDS if name not in ("components", "labels"))
# Batches of tickets stay small in memory, however long their texts are.
_READ_LENGTHS = {"title": TITLE_LENGTH, "description": DESCRIPTION_LENGTH}
_TICKETS = (
    select(
        TICKET.c.id, TICKET.c.source_id, SOURCE.c.name, TICKET.c.deleted_at, TICKET.c.external_id,
        TICKET.c.components, TICKET.c.labels, *(
            func.substr(TICKET.c[name], 1, _READ_LENGTHS[name]) if name in _READ_LENGTHS else TICKET.c[name]
            for name in _PLAIN
        ),
    )
    .join(SOURCE, SOURCE.c.id == TICKET.c.source_id)
    .order_by(TICKET.c.id)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StoredTicket:
    """A ticket as stored, with people and texts as the privacy settings left them. `number` is its id in the store.

    Its title and description are cut to what an analysis reads.
    """

    number: int
    source_id: int
    source: str
    ticket: Ticket
    deleted_at: datetime | None


def read_all(database: Database) -> Iterator[list[StoredTicket]]:
    """Yield all tickets in batches, in the order of their numbers."""
    # A transaction of its own for each batch: one over all would keep SQLite's WAL from being reset for minutes.
    last = -1
    while batch := _read_after(database, last):
        yield batch
        last = batch[-1].number


def read(connection: Connection, numbers: Sequence[int]) -> list[StoredTicket]:
    """Return the tickets with these numbers that exist, in the order of their numbers."""
    tickets: list[StoredTicket] = []
    for start in range(0, len(numbers), BATCH_SIZE):
        tickets += _read_batch(connection, numbers[start : start + BATCH_SIZE])
    return tickets


def by_name(database: Database, name: str) -> list[StoredTicket]:
    """Return the tickets that have this key, or this id in their source."""
    with database.read() as connection:
        numbers = select(TICKET.c.id).where((TICKET.c.key == name) | (TICKET.c.external_id == name))
        return read(connection, list(connection.execute(numbers).scalars()))


def count(database: Database) -> int:
    """Return the number of stored tickets, deleted ones included."""
    with database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(TICKET)).scalar_one())


def source_names(database: Database) -> dict[int, str]:
    """Return the names of all sources by their ids."""
    with database.read() as connection:
        return dict(connection.execute(select(SOURCE.c.id, SOURCE.c.name)).all())


def sources_with_teams(database: Database) -> set[str]:
    """Return the names of the sources in which some ticket has, or once had, a team."""
    of_source = TICKET.c.source_id == SOURCE.c.id
    has_team = select(TICKET.c.id).where(of_source, TICKET.c.team.is_not(None)).exists()
    had_team = select(TRANSITION.c.ticket_id).where(
        of_source, TRANSITION.c.ticket_id == TICKET.c.id, TRANSITION.c.field == "team"
    )
    with database.read() as connection:
        return set(connection.execute(select(SOURCE.c.name).where(has_team | had_team.exists())).scalars())


def _read_after(database: Database, last: int) -> list[StoredTicket]:
    with database.read() as connection:
        rows = connection.execute(_TICKETS.where(TICKET.c.id > last).limit(BATCH_SIZE)).all()
        # All tickets between the first and the last are in the batch: a range spares a parameter for each of them.
        return _assemble(connection, rows, lambda id_: id_.between(rows[0][0], rows[-1][0])) if rows else []


def _read_batch(connection: Connection, numbers: Sequence[int]) -> list[StoredTicket]:
    rows = connection.execute(_TICKETS.where(TICKET.c.id.in_(numbers))).all()
    return _assemble(connection, rows, lambda id_: id_.in_(numbers))


def _assemble(
    connection: Connection, rows: Sequence[Any], is_in_batch: Callable[[Column[int]], ColumnElement[bool]]
) -> list[StoredTicket]:
    # One query for each table of children instead of a join, which would repeat the ticket's texts for every child.
    children = [
        (name, _read_children(connection, table, name, is_in_batch(table.c.ticket_id))) for table, name in CHILDREN
    ]
    tickets = []
    for number, source_id, source, deleted_at, id_, components, labels, *rest in rows:
        values = dict(zip(_PLAIN, rest, strict=True), id=id_, components=tuple(components), labels=tuple(labels))
        for name, by_ticket in children:
            values[name] = tuple(by_ticket.get(number, ()))
        tickets.append(StoredTicket(number, source_id, source, construct(Ticket, values), deleted_at))
    return tickets


def _read_children(
    connection: Connection, table: Table, name: str, is_in_batch: ColumnElement[bool]
) -> dict[int, list[Any]]:
    children: dict[int, list[Any]] = defaultdict(list)
    model = MODELS[name]
    fields = [column for column in table.c if column.name not in ("ticket_id", "position")]
    names = [column.name for column in fields]
    statement = select(table.c.ticket_id, *fields).where(is_in_batch)
    for number, *values in connection.execute(statement.order_by(table.c.ticket_id, table.c.position)).all():
        children[number].append(construct(model, dict(zip(names, values, strict=True))))
    return children


def construct(model: type[ModelT], values: dict[str, Any]) -> ModelT:
    """Return a record of values that were validated before they were stored."""
    # Validating a million tickets again costs minutes; `model_construct` still walks through every field.
    record = model.__new__(model)
    object.__setattr__(record, "__dict__", values)
    object.__setattr__(record, "__pydantic_fields_set__", _NO_FIELDS)
    object.__setattr__(record, "__pydantic_extra__", None)
    object.__setattr__(record, "__pydantic_private__", None)
    return record
