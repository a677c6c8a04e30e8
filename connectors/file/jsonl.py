"""Records of a file with one JSON object per line."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from connectors.file.lines import decode, read_lines
from connectors.file.record import BadLine, LineRecord


def jsonl_records(path: Path, encoding: str) -> Iterator[LineRecord]:
    """Yield a record for each line that is not blank. Raise BadFile, after the records before it."""
    for number, line in read_lines(path, encoding):
        if isinstance(line, BadLine):
            yield LineRecord(number, line)
        elif content := line.rstrip():
            yield LineRecord(number, _parse(content))


def _parse(line: bytes) -> dict[str, Any] | BadLine:
    try:
        values = orjson.loads(line)
    except orjson.JSONDecodeError as problem:
        return _defect(line, problem)
    return values if isinstance(values, dict) else BadLine("the line is not a JSON object")


def _defect(line: bytes, problem: orjson.JSONDecodeError) -> BadLine:
    # The parser reports a wrong encoding as invalid JSON, which would lead the operator astray.
    try:
        decode(line)
    except BadLine as undecodable:
        return undecodable
    return BadLine(f"invalid JSON at character {problem.pos + 1}: {problem.msg}")
