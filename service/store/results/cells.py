"""Cells: sums over one scope and one day, week or month, changed by differences."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, null, select, update
from sqlalchemy.engine import Dialect

from service.analysis.calendar import Grain
from service.store.database import Database
from service.store.results.tables import CellRow, ScopeRow
from service.store.sql import BulkInsert, batches, group_pairs, insert_into
from service.store.tickets.tables import table_of

CELL = table_of(CellRow)
SCOPE = table_of(ScopeRow)
BATCH_SIZE = 400
Sums = dict[str, int]
DIMENSIONS = ("all", "source", "team", "service", "kind", "provider")


class CellKey(NamedTuple):
    """The identity of a cell: the id of its scope, its grain, and the first day of its period in ISO 8601."""

    scope_id: int
    grain: Grain
    start: str


@dataclass(frozen=True, slots=True)
class StoredCell:
    """A cell as stored; see `CellRow`."""

    key: CellKey
    sums: Sums
    metrics: dict[str, Any] | None = None
    published: dict[str, Any] | None = None
    restated: dict[str, Any] | None = None


class CellStore:
    """Adds to the cells of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._upsert = _upsert(database.dialect)
        self._scopes: dict[tuple[str, str], int] = {}

    def scope_ids(self, connection: Connection, scopes: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """Return the ids of these scopes by (dimension, value), created where they are new."""
        requested = set(scopes)
        if not requested <= self._scopes.keys():
            rows = [{"dimension": dimension, "value": value} for dimension, value in sorted(requested)]
            connection.execute(self._database.insert(SCOPE).on_conflict_do_nothing(), rows)
            stored = connection.execute(select(SCOPE.c.dimension, SCOPE.c.value, SCOPE.c.id))
            self._scopes.update({(dimension, value): id_ for dimension, value, id_ in stored})
        return {scope: self._scopes[scope] for scope in requested}

    def clear_scope_cache(self) -> None:
        """Drop the cached ids of scopes, after a transaction that was rolled back."""
        # Scopes that it had created are gone, and others may get their ids.
        self._scopes.clear()

    def add(self, connection: Connection, changes: Mapping[CellKey, Mapping[str, int]]) -> None:
        """Add differences to sums, and clear the metrics of the cells that changed."""
        # A ticket taken out and put back unchanged adds up to nothing; its cells keep their metrics.
        # In order, so that a batch holds few series, each of which takes a query.
        keys = sorted(key for key, change in changes.items() if any(change.values()))
        for batch in batches(keys, BATCH_SIZE):
            stored = self.sums(connection, batch)
            totals = {key: _add(stored.get(key, {}), changes[key]) for key in batch}
            self._upsert.run(connection, [
                {"scope_id": key.scope_id, "grain": key.grain, "start": key.start, "sums": sums}
                for key, sums in totals.items()
            ])  # fmt: skip
            _remove_empty(connection, [key for key, sums in totals.items() if not sums])

    def sums(self, connection: Connection, keys: Sequence[CellKey]) -> dict[CellKey, Sums]:
        """Return the sums of these cells, of those that are stored."""
        columns = select(CELL.c.start, CELL.c.sums)
        return {
            CellKey(scope_id, grain, start): sums
            for (scope_id, grain), condition in _by_series(keys)
            for start, sums in connection.execute(columns.where(condition)).all()
        }


@cache
def _upsert(dialect: Dialect) -> BulkInsert:
    insert = insert_into(CELL, dialect)
    # A sum that moved makes the metrics stale: NULL marks them for the next measurement. What was published
    # stays, to be compared with them.
    upsert = insert.on_conflict_do_update(
        index_elements=["scope_id", "grain", "start"], set_={"sums": insert.excluded.sums, "metrics": null()}
    )
    return BulkInsert(upsert, CELL, ("scope_id", "grain", "start", "sums"), dialect)


def _remove_empty(connection: Connection, keys: Sequence[CellKey]) -> None:
    # A published cell stays even when its last ticket moves elsewhere: that is to be reported as restated to zero.
    for key in keys:
        identity = CELL.c.scope_id == key.scope_id, CELL.c.grain == key.grain, CELL.c.start == key.start
        connection.execute(delete(CELL).where(*identity, CELL.c.published.is_(None)))


def _add(sums: Mapping[str, int], change: Mapping[str, int]) -> Sums:
    total = defaultdict(int, sums)
    for measure, amount in change.items():
        total[measure] += amount
    return {measure: amount for measure, amount in sorted(total.items()) if amount}


def read(connection: Connection, keys: Sequence[CellKey]) -> dict[CellKey, StoredCell]:
    """Return these cells by key, of those that are stored."""
    columns = select(CELL.c.start, CELL.c.sums, CELL.c.metrics, CELL.c.published, CELL.c.restated)
    return {
        key: StoredCell(key, *rest)
        for (scope_id, grain), condition in _by_series(keys)
        for start, *rest in connection.execute(columns.where(condition)).all()
        for key in [CellKey(scope_id, grain, start)]
    }


def _by_series(keys: Iterable[CellKey]) -> Iterator[tuple[tuple[int, Grain], ColumnElement[bool]]]:
    """Yield a condition for the cells of one scope and grain at a time."""
    for (scope_id, grain), starts in group_pairs(((key.scope_id, key.grain), key.start) for key in keys):
        conditions = CELL.c.scope_id == scope_id, CELL.c.grain == grain, CELL.c.start.in_(starts)
        yield (scope_id, grain), and_(*conditions)


def write_metrics(connection: Connection, cells: Iterable[StoredCell]) -> None:
    """Write the metrics of stored cells: the present, the published and the restated ones."""
    rows = [
        {
            "of_scope_id": cell.key.scope_id, "of_grain": cell.key.grain, "of_start": cell.key.start,
            "metrics": cell.metrics, "published": cell.published, "restated": cell.restated,
        }
        for cell in cells
    ]  # fmt: skip
    identity = [CELL.c[name] == bindparam(f"of_{name}") for name in ("scope_id", "grain", "start")]
    changed: dict[str, Any] = {name: bindparam(name) for name in ("metrics", "published", "restated")}
    if rows:
        connection.execute(update(CELL).where(*identity).values(changed), rows)


def unmeasured(connection: Connection) -> list[CellKey]:
    """Return the weeks and months of all scopes whose metrics are to be computed."""
    return _keys(connection, CELL.c.metrics.is_(None))


def starting_from(connection: Connection, first: date) -> list[CellKey]:
    """Return the weeks and months of all scopes that start on this day or later."""
    return _keys(connection, CELL.c.start >= first.isoformat())


def _keys(connection: Connection, condition: Any) -> list[CellKey]:
    conditions = CELL.c.grain.in_(("week", "month")), condition
    rows = connection.execute(select(CELL.c.scope_id, CELL.c.grain, CELL.c.start).where(*conditions))
    return [CellKey(*row) for row in rows]


def scope_id(connection: Connection, dimension: str, value: str) -> int | None:
    """Return the id of a scope, None if it was never created."""
    conditions = SCOPE.c.dimension == dimension, SCOPE.c.value == value
    id_: int | None = connection.execute(select(SCOPE.c.id).where(*conditions)).scalar()
    return id_


def weekly_sums(connection: Connection, scope: int) -> dict[str, Sums]:
    """Return the sums of all weeks of a scope that hold any, by first day."""
    conditions = CELL.c.scope_id == scope, CELL.c.grain == "week"
    statement = select(CELL.c.start, CELL.c.sums).where(*conditions).order_by(CELL.c.start)
    # Weeks that every ticket has left stay as empty rows, which a rebuild does not have.
    return {start: sums for start, sums in connection.execute(statement) if sums}


def weekly_sums_of(connection: Connection, dimension: str, value: str) -> dict[str, Sums]:
    """Return the sums of every week of a scope by the week's first day; empty where no ticket belongs to it."""
    scope = scope_id(connection, dimension, value)
    return {} if scope is None else weekly_sums(connection, scope)


def by_value(connection: Connection, dimension: str, first: date, until: date) -> dict[str, dict[str, Sums]]:
    """Return the weekly sums of a dimension by value and first day, for weeks from `first` up to before `until`."""
    conditions = (
        SCOPE.c.dimension == dimension, CELL.c.grain == "week",
        CELL.c.start >= first.isoformat(), CELL.c.start < until.isoformat(),
    )  # fmt: skip
    statement = select(SCOPE.c.value, CELL.c.start, CELL.c.sums).join(SCOPE, SCOPE.c.id == CELL.c.scope_id)
    series: dict[str, dict[str, Sums]] = defaultdict(dict)
    for value, start, sums in connection.execute(statement.where(*conditions).order_by(SCOPE.c.value)):
        if sums:
            series[value][start] = sums
    return series


def all_cells(connection: Connection, grain: Grain) -> Iterator[tuple[str, str, StoredCell]]:
    """Yield all cells of a grain as (dimension, value, cell), in the order of scopes and time."""
    columns = select(SCOPE.c.dimension, SCOPE.c.value, *CELL.c).join(SCOPE, SCOPE.c.id == CELL.c.scope_id)
    ordered = columns.where(CELL.c.grain == grain).order_by(SCOPE.c.dimension, SCOPE.c.value, CELL.c.start)
    for row in connection.execute(ordered, execution_options={"yield_per": 500}):
        key = CellKey(row.scope_id, grain, row.start)
        yield row.dimension, row.value, StoredCell(key, row.sums, row.metrics, row.published, row.restated)


def of_scope(connection: Connection, scope: int, grain: Grain, first: date, until: date) -> dict[str, StoredCell]:
    """Return the cells of one scope and grain by first day, from `first` up to before `until`."""
    conditions = (
        CELL.c.scope_id == scope, CELL.c.grain == grain,
        CELL.c.start >= first.isoformat(), CELL.c.start < until.isoformat(),
    )  # fmt: skip
    rows = connection.execute(select(CELL).where(*conditions).order_by(CELL.c.start))
    return {
        row.start: StoredCell(CellKey(scope, grain, row.start), row.sums, row.metrics, row.published, row.restated)
        for row in rows
    }


def open_before(connection: Connection, scope: int, first: date) -> int:
    """Return the number of tickets of a scope that were open when a day began."""
    conditions = CELL.c.scope_id == scope, CELL.c.grain == "day", CELL.c.start < first.isoformat()
    return sum(
        sums.get("opened", 0) - sums.get("left", 0)
        for sums in connection.execute(select(CELL.c.sums).where(*conditions)).scalars()
    )


def scope_values(connection: Connection) -> dict[str, list[str]]:
    """Return the values of every dimension but `all`, by dimension."""
    values: dict[str, list[str]] = {dimension: [] for dimension in DIMENSIONS[1:]}
    for dimension, value in connection.execute(select(SCOPE.c.dimension, SCOPE.c.value).order_by(SCOPE.c.value)):
        if dimension in values:
            values[dimension].append(value)
    return values
