"""Shapes of recent tickets, with their families: what is compared to find pairs that may be the same problem."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, case, func, select

from service.store.queries.audit_sample import ShownTicket
from service.store.results.tables import FactRow, FamilyRow, ShapeRow
from service.store.sql import batches
from service.store.tickets.tables import table_of

FACT = table_of(FactRow)
FAMILY = table_of(FamilyRow)
SHAPE = table_of(ShapeRow)
BATCH_SIZE = 1000


class RecentShape(NamedTuple):
    """A shape with its family, the first opening of its tickets in the period, and if one was closed as a duplicate."""

    id: int
    family_id: int
    content: bytes
    opened_s: int
    marked: bool


def recent_shapes(connection: Connection, source_id: int, since_s: int, limit: int) -> list[RecentShape]:
    """Return the shapes of a source with tickets opened since a moment, the latest if there are more than `limit`.

    Only tickets that are visible by words count, and none of a family that a person has dismissed.
    """
    marked = func.max(case((FACT.c.marked_duplicate, 1), else_=0))
    latest = func.max(FACT.c.opened_s).desc(), FACT.c.shape_id
    statement = (
        select(FACT.c.shape_id, FACT.c.family_id, func.min(FACT.c.opened_s), marked)
        .join(FAMILY, FAMILY.c.id == FACT.c.family_id)
        .where(FACT.c.source_id == source_id, FACT.c.opened_s >= since_s)
        .where(FACT.c.visible_by == "words", ~FAMILY.c.is_dismissed)
        .group_by(FACT.c.shape_id, FACT.c.family_id)
        .order_by(*latest)
        .limit(limit)
    )
    rows = connection.execute(statement).all()
    contents = _contents(connection, [shape for shape, *_ in rows])
    # A shape without content is what a person split off: it is like nothing else.
    return [
        RecentShape(shape, family, contents[shape], opened_s, bool(flag))
        for shape, family, opened_s, flag in rows if contents.get(shape)
    ]  # fmt: skip


def first_tickets(connection: Connection, shapes: Sequence[int], since_s: int) -> dict[int, tuple[ShownTicket, str]]:
    """Return of each shape the first ticket opened since a moment and the name of its family, by shape id."""
    columns = select(FACT.c.shape_id, FAMILY.c.name, *(FACT.c[name] for name in ShownTicket._fields))
    statement = columns.join(FAMILY, FAMILY.c.id == FACT.c.family_id).where(FACT.c.opened_s >= since_s)
    tickets: dict[int, tuple[ShownTicket, str]] = {}
    for batch in batches(shapes, BATCH_SIZE):
        rows = connection.execute(
            statement.where(FACT.c.shape_id.in_(batch)).order_by(FACT.c.opened_s, FACT.c.external_id)
        )
        for shape, family, *ticket in rows:
            tickets.setdefault(shape, (ShownTicket(*ticket), family))
    return tickets


def _contents(connection: Connection, shapes: Sequence[int]) -> dict[int, bytes]:
    contents: dict[int, bytes] = {}
    for batch in batches(shapes, BATCH_SIZE):
        rows = connection.execute(select(SHAPE.c.id, SHAPE.c.content).where(SHAPE.c.id.in_(batch)))
        contents.update((shape, bytes(content)) for shape, content in rows)
    return contents
