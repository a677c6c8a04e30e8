"""Line numbers of tables, keys and values in a TOML text, which tomllib does not give."""

import re
from collections.abc import Sequence
from typing import TypeAlias

Place: TypeAlias = Sequence[str | int]
_HEADER = re.compile(r"\s*\[\[?\s*([\w.-]+)\s*\]\]?")


class TomlLines:
    """Finds the lines of tables, keys and values; of what it cannot find, the nearest line above."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()

    def of(self, place: Place, value: object = None) -> int:
        """Return the line, from 1, of a place such as ("words", 3, "phrases", 0) whose text is `value`."""
        begin, end = self._table(place)
        keys = [part for part in place if isinstance(part, str)][1 if begin else 0 :]
        line = begin
        for key in keys:
            line = self._find(rf"(^|[{{,\s]){re.escape(key)}\s*=", line, end)
        quoted = re.escape(value) if isinstance(value, str) and value else None
        return (self._find(rf"[\"']{quoted}[\"']", line, end) if quoted else line) + 1

    def _table(self, place: Place) -> tuple[int, int]:
        """Return the line of the header of the table that contains a place, and that of the next header."""
        headers = [(number, match[1]) for number, line in enumerate(self._lines) if (match := _HEADER.match(line))]
        headers_of_table = [number for number, name in headers if place and name == place[0]]
        nth = next((part for part in place if isinstance(part, int)), 0)
        begin = headers_of_table[nth] if nth < len(headers_of_table) else 0
        first = headers[0][0] if headers else len(self._lines)
        next_header = (
            first
            if not headers_of_table
            else next((number for number, _ in headers if number > begin), len(self._lines))
        )
        return begin, next_header

    def _find(self, pattern: str, begin: int, end: int) -> int:
        return next((number for number in range(begin, end) if re.search(pattern, self._lines[number])), begin)
