"""The layout of a file: how its bytes are packed into records."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple

from connectors.file.columns import ColumnMap, clean_name
from connectors.file.document import find_records, has_object
from connectors.file.encoding import detect_encoding
from connectors.file.lines import is_compressed, open_file, read_chunks, read_lines, read_text
from connectors.file.record import BadFile, BadLine
from connectors.file.settings import FileSettings

Container = Literal["csv", "jsonl", "json", "workbook"]
DELIMITERS = (",", ";", "\t", "|")
HEAD_LINES = 200
HEAD_SIZE = 1 << 18
# Reports put a few lines above their header, hardly ever a page.
MAX_TITLES = 40
WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
LINE_NAMES = (".jsonl", ".ndjson")
JSON_NAMES = (".json", *LINE_NAMES)
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_SEP = re.compile(r'"?sep=(.)"?\s*$', re.IGNORECASE)
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
MOST_CONTROLS = 0.1
MARKED = ("utf-16", "utf-32")
_MARKUP = re.compile(r"\s*<[!?a-zA-Z]")


class Layout(NamedTuple):
    """The container of a file and where its records stand; `header_line` is counted from 1, above it are `titles`."""

    container: Container
    compressed: bool = False
    encoding: str = "utf-8"
    delimiter: str | None = None
    backslash_escapes: bool = False
    header_line: int | None = None
    titles: int = 0
    records: str | None = None


def find_layout(path: Path, settings: FileSettings, columns: ColumnMap) -> Layout:
    """Return the layout of a file; the settings go before what it shows. Raise BadFile where it cannot be read."""
    compressed = is_compressed(path)
    start = next(_chunks(path), b"")
    if start.startswith((ZIP, OLE)):
        return Layout("workbook", compressed)
    encoding = _encoding_of(path, settings.encoding)
    lines = _head_lines(path, encoding)
    text = "".join(lines)
    if len(_CONTROLS.findall(text)) > MOST_CONTROLS * len(text):
        raise BadFile(str(path), "is not text: export it as CSV, JSON or an Excel workbook")
    if _MARKUP.match(text):
        raise BadFile(str(path), "is XML or HTML: export it as CSV, JSON or an Excel workbook")
    name = path.name.lower().removesuffix(".gz")
    if name.endswith(JSON_NAMES):
        by_lines = name.endswith(LINE_NAMES)
        if "\n" in lines and not (by_lines and has_object(lines)):
            # Line ends are optional in a document: what is too long for a line may still be many records.
            text = _head_text(path, encoding)
        records = settings.records or find_records(text, columns, by_lines=by_lines)
        return Layout("jsonl" if records is None else "json", compressed, encoding, records=records)
    table = _find_table(lines, settings.delimiter, columns)
    return Layout(
        "csv", compressed, encoding, table.delimiter, table.backslash_escapes, table.header_line, table.titles
    )


def _encoding_of(path: Path, chosen: str | None) -> str:
    """Return the chosen encoding, else the one that the bytes show. Raise BadFile where they contradict the choice."""
    if chosen not in MARKED:
        return chosen or detect_encoding(_chunks(path))
    # Without a byte order mark Python refuses to read these; the bytes often show the order all the same.
    actual = detect_encoding(_chunks(path))
    if not actual.startswith(chosen):
        raise BadFile(
            str(path), f"is not encoded as {chosen}, which ENCODING says, but most likely as {actual}: remove ENCODING"
        )
    return actual


def _head_lines(path: Path, encoding: str) -> list[str]:
    """Return the first lines of a file, as far as they can be read."""
    lines: list[str] = []
    size = 0
    with suppress(BadFile):
        for _, line in islice(read_lines(path, encoding), HEAD_LINES):
            lines.append("\n" if isinstance(line, BadLine) else line.decode("utf-8", "replace"))
            size += len(lines[-1])
            if size > HEAD_SIZE:
                break
    return lines


def _head_text(path: Path, encoding: str) -> str:
    """Return the beginning of a file's text, whole lines or not."""
    with suppress(BadFile), open_file(path) as (stream, _):
        return next(read_text(stream, encoding), "")
    return ""


def _chunks(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file as far as it can be read: reading its records reports the damage."""
    with suppress(BadFile):
        yield from read_chunks(path)


class Dialect(NamedTuple):
    """A way to read the rows of a table: how well it fits, and its header."""

    fit: tuple[int, ...]
    delimiter: str
    backslash_escapes: bool
    header_line: int
    titles: int


def _find_table(lines: list[str], delimiter: str | None, columns: ColumnMap) -> Dialect:
    """Return how the rows below the header are written."""
    first = next((index for index, line in enumerate(lines) if line.strip()), 0)
    mark = _SEP.match(lines[first]) if lines else None
    skipped = first + 1 if mark else 0
    signs: Sequence[str] = [delimiter] if delimiter else [mark[1]] if mark else DELIMITERS
    escapes = (False, True) if any("\\" in line for line in lines) else (False,)
    tries = [_read_table(lines[skipped:], sign, columns, escape=escape) for sign in signs for escape in escapes]
    best = max(tries, key=lambda dialect: dialect.fit)
    return best._replace(header_line=best.header_line + skipped)


def _read_table(lines: list[str], delimiter: str, columns: ColumnMap, *, escape: bool) -> Dialect:
    rows = list(_rows(lines, delimiter, escape=escape))
    index = find_header([cells for _, cells in rows], columns)
    if index is None:
        return Dialect((0, 0, 0, 0), delimiter, escape, 1, 0)
    line, header = rows[index]
    names = [clean_name(cell) for cell in header]
    good = sum(_width(cells) <= len(names) <= len(cells) + 1 for _, cells in rows[index + 1 :])
    return Dialect(
        (len(columns.field_by_column(names)), len(names) > 1, good, len(names)), delimiter, escape, line, index
    )


def find_header(rows: Sequence[Sequence[str]], columns: ColumnMap) -> int | None:
    """Return the index of the row that names most fields, else of the first one of the usual width."""
    best = max(
        range(min(len(rows), MAX_TITLES)),
        key=lambda index: (len(columns.field_by_column([clean_name(cell) for cell in rows[index]])), -index),
        default=None,
    )
    if best is None or columns.field_by_column([clean_name(cell) for cell in rows[best]]):
        return best
    widths = Counter(len(row) for row in rows)
    # Of equally frequent widths the wider one: titles and totals are narrow.
    usual = max(widths, key=lambda width: (widths[width] if width > 1 else 0, width))
    return next((index for index, row in enumerate(rows[:MAX_TITLES]) if len(row) >= usual - 1 and _names_all(row)), 0)


def _names_all(row: Sequence[str]) -> bool:
    named = [cell for cell in row if cell.strip()]
    return 2 * len(named) > len(row) and not any(cell.strip().isdecimal() for cell in named)


def _rows(lines: list[str], delimiter: str, *, escape: bool) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that can be read and are not blank, with their first lines, counted from 1."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True, escapechar="\\" if escape else None)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except csv.Error:
            yield line, []
            continue
        except StopIteration:
            return
        if any(map(str.strip, cells)):
            yield line, cells


def _width(cells: Sequence[str]) -> int:
    """Return the number of cells up to the last that is filled."""
    return max((index for index, cell in enumerate(cells, 1) if cell.strip()), default=0)
