"""Shapes and the keys by which they, and the tickets behind them, find each other."""

import struct
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, delete, func, select, update

from service.analysis.families.shape import Shape
from service.store.database import Database
from service.store.results.tables import CertainKeyRow, FactRow, LookupKeyRow, ShapeKeyRow, ShapeRow
from service.store.sql import BulkInsert, group_pairs
from service.store.tickets.tables import table_of

SHAPE = table_of(ShapeRow)
SHAPE_KEY = table_of(ShapeKeyRow)
LOOKUP_KEY = table_of(LookupKeyRow)
CERTAIN = table_of(CertainKeyRow)
FACT = table_of(FactRow)
COMPARED_AT_MOST = 500
AT_ONCE = 1000
KEYS_AT_ONCE = 200
SUGGESTED_FROM = 2000

CertainName = tuple[int, str]
"""A certain key with the number of the source in which it holds."""


@dataclass(frozen=True, slots=True)
class StoredShape:
    """A shape as it is kept: its number, its family, its keys and what similarity needs."""

    id: int
    family_id: int
    keys: tuple[int, ...]
    lookup_keys: tuple[int, ...]
    content: bytes


def id_of(shape: Shape) -> int:
    """The number of a shape: the first 63 bits of its digest."""
    return int.from_bytes(shape.digest[:8]) >> 1


class ShapeStore:
    """Reads and writes shapes and keys of one database."""

    def __init__(self, database: Database) -> None:
        self._mark = "?" if database.is_sqlite else "%s"
        dialect = database.dialect
        self._shapes = BulkInsert(
            database.insert(SHAPE).on_conflict_do_nothing(), SHAPE, [column.name for column in SHAPE.c], dialect
        )
        self._keys, self._lookup_keys = (
            BulkInsert(
                database.insert(table).on_conflict_do_nothing(), table, [column.name for column in table.c], dialect
            )
            for table in (SHAPE_KEY, LOOKUP_KEY)
        )
        self._certain = BulkInsert(
            database.insert(CERTAIN).on_conflict_do_nothing(), CERTAIN, [column.name for column in CERTAIN.c], dialect
        )

    def families(self, connection: Connection, shapes: Sequence[int]) -> dict[int, int]:
        """The families of these shapes, by number of shape, as far as they are stored."""
        found: dict[int, int] = {}
        for some in _portions(shapes, AT_ONCE):
            statement = select(SHAPE.c.id, SHAPE.c.family_id).where(SHAPE.c.id.in_(some))
            found.update(connection.execute(statement).all())
        return found

    def add(self, connection: Connection, shapes: Iterable[StoredShape]) -> None:
        """Writes new shapes with their keys."""
        fresh = list(shapes)
        self._shapes.run(connection, [
            {
                "id": one.id, "family_id": one.family_id, "packed_keys": _packed(one.keys),
                "packed_lookup_keys": _packed(one.lookup_keys), "content": one.content,
            }
            for one in fresh
        ])  # fmt: skip
        self._keys.run(connection, [{"key": key, "shape_id": one.id} for one in fresh for key in one.keys])
        looked = [{"key": key, "shape_id": one.id} for one in fresh for key in one.lookup_keys]
        self._lookup_keys.run(connection, looked)

    def remove(self, connection: Connection, shapes: Sequence[int]) -> None:
        """Takes out shapes with their keys."""
        for one in self.load(connection, SHAPE.c.id.in_(shapes)):
            for table, keys in ((SHAPE_KEY, one.keys), (LOOKUP_KEY, one.lookup_keys)):
                connection.execute(delete(table).where(table.c.shape_id == one.id, table.c.key.in_(keys)))
        connection.execute(delete(SHAPE).where(SHAPE.c.id.in_(shapes)))

    def load(self, connection: Connection, condition: Any) -> list[StoredShape]:
        """The shapes that meet a condition, by number."""
        columns = SHAPE.c.id, SHAPE.c.family_id, SHAPE.c.packed_keys, SHAPE.c.packed_lookup_keys, SHAPE.c.content
        return [
            StoredShape(id_, family_id, _unpacked(keys), _unpacked(lookup_keys), content)
            for id_, family_id, keys, lookup_keys, content in connection.execute(
                select(*columns).where(condition).order_by(SHAPE.c.id)
            )
        ]

    def of_family(self, connection: Connection, family_id: int) -> list[StoredShape]:
        """All shapes of one family, by number."""
        return self.load(connection, SHAPE.c.family_id == family_id)

    def contents(self, connection: Connection, shapes: Sequence[int]) -> dict[int, bytes]:
        """What similarity needs of these shapes, by number."""
        found: dict[int, bytes] = {}
        for some in _portions(shapes, AT_ONCE):
            statement = select(SHAPE.c.id, SHAPE.c.content).where(SHAPE.c.id.in_(some))
            found.update(connection.execute(statement).all())
        return found

    def shapes_by_key(self, connection: Connection, keys: Sequence[int]) -> dict[int, list[int]]:
        """The shapes that have each key, by key: at most `COMPARED_AT_MOST` a key, those with the lowest numbers."""
        found: dict[int, list[int]] = defaultdict(list)
        for some in _portions(keys, KEYS_AT_ONCE):
            padded = [*some, *[some[-1]] * (KEYS_AT_ONCE - len(some))]
            for key, shape_id in connection.exec_driver_sql(self._sharing_sql, tuple(padded)):
                found[key].append(shape_id)
        return found

    @property
    def _sharing_sql(self) -> str:
        """One statement for many keys, each bounded: what a common key costs must not grow with the store."""
        one = (
            f"SELECT * FROM (SELECT key, shape_id FROM shape_key WHERE key = {self._mark} "  # noqa: S608 - no values in it
            f"ORDER BY shape_id LIMIT {COMPARED_AT_MOST}) AS part"
        )
        return " UNION ALL ".join([one] * KEYS_AT_ONCE)

    def certain_keys(self, connection: Connection, tickets: Sequence[int]) -> dict[int, set[CertainName]]:
        """The certain keys of these tickets, by number of ticket."""
        found: dict[int, set[CertainName]] = defaultdict(set)
        for some in _portions(tickets, AT_ONCE):
            statement = select(CERTAIN.c.ticket_id, CERTAIN.c.source_id, CERTAIN.c.key)
            for ticket, source_id, key in connection.execute(statement.where(CERTAIN.c.ticket_id.in_(some))):
                found[ticket].add((source_id, key))
        return found

    def add_certain(self, connection: Connection, keys: Mapping[int, Iterable[CertainName]]) -> None:
        """Writes certain keys of tickets."""
        self._certain.run(connection, [
            {"source_id": source_id, "key": key, "ticket_id": ticket}
            for ticket, names in keys.items() for source_id, key in names
        ])  # fmt: skip

    def remove_certain(self, connection: Connection, tickets: Sequence[int]) -> None:
        """Takes out the certain keys of these tickets."""
        connection.execute(delete(CERTAIN).where(CERTAIN.c.ticket_id.in_(tickets)))

    def families_by_certain_key(self, connection: Connection, names: Sequence[CertainName]) -> dict[CertainName, set[int]]:
        """The families that some ticket with each certain key belongs to, by key."""
        found: dict[CertainName, set[int]] = defaultdict(set)
        here = FACT.c.ticket_id == CERTAIN.c.ticket_id
        for source_id, some in group_pairs(names):
            mine = CERTAIN.c.source_id == source_id, CERTAIN.c.key.in_(some), FACT.c.family_id.is_not(None)
            statement = select(CERTAIN.c.key, FACT.c.family_id).join(FACT, here).where(*mine)
            for key, family_id in connection.execute(statement.distinct()):
                found[source_id, key].add(family_id)
        return found

    def shapes_by_certain_key(self, connection: Connection, names: Iterable[CertainName]) -> dict[CertainName, set[int]]:
        """The shapes of which some ticket has each of these certain keys, by key."""
        found: dict[CertainName, set[int]] = defaultdict(set)
        here = FACT.c.ticket_id == CERTAIN.c.ticket_id
        for source_id, some in group_pairs(sorted(names)):
            mine = CERTAIN.c.source_id == source_id, CERTAIN.c.key.in_(some), FACT.c.shape_id.is_not(None)
            statement = select(CERTAIN.c.key, FACT.c.shape_id).join(FACT, here).where(*mine)
            for key, shape_id in connection.execute(statement.distinct()):
                found[source_id, key].add(shape_id)
        return found

    def certain_keys_of_family(self, connection: Connection, family_id: int) -> list[tuple[CertainName, int]]:
        """Every certain key of a family's tickets with the shape of its ticket."""
        here = FACT.c.ticket_id == CERTAIN.c.ticket_id
        statement = select(CERTAIN.c.source_id, CERTAIN.c.key, FACT.c.shape_id).join(FACT, here)
        rows = connection.execute(statement.where(FACT.c.family_id == family_id).distinct())
        return [((source_id, key), shape_id) for source_id, key, shape_id in rows]


def share_certain_key(connection: Connection, one: int, other: int) -> bool:
    """Whether tickets of two shapes have a certain key in common."""
    mine, theirs, key = FACT.alias("mine"), FACT.alias("theirs"), CERTAIN.alias("key")
    own = CERTAIN.join(mine, mine.c.ticket_id == CERTAIN.c.ticket_id)
    same = and_(key.c.source_id == CERTAIN.c.source_id, key.c.key == CERTAIN.c.key)
    joined = own.join(key, same).join(theirs, theirs.c.ticket_id == key.c.ticket_id)
    statement = select(key.c.key).select_from(joined).where(mine.c.shape_id == one, theirs.c.shape_id == other)
    return connection.execute(statement.limit(1)).first() is not None


def shapes_by_lookup_key(connection: Connection, lookup_keys: Sequence[int]) -> tuple[set[int], dict[int, int]]:
    """(shapes that share one of these lookup keys, how many have each): of a common key only some, and counted so far.

    What this costs does not grow with the store.
    """
    found: set[int] = set()
    frequency: dict[int, int] = {}
    for key in lookup_keys:
        some = select(LOOKUP_KEY.c.shape_id).where(LOOKUP_KEY.c.key == key)
        ordered = some.order_by(LOOKUP_KEY.c.shape_id).limit(SUGGESTED_FROM)
        shapes = connection.execute(ordered).scalars().all()
        frequency[key] = len(shapes)
        found.update(shapes)
    return found, frequency


def count(connection: Connection) -> int:
    """How many shapes are stored."""
    return int(connection.execute(select(func.count()).select_from(SHAPE)).scalar_one())


def first_openings(connection: Connection, shapes: Sequence[int]) -> dict[int, tuple[int, int]]:
    """(when its first ticket was opened, in seconds since 1970, its family) of each shape, by number."""
    found: dict[int, tuple[int, int]] = {}
    for some in _portions(shapes, AT_ONCE):
        columns = select(FACT.c.shape_id, func.min(FACT.c.opened_s), func.min(FACT.c.family_id))
        rows = connection.execute(columns.where(FACT.c.shape_id.in_(some)).group_by(FACT.c.shape_id))
        found.update((shape, (int(first), int(family))) for shape, first, family in rows)
    return found


def assign_family(connection: Connection, condition: Any, family_id: int) -> None:
    """Gives the shapes that meet a condition to a family."""
    connection.execute(update(SHAPE).where(condition).values(family_id=family_id))


def _packed(keys: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(keys)}q", *keys)


def _unpacked(keys: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(keys) // 8}q", keys)


def _portions(values: Sequence[Any], size: int) -> Iterable[Sequence[Any]]:
    return (values[start : start + size] for start in range(0, len(values), size))
