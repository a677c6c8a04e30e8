"""What a field may hold: each function gives the value, or None where there is none, or raises BadLine."""

import math
from collections.abc import Sequence
from typing import Any, TypeVar

import orjson

from connectors.file.problems import BadLine

LONGEST_ID = 512
LARGEST = 1_000_000
LONGEST_QUOTE = 40
Word = TypeVar("Word", bound=str)


def text(value: object, field: str) -> str | None:
    """The text without blanks around it; a number as it is written."""
    if value is None:
        return None
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        raise BadLine(f"{field}: {_kind_of(value)} where text is expected")
    found = str(value).strip()
    if "\0" in found:
        raise BadLine(f"{field}: holds a NUL character")
    return found or None


def identifier(value: object, field: str) -> str | None:
    """The id of a ticket. A number must be whole and have at most 64 bits, else it would not be exact."""
    if isinstance(value, float):
        raise BadLine(f"{field}: {value} is no whole number of 64 bits: write it in quotes")
    found = text(value, field)
    if found is not None and len(found) > LONGEST_ID:
        raise BadLine(f"{field}: longer than {LONGEST_ID} characters")
    if found is not None and not found.isprintable():
        raise BadLine(f"{field}: {quoted(found)} holds control or invisible characters")
    return found


def number(value: object, field: str) -> float | None:
    """A number from 0 to `LARGEST`, with a decimal point if it has one."""
    found = text(value, field)
    if found is None:
        return None
    try:
        size = float(found) if "_" not in found else math.nan
    except ValueError:
        size = math.nan
    if not 0 <= size <= LARGEST:
        raise BadLine(f"{field}: {quoted(found)} is no number from 0 to {LARGEST:,}")
    return size


def count(value: object, field: str) -> int | None:
    """A whole number from 0 to `LARGEST`."""
    found = number(value, field)
    if found is not None and not found.is_integer():
        raise BadLine(f"{field}: {found} is no whole number")
    return None if found is None else int(found)


def one_of(words: Sequence[Word], value: object, field: str) -> Word | None:
    """One of these words, however it is capitalised."""
    found = text(value, field)
    if found is None:
        return None
    for word in words:
        if word == found.lower():
            return word
    raise BadLine(f"{field}: {quoted(found)} is none of {', '.join(words)}")


def texts(value: object, field: str) -> tuple[str, ...]:
    """Different texts in their order, from a list or from text with commas."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list):
        raise BadLine(f"{field}: {_kind_of(value)} where a list or text is expected")
    return tuple(dict.fromkeys(filter(None, (text(part, field) for part in parts))))


def objects(value: object, field: str) -> list[dict[str, Any]]:
    """A list of objects; in CSV it is written as JSON."""
    found = _from_json(value, field) if isinstance(value, str) else value
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise BadLine(f"{field}: a list of objects is expected")
    return found


def _from_json(value: str, field: str) -> Any:
    if not value.strip():
        return None
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError as problem:
        raise BadLine(f"{field}: broken JSON: {problem.msg}") from None


def quoted(value: str) -> str:
    """The value as an error may show it: its beginning, in quotes, without control characters."""
    return ascii(value[:LONGEST_QUOTE]) if not value.isprintable() else f'"{value[:LONGEST_QUOTE]}"'


def _kind_of(value: object) -> str:
    return {bool: "true or false", dict: "an object", list: "a list"}.get(type(value), "a number")
