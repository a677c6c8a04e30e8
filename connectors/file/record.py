"""Records of a file: the values on a line, or the reason why there are none."""

from typing import Any, NamedTuple


class BadLine(Exception):
    """A line, or a value on it, that cannot be read; `str()` is the reason. Other lines are not affected."""


class NoTicket(BadLine):
    """A line that is not meant to hold a ticket: a total below a table, or its header on the next page."""


class BadFile(Exception):
    """A file that cannot be read, or not to its end; `place` is where it ends, `str()` the reason."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(reason)
        self.place = place


class LineRecord(NamedTuple):
    """Values by column, or the defect; `line` is the line on which the record begins, counted from 1."""

    line: int
    values: dict[str, Any] | BadLine
