"""The shape of a file: its container, encoding and header, and the forms of the values in its columns."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Literal, NamedTuple

from connectors.file.columns import ColumnMap
from connectors.file.dates import Order, is_ambiguous, read_number, read_open, read_written
from connectors.file.durations import Unit, shows_decimal_comma
from connectors.file.formats import format_of
from connectors.file.forms import FileForms, unit_in
from connectors.file.layout import Layout, find_layout
from connectors.file.nesting import flatten, unwrap
from connectors.file.reader import read_records
from connectors.file.record import BadFile, BadLine, LineRecord, NoTicket
from connectors.file.settings import FileSettings
from connectors.file.values import ValueReader
from connectors.file.workbook import read_sheet

DayOrder = Literal["day first", "month first", "year first", "undecided"]
DAY_ORDERS: dict[Order, DayOrder] = {"dmy": "day first", "mdy": "month first", "ymd": "year first"}
SAMPLE = 1000
EXAMPLES = 3
MAX_FORMATS = 4
SHORTEST_TIME = 6
TIMES_LEAST = 0.8
VALUES = ValueReader()


class ColumnShape(NamedTuple):
    """The form of the values in one column, as far as the sampled records show it.

    `name` is dotted where the column is nested. `date_formats` are formats of strptime, or `ISO 8601`, `epoch seconds`
    and the like; empty where the column holds no times. `day_order` is set where times are all digits, `undecided`
    where each of them can be read both ways. `unit` is that of durations.
    """

    name: str
    filled: int = 0
    examples: tuple[str, ...] = ()
    date_formats: tuple[str, ...] = ()
    day_order: DayOrder | None = None
    has_offset: bool = False
    unit: Unit | None = None
    decimal_comma: bool = False
    nulls: tuple[str, ...] = ()


class FileShape(NamedTuple):
    """The shape of one file, of whose first records `sampled` were read; `totals` of them hold no ticket."""

    layout: Layout
    totals: int = 0
    sheet: str | None = None
    sheets: tuple[str, ...] = ()
    sampled: int = 0
    columns: tuple[ColumnShape, ...] = ()


def sniff(path: Path, settings: FileSettings | None = None) -> FileShape:
    """Return the shape of a file, as far as it can be read. Raise BadFile where it cannot be opened.

    The settings, where they are given, go before what the file shows.
    """
    settings = settings or FileSettings(path=(str(path),))
    columns = ColumnMap(settings.columns, settings.form_of_lines)
    layout = find_layout(path, settings, columns)
    records = list(_values_before_damage(read_records(path, settings, columns)))
    named = [dict(flatten(values)) for values in records if isinstance(values, dict)]
    sheet = read_sheet(path, settings.sheet, columns) if layout.container == "workbook" else None
    names = dict.fromkeys(name for values in named for name in values)
    return FileShape(
        layout=layout,
        totals=sum(isinstance(values, NoTicket) for values in records),
        sheet=sheet.name if sheet else None,
        sheets=sheet.names if sheet else (),
        sampled=len(records),
        columns=tuple(_column_shape(name, [values[name] for values in named if name in values]) for name in names),
    )


def _values_before_damage(records: Iterator[LineRecord]) -> Iterator[dict[str, Any] | BadLine]:
    """Yield the values of the first records; a file that is cut shows its shape before that."""
    try:
        yield from (record.values for record in islice(records, SAMPLE))
    except BadFile:
        return


def _column_shape(name: str, values: Sequence[object]) -> ColumnShape:
    texts = [text for value in values if (text := _as_text(value))]
    kept = [text for text in texts if text not in VALUES.nothing]
    return ColumnShape(
        name=name,
        filled=len(kept),
        examples=tuple(dict.fromkeys(kept))[:EXAMPLES],
        unit=unit_in(name) if any(map(str.isdecimal, kept)) else None,
        decimal_comma=any(map(shows_decimal_comma, kept)),
        nulls=tuple(dict.fromkeys(text for text in texts if text in VALUES.nothing)),
    )._replace(**_time_shape(kept))


def _time_shape(texts: Sequence[str]) -> dict[str, Any]:
    """Return the forms of times of a column, as attributes of `ColumnShape`; empty where it holds none."""
    offsets = {text: offset for text in texts if (offset := _has_offset(text)) is not None}
    times = [text for text in texts if text in offsets]
    if not texts or len(times) < TIMES_LEAST * len(texts):
        return {}
    forms = FileForms(lambda: iter([{"at": times}]))
    formats = dict.fromkeys(format_of(text, _order_of(text, forms) or "dmy") for text in times)
    is_open, order = forms.common_order
    return {
        "date_formats": tuple(formats)[:MAX_FORMATS],
        "day_order": (DAY_ORDERS[order] if order else "undecided") if is_open else None,
        "has_offset": all(offsets.values()),
    }


def _order_of(text: str, forms: FileForms) -> Order | None:
    """Return the order of day and month in a time by its own digits, else by the others of its column."""
    written = read_open(text)
    if written is None:
        return None
    order = forms.order("at", written.sign)
    return order if order in written.orders or is_ambiguous(written) else written.orders[0]


def _has_offset(text: str) -> bool | None:
    """Return whether a time has an offset; None for a text that is no time."""
    if len(text) < SHORTEST_TIME:
        return None
    if at := read_number(text):
        return at.tzinfo is not None
    written = read_written(text)
    return None if written is None or not written.orders else written.offset is not None


def _as_text(value: object) -> str:
    plain = unwrap(value[0] if isinstance(value, list) and value else value)
    return "" if plain is None or isinstance(plain, (dict, list)) else str(plain).strip()
