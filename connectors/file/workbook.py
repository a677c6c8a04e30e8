"""Rows of a sheet of a workbook of Excel or LibreOffice."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, time, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile, ZipFile

from connectors.file.columns import ColumnMap, clean_name
from connectors.file.layout import ZIP, find_header
from connectors.file.lines import open_file
from connectors.file.record import BadFile

ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
HEAD = 1 << 20
# A workbook is held in memory whole, and a small one may unpack to far more than there is.
MAX_SIZE = 1 << 30
Cell = Any
"""A text, a number, a truth value, a time or a duration as text; None for an empty cell."""


class Sheet(NamedTuple):
    """The rows of a sheet with their numbers, and the names of all sheets."""

    name: str
    names: tuple[str, ...]
    rows: Iterator[tuple[int, list[Cell]]]


def read_sheet(path: Path, chosen: str | None, columns: ColumnMap) -> Sheet:
    """Return the sheet of this name; without a name the first one whose header names the required fields."""
    with _explained(path):
        workbook = _open(path)
        names = tuple(workbook.sheet_names)
    if chosen is not None and chosen not in names:
        raise BadFile(str(path), f'has no sheet "{chosen}"; it has {", ".join(names)}: correct SHEET')
    if not names:
        raise BadFile(str(path), "has no sheet")
    with _explained(path):
        name = chosen or _tickets_sheet(workbook, names, columns)
    return Sheet(name, names, _rows(path, workbook, name))


def _open(path: Path) -> Any:
    # A native library of two megabytes, which most installations never need.
    from python_calamine import CalamineWorkbook  # noqa: PLC0415

    with open_file(path) as (stream, _):
        content = stream.read(MAX_SIZE + 1)
    if max(len(content), _unpacked_size(content)) > MAX_SIZE:
        raise BadFile(str(path), f"unpacks to more than {MAX_SIZE >> 20:,} MiB, which a workbook may not: export CSV")
    if ENCRYPTED in content[:HEAD]:
        raise BadFile(str(path), "is protected by a password: save it without one")
    if content.startswith(ZIP) and b"xl/" not in content and b"content.xml" not in content:
        raise BadFile(str(path), "is a ZIP archive: unpack it")
    return CalamineWorkbook.from_filelike(BytesIO(content))


def _unpacked_size(content: bytes) -> int:
    """Return the bytes that a workbook unpacks to, as it says itself; 0 for one that is no ZIP archive."""
    try:
        with ZipFile(BytesIO(content)) as archive:
            return sum(entry.file_size for entry in archive.infolist())
    except BadZipFile:
        return 0


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Raise BadFile for what the library raises in the block: a sheet may be damaged behind a good beginning."""
    from python_calamine import CalamineError  # noqa: PLC0415 - as above

    try:
        yield
    except (CalamineError, OSError, ValueError):
        raise BadFile(str(path), "is a workbook that cannot be read: export it again, or as CSV") from None


def _tickets_sheet(workbook: Any, names: tuple[str, ...], columns: ColumnMap) -> str:
    """Return the first sheet whose header names the required fields, else the one whose header names most columns."""
    columns_named: dict[str, int] = {}
    for name in names:
        rows = [[str(cell) for cell in row] for row in _cells(workbook, name, limit=50)]
        index = find_header(rows, columns)
        used = columns.field_by_column([clean_name(cell) for cell in rows[index]]) if index is not None else {}
        if set(columns.required) <= set(used.values()):
            return name
        columns_named[name] = len(used)
    return max(columns_named, key=columns_named.__getitem__)


def _cells(workbook: Any, name: str, limit: int | None = None) -> list[list[Cell]]:
    rows: list[list[Cell]] = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=limit)
    return rows


def _rows(path: Path, workbook: Any, name: str) -> Iterator[tuple[int, list[Cell]]]:
    with _explained(path):
        sheet = workbook.get_sheet_by_name(name)
        for number, cells in enumerate(sheet.iter_rows(), (sheet.start or (0, 0))[0] + 1):
            row = [_plain(cell) for cell in cells]
            if any(cell not in (None, "") for cell in row):
                yield number, row


def _plain(cell: Cell) -> Cell:
    """Return a cell as JSON would hold it: the format of a cell in Excel decides whether a number is a time."""
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return f"{cell.total_seconds() / 3600} h"
    # Excel knows no whole numbers.
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return cell
