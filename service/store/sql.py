"""Statements that SQLAlchemy lacks: bulk inserts without its row handling, pairs in groups, time between instants."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import Connection, Float, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.functions import FunctionElement

Row = Mapping[str, Any]
First = TypeVar("First", bound=Hashable)
Second = TypeVar("Second")
ValueT = TypeVar("ValueT")
GROUP_SIZE = 1000


class BulkInsert:
    """An INSERT into two or more `columns` of a table, with the ON CONFLICT clause of the statement, if it has one."""

    # Compiled once: measured on writing a page of tickets, this saves a third of the time.

    def __init__(self, statement: Insert, table: Table, columns: Sequence[str], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(columns))
        self._sql = compiled.string
        self._by_position = compiled.positional
        order = compiled.positiontup if self._by_position else list(columns)
        types = {name: table.c[name].type.dialect_impl(dialect) for name in columns}
        self._names = tuple(order or ())
        processors = [types[name].bind_processor(dialect) for name in self._names]
        self._to_driver = [(place, convert) for place, convert in enumerate(processors) if convert is not None]

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Insert the rows, each of which names every column."""
        if rows:
            # A column at a time: most of them need no conversion.
            values_of = itemgetter(*self._names)
            values = [list(values_of(row)) for row in rows]
            for place, convert in self._to_driver:
                for row_values in values:
                    row_values[place] = convert(row_values[place])
            connection.exec_driver_sql(self._sql, self._as_parameters(values))

    def _as_parameters(self, values: list[list[Any]]) -> Any:
        if self._by_position:
            return list(map(tuple, values))
        return [dict(zip(self._names, row, strict=True)) for row in values]


def insert_into(table: Table, dialect: Dialect) -> Any:
    """Return an INSERT of the dialect, which supports ON CONFLICT."""
    if dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - heavy, and SQLite is the default

    return postgresql.insert(table)


# Cached as those with a clause of their own are where they are used: every analysis and every sync would compile them
# anew, which takes tens of milliseconds.
@cache
def insert_rows(table: Table, dialect: Dialect, *, skip_existing: bool = False) -> BulkInsert:
    """Return an INSERT of whole rows; `skip_existing` leaves out those whose key the table has."""
    insert = insert_into(table, dialect)
    statement = insert.on_conflict_do_nothing() if skip_existing else insert
    return BulkInsert(statement, table, table.c.keys(), dialect)


def batches(values: Sequence[ValueT], size: int) -> Iterator[Sequence[ValueT]]:
    """Yield the values in order, `size` at a time: databases limit the parameters of a statement."""
    return (values[start : start + size] for start in range(0, len(values), size))


def group_pairs(pairs: Iterable[tuple[First, Second]]) -> Iterator[tuple[First, list[Second]]]:
    """Yield each first value with its second values, at most `GROUP_SIZE` at a time, in the order of the pairs."""
    # SQLite uses no index for (a, b) IN (VALUES ...) beyond its first column: it would walk all rows of a source.
    # A query for each first value, with the second ones in a plain IN, uses both columns.
    groups: dict[First, list[Second]] = defaultdict(list)
    for first, second in pairs:
        groups[first].append(second)
    for first, seconds in groups.items():
        yield from ((first, list(batch)) for batch in batches(seconds, GROUP_SIZE))


class seconds_between(FunctionElement[float]):  # noqa: N801 - reads as the function that it is
    """The seconds from one instant to another, exact to the millisecond."""

    type = Float()
    inherit_cache = True


@compiles(seconds_between)
def _compile_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    begin, end = (compiler.process(clause, **options) for clause in element.clauses)
    return f"EXTRACT(EPOCH FROM ({end} - {begin}))"


@compiles(seconds_between, "sqlite")
def _compile_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    begin, end = (compiler.process(clause, **options) for clause in element.clauses)
    # Days as floats lose the microseconds; rounding makes equal spans equal on both databases.
    return f"ROUND((JULIANDAY({end}) - JULIANDAY({begin})) * 86400.0, 3)"
