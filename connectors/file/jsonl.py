"""Records of a file with one JSON object a line."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from connectors.file.lines import as_text, lines
from connectors.file.problems import BadLine
from connectors.file.record import Record


def records(path: Path, encoding: str) -> Iterator[Record]:
    """One record for each line that is not blank. Raises BadFile, after the records before it."""
    for number, line in lines(path, encoding):
        if isinstance(line, BadLine):
            yield Record(number, line)
        elif content := line.rstrip():
            yield Record(number, _parsed(content))


def _parsed(line: bytes) -> dict[str, Any] | BadLine:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError as problem:
        return _broken(line, problem)
    return found if isinstance(found, dict) else BadLine("the line is no JSON object")


def _broken(line: bytes, problem: orjson.JSONDecodeError) -> BadLine:
    try:
        as_text(line)
    except BadLine as undecodable:
        return undecodable
    return BadLine(f"broken JSON at character {problem.pos + 1}: {problem.msg}")
