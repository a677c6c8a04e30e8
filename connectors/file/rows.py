"""Rows of CSV lines. A row that is broken costs one line: the lines it has swallowed are read again."""

import csv
from collections import deque
from collections.abc import Iterator

from connectors.file.lines import LONGEST_LINE, Line, as_text
from connectors.file.problems import BadFile, BadLine

Row = tuple[int, list[str] | BadLine]
"""The number of a row's first line, with the row's cells or with what is wrong with it."""

MOST_LINES = 10_000
csv.field_size_limit(LONGEST_LINE)


class Rows:
    """Feeds lines to `csv.reader`, which takes as many as a quoted field spans, and remembers them.

    `problem` is what ended the file too early, if anything did; the lines before it are rows like others.
    """

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._waiting: deque[Line] = deque()
        self._taken: list[Line] = []
        self._size = 0
        self.problem: BadFile | None = None

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """The next line, for `csv.reader`. Raises BadLine."""
        number, line = self._waiting.popleft() if self._waiting else self._next_line()
        self._taken.append((number, line))
        if isinstance(line, BadLine):
            raise line
        self._size += len(line)
        if self._size > LONGEST_LINE or len(self._taken) > MOST_LINES:
            raise BadLine(f"the row is longer than {LONGEST_LINE:,} bytes or {MOST_LINES:,} lines")
        return as_text(line)

    def _next_line(self) -> Line:
        try:
            return next(self._lines)
        except BadFile as problem:
            self.problem = problem
            raise StopIteration from None

    def peek(self) -> str:
        """The first line that is not blank, without taking it; empty where there is none or it cannot be read."""
        self._forget()
        try:
            text = next((text for text in self if text.strip()), "")
        except BadLine:
            text = ""
        self._waiting.extend(self._taken[-1:])
        return text

    def read(self, delimiter: str) -> Iterator[Row]:
        """All rows that are not blank."""
        reader = csv.reader(self, delimiter=delimiter, strict=True)
        while True:
            self._forget()
            try:
                cells = next(reader, None)
            except (csv.Error, BadLine) as problem:
                yield self._taken[0][0], self.refuse(str(problem))
                continue
            if cells is None:
                return
            if any(map(str.strip, cells)):
                yield self._taken[0][0], cells

    def refuse(self, reason: str) -> BadLine:
        """Why the row just read is refused. All its lines but the first will be read again as rows of their own."""
        later = self._taken[1:]
        self._waiting.extendleft(reversed(later))
        return BadLine(f"a quote is opened and not closed as it should be: {reason}" if later else reason)

    def _forget(self) -> None:
        self._taken.clear()
        self._size = 0
