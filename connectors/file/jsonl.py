"""Records of a file with one JSON object per line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from connectors.file.lines import decode, read_lines
from connectors.file.record import BadLine, LineRecord

# The digits that any whole number of 64 bits has at most, and a sign.
MAX_DIGITS = 20


def _parse_int(digits: str) -> int | str:
    # Python refuses to read thousands of digits, and a database holds 64 bits.
    return int(digits) if len(digits) <= MAX_DIGITS else digits


DECODER = json.JSONDecoder(strict=False, parse_int=_parse_int, parse_constant=lambda _name: None)
"""Reads what many systems write and JSON does not allow: control characters, half an emoji, NaN."""


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
        values = _parse_patiently(line, problem)
    return values if isinstance(values, (dict, BadLine)) else BadLine("the line is not a JSON object")


def _parse_patiently(line: bytes, problem: orjson.JSONDecodeError) -> Any:
    """Return the value of a line that is JSON but for single values, or its defect."""
    try:
        # The parser reports a wrong encoding as invalid JSON, which would lead the operator astray.
        return DECODER.decode(decode(line).strip())
    except BadLine as undecodable:
        return undecodable
    except RecursionError:
        return BadLine("the values are nested too deep")
    except ValueError:
        return BadLine(f"invalid JSON at character {problem.pos + 1}: correct the line, or export the file again")
