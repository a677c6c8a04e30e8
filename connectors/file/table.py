"""Records of a CSV file with a header."""

import csv
from collections.abc import Iterator
from pathlib import Path

from connectors.file.columns import Columns
from connectors.file.lines import lines
from connectors.file.problems import BadFile, BadLine
from connectors.file.record import Record
from connectors.file.rows import Rows

DELIMITERS = (",", ";", "\t", "|")


def records(path: Path, encoding: str, delimiter: str | None, columns: Columns) -> Iterator[Record]:
    """One record for each row below the header. Raises BadFile, after the records before it."""
    rows = Rows(lines(path, encoding))
    table = rows.read(delimiter or _sniffed(rows.peek(), columns))
    names = _header(path, rows, table, columns)
    for line, cells in table:
        if isinstance(cells, BadLine):
            yield Record(line, cells)
        elif len(cells) != len(names):
            yield Record(line, rows.refuse(f"the row has {len(cells)} columns, the header {len(names)}"))
        else:
            yield Record(line, dict(zip(names, cells, strict=True)))
    if rows.problem:
        raise rows.problem


def _sniffed(header: str, columns: Columns) -> str:
    """The delimiter that finds most known columns in the header, then most columns."""

    def fit(sign: str) -> tuple[int, int]:
        names = _names(next(csv.reader(header.splitlines(), delimiter=sign), []))
        return len(columns.field_by_column(names)), len(names)

    return max(DELIMITERS, key=fit)


def _header(path: Path, rows: Rows, table: Iterator[tuple[int, list[str] | BadLine]], columns: Columns) -> list[str]:
    line, cells = next(table, (1, None))
    if cells is None:
        raise rows.problem or BadFile(str(path), "is empty: a header with the names of the columns is expected")
    if isinstance(cells, BadLine):
        raise BadFile(f"{path}:{line}", f"the header cannot be read: {cells}")
    names = _names(cells)
    try:
        columns.judge_header(names)
    except BadLine as problem:
        raise BadFile(f"{path}:{line}", str(problem)) from None
    return names


def _names(cells: list[str]) -> list[str]:
    return [cell.strip() for cell in cells]
