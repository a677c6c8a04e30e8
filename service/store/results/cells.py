"""Cells: the sums of one scope over one day, week or month, changed by what is added and taken back."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, null, select, update

from service.analysis.calendar import Grain
from service.store.database import Database
from service.store.results.tables import CellRow, ScopeRow
from service.store.sql import BulkInsert, group_pairs
from service.store.tickets.tables import table_of

CELL = table_of(CellRow)
SCOPE = table_of(ScopeRow)
AT_ONCE = 400
Sums = dict[str, int]
DIMENSIONS = ("all", "source", "team", "service", "kind", "provider")


@dataclass(frozen=True, slots=True, order=True)
class CellKey:
    """Which cell: the number of its scope, its grain, and the first day of its period in ISO 8601."""

    scope_id: int
    grain: Grain
    start: str


@dataclass(frozen=True, slots=True)
class StoredCell:
    """A cell as it is kept; see `Cell`."""

    key: CellKey
    sums: Sums
    metrics: dict[str, Any] | None = None
    published: dict[str, Any] | None = None
    restated: dict[str, Any] | None = None


class CellStore:
    """Reads and changes the cells of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        insert = database.insert(CELL)
        upsert = insert.on_conflict_do_update(
            index_elements=["scope_id", "grain", "start"], set_={"sums": insert.excluded.sums, "metrics": null()}
        )
        self._upsert = BulkInsert(upsert, CELL, ("scope_id", "grain", "start", "sums"), database.dialect)
        self._scopes: dict[tuple[str, str], int] = {}

    def scope_ids(self, connection: Connection, scopes: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """The numbers of these (dimension, value); new ones are made."""
        wanted = set(scopes)
        if not wanted <= self._scopes.keys():
            rows = [{"dimension": dimension, "value": value} for dimension, value in sorted(wanted)]
            connection.execute(self._database.insert(SCOPE).on_conflict_do_nothing(), rows)
            found = connection.execute(select(SCOPE.c.dimension, SCOPE.c.value, SCOPE.c.id))
            self._scopes.update({(dimension, value): id_ for dimension, value, id_ in found})
        return {scope: self._scopes[scope] for scope in wanted}

    def clear_scope_cache(self) -> None:
        """Forgets the numbers of scopes, after a transaction that was rolled back."""
        self._scopes.clear()

    def add(self, connection: Connection, changes: Mapping[CellKey, Mapping[str, int]]) -> None:
        """Adds to sums; what comes to nothing is left out. The metrics of what has moved are to be computed anew."""
        keys = [key for key, change in changes.items() if any(change.values())]
        for start in range(0, len(keys), AT_ONCE):
            some = keys[start : start + AT_ONCE]
            known = self.sums(connection, some)
            fresh = {key: _added(known.get(key, {}), changes[key]) for key in some}
            self._upsert.run(connection, [
                {"scope_id": key.scope_id, "grain": key.grain, "start": key.start, "sums": sums}
                for key, sums in fresh.items()
            ])  # fmt: skip
            _forget(connection, [key for key, sums in fresh.items() if not sums])

    def sums(self, connection: Connection, keys: Sequence[CellKey]) -> dict[CellKey, Sums]:
        """The sums of these cells, as far as they are stored."""
        columns = select(CELL.c.start, CELL.c.sums)
        return {
            CellKey(scope_id, grain, start): sums
            for (scope_id, grain), here in _by_series(keys)
            for start, sums in connection.execute(columns.where(here)).all()
        }


def _forget(connection: Connection, keys: Sequence[CellKey]) -> None:
    """Takes out cells in which nothing is left, unless something was published of them."""
    for key in keys:
        mine = CELL.c.scope_id == key.scope_id, CELL.c.grain == key.grain, CELL.c.start == key.start
        connection.execute(delete(CELL).where(*mine, CELL.c.published.is_(None)))


def _added(known: Mapping[str, int], change: Mapping[str, int]) -> Sums:
    total = defaultdict(int, known)
    for measure, amount in change.items():
        total[measure] += amount
    return {measure: amount for measure, amount in sorted(total.items()) if amount}


def read(connection: Connection, keys: Sequence[CellKey]) -> dict[CellKey, StoredCell]:
    """These cells, as far as they are stored."""
    columns = select(CELL.c.start, CELL.c.sums, CELL.c.metrics, CELL.c.published, CELL.c.restated)
    return {
        key: StoredCell(key, *rest)
        for (scope_id, grain), here in _by_series(keys)
        for start, *rest in connection.execute(columns.where(here)).all()
        for key in [CellKey(scope_id, grain, start)]
    }


def _by_series(keys: Iterable[CellKey]) -> Iterator[tuple[tuple[int, Grain], ColumnElement[bool]]]:
    """The cells of one scope and grain at a time, as SQL."""
    for (scope_id, grain), starts in group_pairs(((key.scope_id, key.grain), key.start) for key in keys):
        here = CELL.c.scope_id == scope_id, CELL.c.grain == grain, CELL.c.start.in_(starts)
        yield (scope_id, grain), and_(*here)


def write_metrics(connection: Connection, found: Iterable[StoredCell]) -> None:
    """Writes the metrics of stored cells, what was published of them, and what was restated."""
    rows = [
        {
            "of_scope_id": cell.key.scope_id, "of_grain": cell.key.grain, "of_start": cell.key.start,
            "metrics": cell.metrics, "published": cell.published, "restated": cell.restated,
        }
        for cell in found
    ]  # fmt: skip
    mine = [CELL.c[name] == bindparam(f"of_{name}") for name in ("scope_id", "grain", "start")]
    changed: dict[str, Any] = {name: bindparam(name) for name in ("metrics", "published", "restated")}
    if rows:
        connection.execute(update(CELL).where(*mine).values(changed), rows)


def unmeasured(connection: Connection) -> list[CellKey]:
    """The weeks and months of all scopes whose metrics are to be computed."""
    return _keys(connection, CELL.c.metrics.is_(None))


def starting_from(connection: Connection, first: date) -> list[CellKey]:
    """The weeks and months of all scopes that start on this day or later."""
    return _keys(connection, CELL.c.start >= first.isoformat())


def _keys(connection: Connection, condition: Any) -> list[CellKey]:
    here = CELL.c.grain.in_(("week", "month")), condition
    rows = connection.execute(select(CELL.c.scope_id, CELL.c.grain, CELL.c.start).where(*here))
    return [CellKey(*row) for row in rows]


def scope_id(connection: Connection, dimension: str, value: str) -> int | None:
    """The number of a scope; None where nothing was ever counted in it."""
    mine = SCOPE.c.dimension == dimension, SCOPE.c.value == value
    found: int | None = connection.execute(select(SCOPE.c.id).where(*mine)).scalar()
    return found


def weekly_sums(connection: Connection, scope: int) -> dict[str, Sums]:
    """The sums of all weeks of a scope, by first day."""
    mine = CELL.c.scope_id == scope, CELL.c.grain == "week"
    statement = select(CELL.c.start, CELL.c.sums).where(*mine).order_by(CELL.c.start)
    return dict(connection.execute(statement).all())


def first_day(connection: Connection, scope: int) -> str | None:
    """The first day on which anything was counted in a scope."""
    mine = CELL.c.scope_id == scope, CELL.c.grain == "day"
    found: str | None = connection.execute(select(func.min(CELL.c.start)).where(*mine)).scalar()
    return found


def by_value(connection: Connection, dimension: str, first: date, until: date) -> dict[str, dict[str, Sums]]:
    """The weekly sums of every value of a dimension, by value and first day, from `first` on and before `until`."""
    here = SCOPE.c.dimension == dimension, CELL.c.grain == "week"
    span = CELL.c.start >= first.isoformat(), CELL.c.start < until.isoformat()
    statement = select(SCOPE.c.value, CELL.c.start, CELL.c.sums).join(SCOPE, SCOPE.c.id == CELL.c.scope_id)
    found: dict[str, dict[str, Sums]] = defaultdict(dict)
    for value, start, sums in connection.execute(statement.where(*here, *span).order_by(SCOPE.c.value)):
        if sums:
            found[value][start] = sums
    return found


def all_cells(connection: Connection, grain: Grain) -> Iterator[tuple[str, str, StoredCell]]:
    """All cells of a grain as (dimension, value, cell), in the order of scopes and time."""
    columns = select(SCOPE.c.dimension, SCOPE.c.value, *CELL.c).join(SCOPE, SCOPE.c.id == CELL.c.scope_id)
    ordered = columns.where(CELL.c.grain == grain).order_by(SCOPE.c.dimension, SCOPE.c.value, CELL.c.start)
    for row in connection.execute(ordered, execution_options={"yield_per": 500}):
        key = CellKey(row.scope_id, grain, row.start)
        yield row.dimension, row.value, StoredCell(key, row.sums, row.metrics, row.published, row.restated)


def of_scope(connection: Connection, scope: int, grain: Grain, first: date, until: date) -> dict[str, StoredCell]:
    """The cells of one scope and grain that start from `first` on and before `until`, by first day."""
    mine = CELL.c.scope_id == scope, CELL.c.grain == grain
    span = CELL.c.start >= first.isoformat(), CELL.c.start < until.isoformat()
    rows = connection.execute(select(CELL).where(*mine, *span).order_by(CELL.c.start))
    return {
        row.start: StoredCell(CellKey(scope, grain, row.start), row.sums, row.metrics, row.published, row.restated)
        for row in rows
    }


def open_before(connection: Connection, scope: int, first: date) -> int:
    """How many tickets of a scope were open when a day began."""
    mine = CELL.c.scope_id == scope, CELL.c.grain == "day", CELL.c.start < first.isoformat()
    return sum(
        sums.get("opened", 0) - sums.get("left", 0)
        for sums in connection.execute(select(CELL.c.sums).where(*mine)).scalars()
    )


def scope_values(connection: Connection) -> dict[str, list[str]]:
    """The values of every dimension of which anything was counted, by dimension."""
    found: dict[str, list[str]] = {dimension: [] for dimension in DIMENSIONS[1:]}
    for dimension, value in connection.execute(select(SCOPE.c.dimension, SCOPE.c.value).order_by(SCOPE.c.value)):
        if dimension in found:
            found[dimension].append(value)
    return found
