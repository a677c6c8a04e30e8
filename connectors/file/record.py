"""What a file says on one line, before anybody has judged what it means."""

from typing import Any, NamedTuple

from connectors.file.problems import BadLine


class Record(NamedTuple):
    """Values by column, or what is wrong; `line` is where the record begins, counted from 1."""

    line: int
    values: dict[str, Any] | BadLine
