"""Rows of an export as lines of JSON, as CSV or as Parquet."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from importlib import import_module
from itertools import islice
from typing import IO, Any

import orjson

from service.analysis.printable import plain_cell

ROWS_AT_ONCE = 5000
"""The size of a row group of Parquet, which is held in memory until it is written."""

Row = Mapping[str, object]


class ExportError(Exception):
    """An export cannot be written on this installation; the text names the remedy."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of an export in their order, and the types of those that hold no text."""

    names: tuple[str, ...]
    times: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    counts: frozenset[str] = frozenset()
    truths: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()


def write_jsonl(rows: Iterable[Row], columns: Columns, out: IO[bytes]) -> None:
    """Write one JSON object a line; times are in ISO 8601 with an offset."""
    for row in rows:
        ordered = {name: row[name] for name in columns.names}
        out.write(orjson.dumps(ordered, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z))


def write_csv(rows: Iterable[Row], columns: Columns, out: IO[bytes]) -> None:
    """Write comma-separated values with a header; unknown values are empty."""
    writer = csv.writer(_EncodedFile(out))
    writer.writerow(columns.names)
    for row in rows:
        writer.writerow([_cell(row[name]) for name in columns.names])


def write_parquet(rows: Iterable[Row], columns: Columns, out: IO[bytes]) -> None:
    """Write typed columns, in groups of rows. Raises ExportError where pyarrow is not installed."""
    try:
        # Imported here: it is an extra that not every installation has, and slow to import.
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as problem:
        raise ExportError(
            "Parquet needs pyarrow: pip install 'treadmill[parquet]', or choose jsonl or csv."
        ) from problem
    schema = arrow.schema([(name, _arrow_type(arrow, name, columns)) for name in columns.names])
    with parquet.ParquetWriter(out, schema) as writer:
        remaining = iter(rows)
        while group := [{name: row[name] for name in columns.names} for row in islice(remaining, ROWS_AT_ONCE)]:
            writer.write_table(arrow.Table.from_pylist(group, schema))


FORMATS: dict[str, Callable[[Iterator[Row], Columns, IO[bytes]], None]] = {
    "jsonl": write_jsonl,
    "csv": write_csv,
    "parquet": write_parquet,
}


def instant_text(at: datetime) -> str:
    """Return an instant in ISO 8601, with `Z` for UTC as JSON has it."""
    return at.isoformat().replace("+00:00", "Z")


class _EncodedFile:
    """A binary file that takes text, as the csv module writes it."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out

    def write(self, text: str) -> int:
        return self._out.write(text.encode())


def _cell(value: object) -> object:
    if isinstance(value, list):
        return _cell(" ".join(map(str, value)))
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    # Anybody can write the title of a ticket.
    return plain_cell(value) if isinstance(value, str) else value


def _arrow_type(arrow: Any, name: str, columns: Columns) -> Any:
    if name in columns.times:
        return arrow.timestamp("us", "UTC")
    if name in columns.lists:
        return arrow.list_(arrow.string())
    kinds = ((columns.numbers, arrow.float64), (columns.counts, arrow.int64), (columns.truths, arrow.bool_))
    return next((kind() for names, kind in kinds if name in names), arrow.string())
