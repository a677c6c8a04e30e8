"""Shapes, and the keys by which shapes and tickets find their like."""

import struct
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, delete, func, select, update

from service.analysis.families.shape import Shape
from service.store.database import Database
from service.store.results.tables import CertainKeyRow, FactRow, LookupKeyRow, ShapeKeyRow, ShapeRow
from service.store.sql import batches, group_pairs, insert_rows
from service.store.tickets.tables import table_of

SHAPE = table_of(ShapeRow)
SHAPE_KEY = table_of(ShapeKeyRow)
LOOKUP_KEY = table_of(LookupKeyRow)
CERTAIN_KEY = table_of(CertainKeyRow)
FACT = table_of(FactRow)
MAX_SHAPES_PER_KEY = 500
MAX_SHAPES_PER_LOOKUP_KEY = 2000
BATCH_SIZE = 1000
KEYS_PER_STATEMENT = 200

_OWN_FACT = FACT.c.ticket_id == CERTAIN_KEY.c.ticket_id

CertainKey = tuple[int, str]
"""A certain key with the id of the source in which it holds."""


@dataclass(frozen=True, slots=True)
class StoredShape:
    """A shape as stored: its id, its family, its keys and the content that similarity is computed from."""

    id: int
    family_id: int
    keys: tuple[int, ...]
    lookup_keys: tuple[int, ...]
    content: bytes


def id_of(shape: Shape) -> int:
    """Return the id of a shape: the first 63 bits of its digest."""
    # Derived, not counted: equal texts get the same id in any order of writing. 63, because a BIGINT has a sign.
    return int.from_bytes(shape.digest[:8]) >> 1


class ShapeStore:
    """Reads and writes the shapes and keys of one database."""

    def __init__(self, database: Database) -> None:
        self._placeholder = "?" if database.is_sqlite else "%s"
        self._shapes, self._keys, self._lookup_keys, self._certain = (
            insert_rows(table, database.dialect, skip_existing=True)
            for table in (SHAPE, SHAPE_KEY, LOOKUP_KEY, CERTAIN_KEY)
        )

    def families(self, connection: Connection, shapes: Sequence[int]) -> dict[int, int]:
        """Return the family ids of these shapes by shape id, of those that are stored."""
        families: dict[int, int] = {}
        for batch in batches(shapes, BATCH_SIZE):
            statement = select(SHAPE.c.id, SHAPE.c.family_id).where(SHAPE.c.id.in_(batch))
            families.update(connection.execute(statement).all())
        return families

    def add(self, connection: Connection, shapes: Iterable[StoredShape]) -> None:
        """Write new shapes with their keys."""
        new = list(shapes)
        self._shapes.run(connection, [
            {
                "id": shape.id, "family_id": shape.family_id, "packed_keys": _pack(shape.keys),
                "packed_lookup_keys": _pack(shape.lookup_keys), "content": shape.content,
            }
            for shape in new
        ])  # fmt: skip
        self._keys.run(connection, [{"key": key, "shape_id": shape.id} for shape in new for key in shape.keys])
        lookup_rows = [{"key": key, "shape_id": shape.id} for shape in new for key in shape.lookup_keys]
        self._lookup_keys.run(connection, lookup_rows)

    def remove(self, connection: Connection, shapes: Sequence[int]) -> None:
        """Delete shapes with their keys."""
        # The key tables are ordered by key, so rows are deleted by the packed keys: by shape id alone, each would
        # be scanned as a whole.
        for shape in self.load(connection, SHAPE.c.id.in_(shapes)):
            for table, keys in ((SHAPE_KEY, shape.keys), (LOOKUP_KEY, shape.lookup_keys)):
                connection.execute(delete(table).where(table.c.shape_id == shape.id, table.c.key.in_(keys)))
        connection.execute(delete(SHAPE).where(SHAPE.c.id.in_(shapes)))

    def load(self, connection: Connection, condition: Any) -> list[StoredShape]:
        """Return the shapes that meet a condition, by id."""
        columns = SHAPE.c.id, SHAPE.c.family_id, SHAPE.c.packed_keys, SHAPE.c.packed_lookup_keys, SHAPE.c.content
        return [
            StoredShape(id_, family_id, unpack_keys(keys), unpack_keys(lookup_keys), content)
            for id_, family_id, keys, lookup_keys, content in connection.execute(
                select(*columns).where(condition).order_by(SHAPE.c.id)
            )
        ]

    def of_family(self, connection: Connection, family_id: int) -> list[StoredShape]:
        """Return all shapes of one family, by id."""
        return self.load(connection, SHAPE.c.family_id == family_id)

    def contents(self, connection: Connection, shapes: Sequence[int]) -> dict[int, bytes]:
        """Return the contents of these shapes by id."""
        contents: dict[int, bytes] = {}
        for batch in batches(shapes, BATCH_SIZE):
            statement = select(SHAPE.c.id, SHAPE.c.content).where(SHAPE.c.id.in_(batch))
            contents.update(connection.execute(statement).all())
        return contents

    def shapes_by_key(self, connection: Connection, keys: Sequence[int]) -> dict[int, list[int]]:
        """Return the shapes that have each key, by key: of each key those `MAX_SHAPES_PER_KEY` with the lowest ids."""
        shapes: dict[int, list[int]] = defaultdict(list)
        for batch in batches(keys, KEYS_PER_STATEMENT):
            # Padded with the last key, so that one text of SQL serves all batches and is prepared once; the rows of
            # the repeated key come again and change no decision.
            padded = [*batch, *[batch[-1]] * (KEYS_PER_STATEMENT - len(batch))]
            for key, shape_id in connection.exec_driver_sql(self._by_key_sql, tuple(padded)):
                shapes[key].append(shape_id)
        return shapes

    @property
    def _by_key_sql(self) -> str:
        # A LIMIT for each key instead of one IN: the cost of a common key must not grow with the store.
        part = (
            f"SELECT * FROM (SELECT key, shape_id FROM shape_key WHERE key = {self._placeholder} "  # noqa: S608 - no values in it
            f"ORDER BY shape_id LIMIT {MAX_SHAPES_PER_KEY}) AS part"
        )
        return " UNION ALL ".join([part] * KEYS_PER_STATEMENT)

    def certain_keys(self, connection: Connection, tickets: Sequence[int]) -> dict[int, set[CertainKey]]:
        """Return the certain keys of these tickets by ticket number."""
        by_ticket: dict[int, set[CertainKey]] = defaultdict(set)
        for batch in batches(tickets, BATCH_SIZE):
            statement = select(CERTAIN_KEY.c.ticket_id, CERTAIN_KEY.c.source_id, CERTAIN_KEY.c.key)
            for ticket, source_id, key in connection.execute(statement.where(CERTAIN_KEY.c.ticket_id.in_(batch))):
                by_ticket[ticket].add((source_id, key))
        return by_ticket

    def add_certain(self, connection: Connection, keys: Mapping[int, Iterable[CertainKey]]) -> None:
        """Write certain keys, given by ticket number."""
        self._certain.run(connection, [
            {"source_id": source_id, "key": key, "ticket_id": ticket}
            for ticket, ticket_keys in keys.items() for source_id, key in ticket_keys
        ])  # fmt: skip

    def remove_certain(self, connection: Connection, tickets: Sequence[int]) -> None:
        """Delete the certain keys of these tickets."""
        connection.execute(delete(CERTAIN_KEY).where(CERTAIN_KEY.c.ticket_id.in_(tickets)))

    def families_by_certain_key(self, connection: Connection, keys: Sequence[CertainKey]) -> dict[CertainKey, set[int]]:
        """Return the ids of the families of the tickets that have each certain key, by key."""
        families: dict[CertainKey, set[int]] = defaultdict(set)
        for source_id, names in group_pairs(keys):
            conditions = CERTAIN_KEY.c.source_id == source_id, CERTAIN_KEY.c.key.in_(names)
            statement = select(CERTAIN_KEY.c.key, FACT.c.family_id).join(FACT, _OWN_FACT)
            rows = connection.execute(statement.where(*conditions, FACT.c.family_id.is_not(None)).distinct())
            for key, family_id in rows:
                families[source_id, key].add(family_id)
        return families

    def shapes_by_certain_key(self, connection: Connection, keys: Iterable[CertainKey]) -> dict[CertainKey, set[int]]:
        """Return the ids of the shapes of the tickets that have each certain key, by key."""
        shapes: dict[CertainKey, set[int]] = defaultdict(set)
        for source_id, names in group_pairs(sorted(keys)):
            conditions = CERTAIN_KEY.c.source_id == source_id, CERTAIN_KEY.c.key.in_(names)
            statement = select(CERTAIN_KEY.c.key, FACT.c.shape_id).join(FACT, _OWN_FACT)
            rows = connection.execute(statement.where(*conditions, FACT.c.shape_id.is_not(None)).distinct())
            for key, shape_id in rows:
                shapes[source_id, key].add(shape_id)
        return shapes

    def certain_keys_of_family(self, connection: Connection, family_id: int) -> list[tuple[CertainKey, int]]:
        """Return every certain key of a family's tickets with the shape id of its ticket."""
        statement = select(CERTAIN_KEY.c.source_id, CERTAIN_KEY.c.key, FACT.c.shape_id).join(FACT, _OWN_FACT)
        rows = connection.execute(statement.where(FACT.c.family_id == family_id).distinct())
        return [((source_id, key), shape_id) for source_id, key, shape_id in rows]


def share_certain_key(connection: Connection, left: int, right: int) -> bool:
    """Return True if a ticket of one shape has a certain key in common with a ticket of the other."""
    left_fact, right_fact, right_key = FACT.alias("left_fact"), FACT.alias("right_fact"), CERTAIN_KEY.alias("right_key")
    joined = CERTAIN_KEY.join(left_fact, left_fact.c.ticket_id == CERTAIN_KEY.c.ticket_id)
    same_key = and_(right_key.c.source_id == CERTAIN_KEY.c.source_id, right_key.c.key == CERTAIN_KEY.c.key)
    joined = joined.join(right_key, same_key).join(right_fact, right_fact.c.ticket_id == right_key.c.ticket_id)
    statement = select(right_key.c.key).select_from(joined)
    statement = statement.where(left_fact.c.shape_id == left, right_fact.c.shape_id == right)
    return connection.execute(statement.limit(1)).first() is not None


def shapes_by_lookup_key(connection: Connection, lookup_keys: Sequence[int]) -> tuple[set[int], dict[int, int]]:
    """Return (shapes that have one of these lookup keys, the number of shapes with each key).

    Of a common key only `MAX_SHAPES_PER_LOOKUP_KEY` shapes are read and counted.
    """
    # Suggestions are for one ticket on a page. Their cost must not grow with the store.
    shapes: set[int] = set()
    frequencies: dict[int, int] = {}
    for key in lookup_keys:
        statement = select(LOOKUP_KEY.c.shape_id).where(LOOKUP_KEY.c.key == key).order_by(LOOKUP_KEY.c.shape_id)
        with_key = connection.execute(statement.limit(MAX_SHAPES_PER_LOOKUP_KEY)).scalars().all()
        frequencies[key] = len(with_key)
        shapes.update(with_key)
    return shapes, frequencies


def count(connection: Connection) -> int:
    """Return the number of stored shapes."""
    return int(connection.execute(select(func.count()).select_from(SHAPE)).scalar_one())


def first_openings(connection: Connection, shapes: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Return (opening of the first ticket in seconds since 1970, family id) of each shape, by shape id."""
    openings: dict[int, tuple[int, int]] = {}
    for batch in batches(shapes, BATCH_SIZE):
        columns = select(FACT.c.shape_id, func.min(FACT.c.opened_s), func.min(FACT.c.family_id))
        rows = connection.execute(columns.where(FACT.c.shape_id.in_(batch)).group_by(FACT.c.shape_id))
        openings.update((shape, (int(first), int(family))) for shape, first, family in rows)
    return openings


def assign_family(connection: Connection, condition: Any, family_id: int) -> None:
    """Assign the shapes that meet a condition to a family."""
    connection.execute(update(SHAPE).where(condition).values(family_id=family_id))


def _pack(keys: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(keys)}q", *keys)


def unpack_keys(keys: bytes) -> tuple[int, ...]:
    """Return the keys that are packed in a row of a shape."""
    return struct.unpack(f"<{len(keys) // 8}q", keys)
