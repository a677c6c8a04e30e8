"""Recognition: labels that stand for titles by number of tickets, and which marked tickets the matcher recognises."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, select

from service.store.database import Database
from service.store.results.tables import FactRow, RecallRow, ShapeRow, TitleLabelRow
from service.store.sql import batches
from service.store.tickets.tables import table_of

FACT = table_of(FactRow)
SHAPE = table_of(ShapeRow)
RECALL = table_of(RecallRow)
TITLE_LABEL = table_of(TitleLabelRow)
ALL_TICKETS = 0
"""The label under which all tickets of a source are counted."""
SHARED_BY, LEAST_SHARED = 0.02, 10
MOST_MARKED = 400
BATCH_SIZE = 1000

LabelKey = tuple[int, int]
"""A source and a label."""


class MarkedTicket(NamedTuple):
    """A ticket that people marked as a duplicate."""

    ticket_id: int
    source_id: int
    shape_id: int
    opened_s: int


def count_labels(connection: Connection, database: Database, changes: Mapping[LabelKey, int]) -> None:
    """Add to the numbers of tickets by label."""
    rows = [
        {"source_id": source_id, "label": label, "tickets": tickets}
        for (source_id, label), tickets in sorted(changes.items()) if tickets
    ]  # fmt: skip
    if rows:
        insert = database.insert(TITLE_LABEL)
        added = TITLE_LABEL.c.tickets + insert.excluded.tickets
        connection.execute(
            insert.on_conflict_do_update(index_elements=["source_id", "label"], set_={"tickets": added}), rows
        )
        connection.execute(delete(TITLE_LABEL).where(TITLE_LABEL.c.tickets <= 0))


def shared_labels(connection: Connection) -> list[int]:
    """Return the labels that so many tickets of a source share that they say nothing: at most 50 of a source."""
    totals = select(TITLE_LABEL.c.source_id, TITLE_LABEL.c.tickets).where(TITLE_LABEL.c.label == ALL_TICKETS)
    labels: list[int] = []
    for source_id, total in connection.execute(totals).all():
        frequent = TITLE_LABEL.c.tickets > max(int(total * SHARED_BY), LEAST_SHARED)
        conditions = TITLE_LABEL.c.source_id == source_id, TITLE_LABEL.c.label != ALL_TICKETS, frequent
        labels += connection.execute(select(TITLE_LABEL.c.label).where(*conditions)).scalars()
    return sorted(labels)


def marked_sample(connection: Connection, source_id: int, since_s: int) -> list[MarkedTicket]:
    """Return the marked tickets of a source opened since then: at most `MOST_MARKED`, the same in any order."""
    conditions = (
        FACT.c.source_id == source_id, FACT.c.marked_duplicate, FACT.c.shape_id.is_not(None), FACT.c.opened_s >= since_s
    )  # fmt: skip
    statement = select(*(FACT.c[name] for name in MarkedTicket._fields)).where(*conditions)
    return [MarkedTicket(*row) for row in connection.execute(statement.order_by(FACT.c.mark).limit(MOST_MARKED))]


def checked_tickets(connection: Connection) -> dict[MarkedTicket, bool]:
    """Return whether the matcher recognises each marked ticket, as far as that is still known."""
    columns = *(RECALL.c[name] for name in MarkedTicket._fields), RECALL.c.recognised
    return {MarkedTicket(*row[:-1]): row[-1] for row in connection.execute(select(*columns))}


def has_checked(connection: Connection) -> bool:
    """Return whether anything is known of any marked ticket."""
    return connection.execute(select(RECALL.c.ticket_id).limit(1)).first() is not None


def keys_of_checked(connection: Connection) -> list[tuple[int, bytes]]:
    """Return the packed keys of the shape of every checked ticket, with its number."""
    statement = select(RECALL.c.ticket_id, SHAPE.c.packed_keys).join(SHAPE, SHAPE.c.id == RECALL.c.shape_id)
    return [(ticket, keys) for ticket, keys in connection.execute(statement)]


def add_checked(connection: Connection, results: Mapping[MarkedTicket, bool]) -> None:
    """Store whether the matcher recognises these marked tickets."""
    rows = [ticket._asdict() | {"recognised": recognised} for ticket, recognised in results.items()]
    if rows:
        connection.execute(RECALL.insert(), rows)


def remove_checked(connection: Connection, tickets: Collection[int]) -> None:
    """Delete what is known of these tickets."""
    if tickets:
        connection.execute(delete(RECALL).where(RECALL.c.ticket_id.in_(sorted(tickets))))


def has_earlier_ticket(connection: Connection, shapes: Sequence[int], opened_s: int) -> bool:
    """Return whether some ticket of these shapes was opened before a moment."""
    for batch in batches(shapes, BATCH_SIZE):
        earlier = select(FACT.c.ticket_id).where(FACT.c.shape_id.in_(batch), FACT.c.opened_s < opened_s).limit(1)
        if connection.execute(earlier).first() is not None:
            return True
    return False


def recall_counts(connection: Connection) -> dict[int, tuple[int, int]]:
    """Return (marked tickets that the matcher recognises, marked tickets) by source."""
    columns = RECALL.c.source_id, func.count().filter(RECALL.c.recognised), func.count()
    rows: Iterable[tuple[int, int, int]] = connection.execute(select(*columns).group_by(RECALL.c.source_id)).all()
    return {source_id: (recognised, n) for source_id, recognised, n in rows}
