"""Words of the sources that nobody understood: statuses, kinds and priorities."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal_column, select

from connectors.model import UnknownWord, WordField
from service.store.database import Database
from service.store.tickets.assignments import assignment
from service.store.tickets.tables import SourceRow, TicketRow, table_of

SOURCE, TICKET = table_of(SourceRow), table_of(TicketRow)
WORDS_SHOWN = 20
EXISTS = TICKET.c.deleted_at.is_(None)
# Written out as in the partial indexes: behind a parameter no database would use them.
STATUS_UNKNOWN = and_(TICKET.c.status_category == literal_column("'unknown'"), EXISTS)
KIND_UNKNOWN = and_(TICKET.c.kind == literal_column("'other'"), TICKET.c.source_kind != literal_column("''"), EXISTS)
PRIORITY_UNKNOWN = and_(TICKET.c.priority_level.is_(None), TICKET.c.priority.is_not(None), EXISTS)
FIELDS: dict[WordField, tuple[ColumnElement[str], ColumnElement[bool]]] = {
    "status": (TICKET.c.status, STATUS_UNKNOWN),
    "kind": (TICKET.c.source_kind, KIND_UNKNOWN),
    "priority": (TICKET.c.priority, PRIORITY_UNKNOWN),
}


def unknown_words(database: Database) -> dict[str, tuple[UnknownWord, ...]]:
    """Return the 20 most frequent words of each field that nobody understood, by the name of the source."""
    with database.read() as connection:
        names = connection.execute(select(SOURCE.c.id, SOURCE.c.name)).all()
        return {name: tuple(_words(connection, number, name)) for number, name in names}


def unknown_words_of(database: Database, source_id: int) -> tuple[UnknownWord, ...]:
    """Return the 20 most frequent words of each field of one source that nobody understood."""
    with database.read() as connection:
        name = connection.execute(select(SOURCE.c.name).where(SOURCE.c.id == source_id)).scalar_one()
        return tuple(_words(connection, source_id, name))


def unknown_tickets(database: Database) -> dict[int, int]:
    """Return how many tickets of each source, by its id, have a status or kind that nobody understood."""
    # Of two indexes, one after the other: a condition on both fields would read all tickets.
    by_status = _counts(STATUS_UNKNOWN)
    by_kind = _counts(and_(KIND_UNKNOWN, TICKET.c.status_category != literal_column("'unknown'")))
    counts = Counter[int]()
    with database.read() as connection:
        for statement in (by_status, by_kind):
            counts.update({row.source_id: row.tickets for row in connection.execute(statement)})
    return counts


def _words(connection: Connection, source_id: int, source: str) -> Sequence[UnknownWord]:
    words: list[UnknownWord] = []
    for field, (column, condition) in FIELDS.items():
        tickets = func.count().label("tickets")
        statement = select(column, tickets).where(TICKET.c.source_id == source_id, condition).group_by(column)
        rows = connection.execute(statement.order_by(tickets.desc(), column).limit(WORDS_SHOWN)).all()
        remedy = assignment(source, field, [row[0] for row in rows])
        words += [UnknownWord(field=field, word=word, tickets=number, remedy=remedy) for word, number in rows]
    return words


def _counts(condition: ColumnElement[bool]) -> Select[tuple[int, int]]:
    return select(TICKET.c.source_id, func.count().label("tickets")).where(condition).group_by(TICKET.c.source_id)
