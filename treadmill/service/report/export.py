"""Tickets as lines of JSON, as CSV or as Parquet."""

import csv
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from itertools import islice
from typing import Any, BinaryIO

import orjson

from treadmill.service.report.facts import StoredFact

COLUMNS = (
    "source", "id", "key", "url", "kind", "nature", "work_class", "confidence", "decided_by", "opened_at", "updated_at",
    "first_resolved_at", "resolved_at", "closed_at", "status", "status_category", "priority", "team", "service",
    "category", "provider", "reopens", "handoffs", "pingpong_strict", "pingpong_loose", "stall_loops", "hours",
    "hours_are", "history_is", "family", "episode", "deleted_at", "reopen_count", "reassignment_count",
)  # fmt: skip
TIMES = {"opened_at", "updated_at", "first_resolved_at", "resolved_at", "closed_at", "deleted_at"}
NUMBERS = {"confidence", "hours"}
COUNTS = {
    "reopens", "handoffs", "pingpong_strict", "pingpong_loose", "stall_loops", "episode", "reopen_count",
    "reassignment_count",
}  # fmt: skip
OF_TICKET = (
    "id", "key", "url", "kind", "opened_at", "updated_at", "status", "priority", "team", "service", "category",
    "provider", "reopen_count", "reassignment_count",
)  # fmt: skip
OF_LIFE = (
    "first_resolved_at", "resolved_at", "closed_at", "status_category", "reopens", "handoffs", "pingpong_strict",
    "pingpong_loose", "stall_loops", "hours", "hours_are", "history_is",
)  # fmt: skip
ROWS_AT_ONCE = 5000


class ExportError(Exception):
    """An export that cannot be written here; the text says what to do."""


def line(known: StoredFact) -> dict[str, Any]:
    """One ticket as interface.md promises it; times are aware, what is not known is None."""
    ticket, decision = known.fact.ticket, known.fact.decision
    found: dict[str, Any] = {
        "source": known.stored.source,
        "deleted_at": known.stored.deleted_at,
        "nature": decision.nature if decision else None,
        "work_class": decision.work_class if decision else None,
        "confidence": decision.confidence if decision else None,
        "decided_by": decision.rule if decision else None,
        "family": None,
        "episode": None,
    }
    found |= {name: getattr(ticket, name) for name in OF_TICKET}
    found |= {name: getattr(known.fact.life, name) for name in OF_LIFE}
    return {name: found[name] for name in COLUMNS}


def write_jsonl(lines: Iterable[dict[str, Any]], out: BinaryIO) -> None:
    """One JSON object a line; times in ISO 8601 with an offset."""
    for one in lines:
        out.write(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z))


def write_csv(lines: Iterable[dict[str, Any]], out: BinaryIO) -> None:
    """Comma-separated with a header; what is not known is empty; no cell starts a formula in a spreadsheet."""
    writer = csv.writer(_Encoded(out))
    writer.writerow(COLUMNS)
    for one in lines:
        writer.writerow([_cell(one[name], name) for name in COLUMNS])


def write_parquet(lines: Iterable[dict[str, Any]], out: BinaryIO) -> None:
    """Columns with types, in groups of rows. Raises ExportError where pyarrow is not installed."""
    try:
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as problem:
        raise ExportError(
            "Parquet needs pyarrow: pip install 'treadmill[parquet]', or choose jsonl or csv."
        ) from problem
    schema = arrow.schema([(name, _arrow_type(arrow, name)) for name in COLUMNS])
    with parquet.ParquetWriter(out, schema) as writer:
        rows = iter(lines)
        while group := list(islice(rows, ROWS_AT_ONCE)):
            writer.write_table(arrow.Table.from_pylist(group, schema))


FORMATS: dict[str, Callable[[Iterator[dict[str, Any]], BinaryIO], None]] = {
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


def _cell(value: Any, name: str) -> Any:
    if name in TIMES and value is not None:
        return value.isoformat()
    if isinstance(value, str) and value[:1] in "=+-@\t\r" and value:
        return f"'{value}"
    return value


def _arrow_type(arrow: Any, name: str) -> Any:
    if name in TIMES:
        return arrow.timestamp("us", "UTC")
    return arrow.float64() if name in NUMBERS else arrow.int64() if name in COUNTS else arrow.string()
