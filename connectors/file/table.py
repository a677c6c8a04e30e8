"""Records of a CSV file with a header."""

import csv
from collections.abc import Iterator
from pathlib import Path

from connectors.file.columns import ColumnMap
from connectors.file.lines import read_lines
from connectors.file.record import BadFile, BadLine, LineRecord
from connectors.file.rows import CsvRow, CsvRows

DELIMITERS = (",", ";", "\t", "|")


def csv_records(path: Path, encoding: str, delimiter: str | None, columns: ColumnMap) -> Iterator[LineRecord]:
    """Yield a record for each row below the header. Raise BadFile, after the records before it."""
    rows = CsvRows(read_lines(path, encoding))
    table = rows.read(delimiter or _guess_delimiter(rows.peek(), columns))
    names = _read_header(path, rows, table, columns)
    for line, cells in table:
        if isinstance(cells, BadLine):
            yield LineRecord(line, cells)
        elif len(cells) != len(names):
            yield LineRecord(line, rows.refuse(f"the row has {len(cells)} columns, the header {len(names)}"))
        else:
            yield LineRecord(line, dict(zip(names, cells, strict=True)))
    if rows.problem:
        raise rows.problem


def _guess_delimiter(header: str, columns: ColumnMap) -> str:
    """Return the delimiter by which the header has most known columns, then most columns."""

    # csv.Sniffer looks at the commonest characters, and is misled by commas inside the names of columns.
    def fit(sign: str) -> tuple[int, int]:
        names = _strip_cells(next(csv.reader(header.splitlines(), delimiter=sign), []))
        return len(columns.field_by_column(names)), len(names)

    return max(DELIMITERS, key=fit)


def _read_header(path: Path, rows: CsvRows, table: Iterator[CsvRow], columns: ColumnMap) -> list[str]:
    line, cells = next(table, (1, None))
    if cells is None:
        raise rows.problem or BadFile(str(path), "is empty: its first line must name the columns")
    if isinstance(cells, BadLine):
        raise BadFile(f"{path}:{line}", f"the header cannot be read: {cells}")
    names = _strip_cells(cells)
    try:
        columns.check_header(names)
    except BadLine as problem:
        raise BadFile(f"{path}:{line}", str(problem)) from None
    return names


def _strip_cells(cells: list[str]) -> list[str]:
    return [cell.strip() for cell in cells]
