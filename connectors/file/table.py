"""Records of a table: the rows below a header, of a CSV file or of a sheet."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from connectors.file.columns import ColumnMap, clean_name
from connectors.file.layout import MAX_TITLES, Layout, find_header
from connectors.file.lines import read_lines
from connectors.file.record import BadFile, BadLine, LineRecord, NoTicket
from connectors.file.rows import CsvRows
from connectors.file.workbook import read_sheet

Cells = Sequence[Any]
MAX_TOTAL_CELLS = 2
BOM = "\ufeff"
REMEDY_OF_ROWS = "put cells with the delimiter or line ends in quotes, or correct DELIMITER"
TOTALS = re.compile(
    r"\W*(grand |sub)?(total|sum\b|summe|gesamt|som(me|a)?\b|suma|totaal|razem|ogółem|łącznie"
    r"|yhteensä|toplam|итого|合計"
    r"|counts?\b|anzahl|nombre|número|numero|antal|aantal|liczba|average|mean\b|durchschnitt|moyenne|promedio"
    r"|(\d+ )?(rows?|records?|lines?|results?|tickets?|zeilen|lignes|filas|righe|wiersz\w*)\b(?!.*[;,])"
    r"|generated|exported|created (on|at|by)|report\b|erstellt|exportiert|généré|exporté|generado|page \d|seite \d"
    r"|end of|\*{3}|-{3})",
    re.IGNORECASE,
)


def csv_records(path: Path, layout: Layout, columns: ColumnMap) -> Iterator[LineRecord]:
    """Yield a record for each row below the header. Raise BadFile, after the records before it."""
    rows = CsvRows(read_lines(path, layout.encoding))
    start = layout.header_line or 1
    table = rows.read(layout.delimiter or ",", start=start, backslash_escapes=layout.backslash_escapes)
    line, cells = next(table, (1, None))
    if cells is None:
        raise rows.problem or BadFile(str(path), "is empty: its first line must name the columns")
    if isinstance(cells, BadLine):
        raise BadFile(f"{path}:{line}", f"the header cannot be read: {cells}")
    header = Header(f"{path}:{line}", cells, columns)
    for line, cells in table:
        if isinstance(cells, BadLine):
            yield LineRecord(line, cells)
        else:
            yield LineRecord(line, header.record(cells, rows.refuse))
    if rows.problem:
        raise rows.problem


def sheet_records(path: Path, name: str | None, columns: ColumnMap) -> Iterator[LineRecord]:
    """Yield a record for each row below the header of a sheet. Raise BadFile."""
    sheet = read_sheet(path, name, columns)
    above = list(islice(sheet.rows, MAX_TITLES))
    index = find_header([[str(cell) for cell in cells] for _, cells in above], columns)
    if index is None:
        raise BadFile(str(path), f'the sheet "{sheet.name}" is empty: its first row must name the columns')
    line, cells = above[index]
    header = Header(f"{path}:{line}", [str(cell) for cell in cells], columns)
    for line, cells in chain(above[index + 1 :], sheet.rows):
        yield LineRecord(line, header.record(cells, BadLine))


class Header:
    """The names of the columns of a table. Raises BadFile where they do not name the required fields."""

    def __init__(self, place: str, cells: Sequence[str], columns: ColumnMap) -> None:
        names = [clean_name(cell) for cell in cells]
        try:
            columns.check_header(names)
        except BadLine as problem:
            raise BadFile(place, str(problem)) from None
        self._cells = list(cells)
        self._names = names
        # Exports end each line with a delimiter, or only that of the header.
        self._least = max(index for index, name in enumerate(names, 1) if name)
        used = columns.field_by_column(names)
        self._repeated = {
            name: [index for index, column in enumerate(names) if column == name]
            for name in used
            if names.count(name) > 1
        }
        fields = {field: names.index(name) for name, field in used.items()}
        self._id, self._time = fields["id"], fields[columns.required[1]]

    def record(self, cells: Cells, refuse: Callable[[str], BadLine]) -> dict[str, Any] | BadLine:
        """Return the values of a row by column, or its defect, which `refuse` makes of a reason."""
        size = len(self._names)
        if len(cells) != size:
            filled = max((index for index, cell in enumerate(cells, 1) if not is_blank(cell)), default=0)
            if filled > size or len(cells) < self._least:
                is_total = TOTALS.match(str(next(cell for cell in cells if not is_blank(cell))))
                columns = "1 column" if len(cells) == 1 else f"{len(cells)} columns"
                reason = f"the row has {columns}, the header {size}"
                return NoTicket(reason) if is_total else refuse(f"{reason}: {REMEDY_OF_ROWS}")
            cells = [*cells[:size], *[""] * (size - len(cells))]
        if str(cells[0])[:1] == BOM:
            # Files that were joined keep the mark of each.
            cells = [str(cells[0])[1:], *cells[1:]]
        if is_blank(cells[self._time]) or cells == self._cells:
            return self._no_ticket(cells)
        record = dict(zip(self._names, cells, strict=True))
        for name, places in self._repeated.items():
            record[name] = [cells[place] for place in places if not is_blank(cells[place])]
        return record

    def _no_ticket(self, cells: Cells) -> dict[str, Any] | BadLine:
        filled = [cell for cell in cells if not is_blank(cell)]
        if cells == self._cells:
            return NoTicket("is the header again")
        is_narrow = is_blank(cells[self._id]) and len(filled) <= MAX_TOTAL_CELLS < self._least
        if is_narrow or (filled and TOTALS.match(str(filled[0]))):
            return NoTicket("holds a total")
        return dict(zip(self._names, cells, strict=True))


def is_blank(cell: object) -> bool:
    """Return whether a cell is empty."""
    return cell is None or (isinstance(cell, str) and not cell.strip())
