"""Values of fields: each function returns the value, None for an empty one, or raises BadLine."""

import math
from collections.abc import Sequence
from typing import Any, TypeVar

import orjson

from connectors.file.record import BadLine
from connectors.people import person_or_none

MAX_ID = 512
MAX_NUMBER = 1_000_000
MAX_QUOTE = 40
Word = TypeVar("Word", bound=str)


def parse_text(value: object, field: str) -> str | None:
    """Return the text without surrounding blanks; a number as it is written."""
    if value is None:
        return None
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        raise BadLine(f"{field}: expected a text, got {_type_name(value)}")
    text = str(value).strip()
    # JSON can hide a NUL in an escape, which the check of the line does not see.
    if "\0" in text:
        raise BadLine(f"{field}: contains a NUL character")
    return text or None


def parse_person(value: object, field: str) -> str | None:
    """Return the id or name of a person; None for a placeholder or a program."""
    return person_or_none(parse_text(value, field))


def parse_id(value: object, field: str) -> str | None:
    """Return the id of a ticket; a number must be whole and have at most 64 bits."""
    # A parser reads a larger number as a float, which is another number.
    if isinstance(value, float):
        raise BadLine(f"{field}: {value} is not a whole number of at most 64 bits: write it in quotes")
    text = parse_text(value, field)
    if text is not None and len(text) > MAX_ID:
        raise BadLine(f"{field}: longer than {MAX_ID} characters")
    # Two ids that look the same must be the same.
    if text is not None and not text.isprintable():
        raise BadLine(f"{field}: {quote(text)} contains control or invisible characters")
    return text


def parse_number(value: object, field: str) -> float | None:
    """Return a number from 0 to `MAX_NUMBER`, with a decimal point if it has one."""
    text = parse_text(value, field)
    if text is None:
        return None
    try:
        number = float(text) if "_" not in text else math.nan  # Python reads 1_0 as ten
    except ValueError:
        number = math.nan
    if not 0 <= number <= MAX_NUMBER:
        raise BadLine(f"{field}: {quote(text)} is not a number from 0 to {MAX_NUMBER:,}")
    return number


def parse_count(value: object, field: str) -> int | None:
    """Return a whole number from 0 to `MAX_NUMBER`."""
    number = parse_number(value, field)
    if number is not None and not number.is_integer():
        raise BadLine(f"{field}: {number} is not a whole number")
    return None if number is None else int(number)


def parse_word(words: Sequence[Word], value: object, field: str) -> Word | None:
    """Return one of these words, in whatever case it is written."""
    text = parse_text(value, field)
    if text is None:
        return None
    for word in words:
        if word == text.lower():
            return word
    raise BadLine(f"{field}: {quote(text)} is not one of {', '.join(words)}")


def parse_texts(value: object, field: str) -> tuple[str, ...]:
    """Return the different texts of a list, or of a text with commas, in their order."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list):
        raise BadLine(f"{field}: expected a list or text, got {_type_name(value)}")
    return tuple(dict.fromkeys(filter(None, (parse_text(part, field) for part in parts))))


def parse_objects(value: object, field: str) -> list[dict[str, Any]]:
    """Return a list of objects; a text is read as JSON, since CSV has no lists."""
    items = _parse_json(value, field) if isinstance(value, str) else value
    if items is None:
        return []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise BadLine(f"{field}: expected a list of objects")
    return items


def _parse_json(value: str, field: str) -> Any:
    if not value.strip():
        return None
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError as problem:
        raise BadLine(f"{field}: invalid JSON: {problem.msg}") from None


def quote(value: str) -> str:
    """Return the beginning of a value in quotes, without control characters, for an error message."""
    return ascii(value[:MAX_QUOTE]) if not value.isprintable() else f'"{value[:MAX_QUOTE]}"'


def _type_name(value: object) -> str:
    return {bool: "true or false", dict: "an object", list: "a list"}.get(type(value), "a number")
