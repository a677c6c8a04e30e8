"""The shape of a file: its container, encoding and header, and the forms of the values in its columns."""

from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple

from connectors.file.columns import ColumnMap
from connectors.file.reader import read_records
from connectors.file.record import BadLine
from connectors.file.settings import FileSettings

Container = Literal["csv", "jsonl", "json", "workbook"]
DayOrder = Literal["day first", "month first", "year first", "undecided"]
Unit = Literal["hours", "minutes", "seconds"]
SAMPLE = 1000


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
    """The shape of one file: `titles` lines stand above its header, `totals` below its last record."""

    container: Container
    compressed: bool = False
    encoding: str = "utf-8"
    delimiter: str | None = None
    backslash_escapes: bool = False
    header_line: int | None = None
    titles: int = 0
    totals: int = 0
    sheet: str | None = None
    sheets: tuple[str, ...] = ()
    records: str | None = None
    sampled: int = 0
    columns: tuple[ColumnShape, ...] = ()


def sniff(path: Path, settings: FileSettings | None = None) -> FileShape:
    """Return the shape of a file. Raise BadFile where it cannot be read.

    The settings, where they are given, go before what the file shows.
    """
    settings = settings or FileSettings(path=(str(path),))
    columns = ColumnMap(settings.columns, settings.form_of_lines)
    records = [record.values for record in islice(read_records(path, settings, columns), SAMPLE)]
    names = dict.fromkeys(name for values in records if not isinstance(values, BadLine) for name in values)
    is_table = path.name.lower().removesuffix(".gz").endswith(".csv")
    return FileShape(
        container="csv" if is_table else "jsonl",
        compressed=path.suffix.lower() == ".gz",
        sampled=len(records),
        columns=tuple(ColumnShape(name) for name in names),
    )
