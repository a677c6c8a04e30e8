"""Tickets, metrics and cycles as lines of JSON, as CSV or as Parquet."""

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import islice
from typing import Any, BinaryIO

import orjson

ROWS_AT_ONCE = 5000

Line = dict[str, Any]


class ExportError(Exception):
    """An export that cannot be written here; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of an export in their order, and which of them hold times, numbers, counts, truths or lists."""

    names: tuple[str, ...]
    times: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    counts: frozenset[str] = frozenset()
    truths: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()


def write_jsonl(lines: Iterable[Line], columns: Columns, out: BinaryIO) -> None:
    """One JSON object a line; times in ISO 8601 with an offset."""
    for one in lines:
        ordered = {name: one[name] for name in columns.names}
        out.write(orjson.dumps(ordered, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z))


def write_csv(lines: Iterable[Line], columns: Columns, out: BinaryIO) -> None:
    """Comma-separated with a header; what is not known is empty; no cell starts a formula in a spreadsheet."""
    writer = csv.writer(_Encoded(out))
    writer.writerow(columns.names)
    for one in lines:
        writer.writerow([_cell(one[name]) for name in columns.names])


def write_parquet(lines: Iterable[Line], columns: Columns, out: BinaryIO) -> None:
    """Columns with types, in groups of rows. Raises ExportError where pyarrow is not installed."""
    try:
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as problem:
        raise ExportError(
            "Parquet needs pyarrow: pip install 'treadmill[parquet]', or choose jsonl or csv."
        ) from problem
    schema = arrow.schema([(name, _arrow_type(arrow, name, columns)) for name in columns.names])
    with parquet.ParquetWriter(out, schema) as writer:
        rows = iter(lines)
        while group := [{name: one[name] for name in columns.names} for one in islice(rows, ROWS_AT_ONCE)]:
            writer.write_table(arrow.Table.from_pylist(group, schema))


FORMATS: dict[str, Callable[[Iterator[Line], Columns, BinaryIO], None]] = {
    "jsonl": write_jsonl,
    "csv": write_csv,
    "parquet": write_parquet,
}


class _Encoded:
    """What csv writes text to, over a binary file."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def write(self, text: str) -> int:
        return self._out.write(text.encode())


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return _cell(" ".join(map(str, value)))
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, str) and value[:1] in "=+-@\t\r" and value:
        return f"'{value}"
    return value


def _arrow_type(arrow: Any, name: str, columns: Columns) -> Any:
    if name in columns.times:
        return arrow.timestamp("us", "UTC")
    if name in columns.lists:
        return arrow.list_(arrow.string())
    kinds = ((columns.numbers, arrow.float64), (columns.counts, arrow.int64), (columns.truths, arrow.bool_))
    return next((kind() for names, kind in kinds if name in names), arrow.string())
