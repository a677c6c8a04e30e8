"""Rows of CSV lines. A broken row costs one line: the others that it has swallowed are read again."""

import csv
from collections import deque
from collections.abc import Iterator

from connectors.file.lines import MAX_LINE, Line, decode
from connectors.file.record import BadFile, BadLine

CsvRow = tuple[int, list[str] | BadLine]
"""The number of a row's first line, with the row's cells or with its defect."""

MAX_LINES = 10_000
OPEN_QUOTE = "a quote is opened and never closed: close it, double it inside a cell, or export the file again"
csv.field_size_limit(MAX_LINE)


class CsvRows:
    """Feed lines to `csv.reader`, which takes as many as a quoted field spans, and remember them.

    `problem` is the error that ended the file too early, if there was one; the lines before it are rows as usual.
    """

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._pushed_back: deque[Line] = deque()
        self._taken: list[Line] = []
        self._size = 0
        self.problem: BadFile | None = None

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """Return the next line, for `csv.reader`. Raise BadLine."""
        numbered = self._pushed_back.popleft() if self._pushed_back else self._next_line()
        self._taken.append(numbered)
        line = numbered[1]
        if isinstance(line, BadLine):
            raise line
        self._size += len(line)
        # A quote that is never closed would otherwise take the whole file into memory as one cell.
        if self._size > MAX_LINE or len(self._taken) > MAX_LINES:
            raise BadLine(f"the row is longer than {MAX_LINE:,} bytes or {MAX_LINES:,} lines: {OPEN_QUOTE}")
        return decode(line)

    def _skip_to(self, start: int) -> None:
        for _ in range(1, start):
            try:
                self._next_line()
            except StopIteration:
                return

    def _next_line(self) -> Line:
        # `csv.reader` knows no other end of its input: the error of the file is raised after the last row.
        try:
            return next(self._lines)
        except BadFile as problem:
            self.problem = problem
            raise StopIteration from None

    def read(self, delimiter: str, *, start: int = 1, backslash_escapes: bool = False) -> Iterator[CsvRow]:
        """Yield all rows from the line `start` on that are not blank."""
        self._skip_to(start)
        reader = csv.reader(self, delimiter=delimiter, strict=True, escapechar="\\" if backslash_escapes else None)
        while True:
            self._start_row()
            try:
                cells = next(reader, None)
            except (csv.Error, BadLine) as problem:
                yield self._taken[0][0], self.refuse(_explain(problem))
                continue
            if cells is None:
                return
            if any(map(str.strip, cells)):
                yield self._taken[0][0], cells

    def refuse(self, reason: str) -> BadLine:
        """Return the defect of the row that was just read, and push back all its lines but the first."""
        # The first line holds the stray quote; the later ones are most likely good rows that it has swallowed.
        later = self._taken[1:]
        self._pushed_back.extendleft(reversed(later))
        return BadLine(OPEN_QUOTE if later and OPEN_QUOTE not in reason else reason)

    def _start_row(self) -> None:
        self._taken.clear()
        self._size = 0


def _explain(problem: csv.Error | BadLine) -> str:
    """Return the defect in words, not in those of the parser."""
    text = str(problem)
    if isinstance(problem, BadLine):
        return text
    if "expected after" in text:
        return "a quote inside a cell is not doubled: double it, or export the file again"
    if "field larger than" in text:
        return f"a cell is longer than {MAX_LINE:,} characters: shorten it, or export the file again"
    if "new-line" in text:
        return "a cell holds a carriage return: put the cell in quotes, or export the file again"
    return OPEN_QUOTE
