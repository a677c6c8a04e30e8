"""Shapes of recent tickets, with their families: what is compared to find pairs that may be the same problem."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, case, func, select

from service.store.results.tables import FactRow, FamilyRow, ShapeRow
from service.store.sql import batches
from service.store.tickets.tables import table_of

FACT = table_of(FactRow)
FAMILY = table_of(FamilyRow)
SHAPE = table_of(ShapeRow)
BATCH_SIZE = 1000
MOST_TICKETS = 50_000
"""Shapes of a source are looked for among so many tickets, the latest, whatever the store holds."""


class RecentShape(NamedTuple):
    """A shape with its family, the first opening of its tickets, and if one was closed as a duplicate."""

    id: int
    family_id: int
    content: bytes
    opened_s: int
    marked: bool


class FirstTicket(NamedTuple):
    """The number in the store of the first ticket of a shape, with its family and how many tickets that has."""

    number: int
    family: str
    family_tickets: int


def recent_shapes(connection: Connection, source_id: int, limit: int) -> list[RecentShape]:
    """Return the shapes of a source, at most `limit`: those with the latest tickets.

    Only tickets that are visible by words count, and none of a family that a person has dismissed.
    """
    columns = (FACT.c[name] for name in ("shape_id", "family_id", "opened_s", "marked_duplicate"))
    of_source = FACT.c.source_id == source_id, FACT.c.visible_by == "words"
    by_opening = FACT.c.opened_s.desc(), FACT.c.external_id
    latest = select(*columns).where(*of_source).order_by(*by_opening).limit(MOST_TICKETS).subquery()
    marked = func.max(case((latest.c.marked_duplicate, 1), else_=0))
    statement = (
        select(latest.c.shape_id, latest.c.family_id, func.min(latest.c.opened_s), marked)
        .join(FAMILY, FAMILY.c.id == latest.c.family_id)
        .where(~FAMILY.c.is_dismissed)
        .group_by(latest.c.shape_id, latest.c.family_id)
        .order_by(func.max(latest.c.opened_s).desc(), latest.c.shape_id)
        .limit(limit)
    )
    rows = connection.execute(statement).all()
    contents = _contents(connection, [shape for shape, *_ in rows])
    # A shape without content is what a person split off: it is like nothing else.
    return [
        RecentShape(shape, family, contents[shape], opened_s, bool(flag))
        for shape, family, opened_s, flag in rows if contents.get(shape)
    ]  # fmt: skip


def first_tickets(connection: Connection, shapes: Sequence[int]) -> dict[int, FirstTicket]:
    """Return the first ticket of each shape, by shape id."""
    columns = select(FACT.c.shape_id, FACT.c.ticket_id, FAMILY.c.name, FAMILY.c.tickets)
    statement = columns.join(FAMILY, FAMILY.c.id == FACT.c.family_id)
    tickets: dict[int, FirstTicket] = {}
    for batch in batches(shapes, BATCH_SIZE):
        rows = connection.execute(
            statement.where(FACT.c.shape_id.in_(batch)).order_by(FACT.c.opened_s, FACT.c.external_id)
        )
        for shape, *first in rows:
            tickets.setdefault(shape, FirstTicket(*first))
    return tickets


def _contents(connection: Connection, shapes: Sequence[int]) -> dict[int, bytes]:
    contents: dict[int, bytes] = {}
    for batch in batches(shapes, BATCH_SIZE):
        rows = connection.execute(select(SHAPE.c.id, SHAPE.c.content).where(SHAPE.c.id.in_(batch)))
        contents.update((shape, bytes(content)) for shape, content in rows)
    return contents
