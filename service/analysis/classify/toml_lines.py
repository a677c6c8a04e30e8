"""Where in a TOML text something stands, which tomllib does not tell."""

import re
from collections.abc import Sequence
from typing import TypeAlias

Place: TypeAlias = Sequence[str | int]
_HEADER = re.compile(r"\s*\[\[?\s*([\w.-]+)\s*\]\]?")


class TomlLines:
    """Finds the lines of tables, keys and values; the nearest line above for what it cannot find."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()

    def of(self, place: Place, value: object = None) -> int:
        """The line, from 1, of a place such as ("words", 3, "phrases", 0), whose text is `value`."""
        begin, end = self._table(place)
        keys = [part for part in place if isinstance(part, str)][1 if begin else 0 :]
        line = begin
        for key in keys:
            line = self._find(rf"(^|[{{,\s]){re.escape(key)}\s*=", line, end)
        quoted = re.escape(value) if isinstance(value, str) and value else None
        return (self._find(rf"[\"']{quoted}[\"']", line, end) if quoted else line) + 1

    def _table(self, place: Place) -> tuple[int, int]:
        """The lines of the header of the table in which a place is, and of the next header."""
        headers = [(number, found[1]) for number, line in enumerate(self._lines) if (found := _HEADER.match(line))]
        own = [number for number, name in headers if place and name == place[0]]
        nth = next((part for part in place if isinstance(part, int)), 0)
        begin = own[nth] if nth < len(own) else 0
        first = headers[0][0] if headers else len(self._lines)
        after = first if not own else next((number for number, _ in headers if number > begin), len(self._lines))
        return begin, after

    def _find(self, pattern: str, begin: int, end: int) -> int:
        return next((number for number in range(begin, end) if re.search(pattern, self._lines[number])), begin)
