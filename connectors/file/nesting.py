"""Values of nested objects by dotted names, such as `group.name`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

MAX_DEPTH = 6
# Objects that stand for a text, by the keys that hold it: a reference of ServiceNow, a value of Jira, a person.
TEXT_KEYS = ("display_value", "displayName", "display_name", "name", "label", "title", "value", "key", "id")
IDENTITY_KEYS = ("value", "id", "key", "display_value", "name")


def value_at(value: Any, parts: Sequence[str]) -> Any:
    """Return the value under these keys; None where there is none. Of a list it is the list of its items' values."""
    if not parts:
        return value
    if isinstance(value, dict):
        # A key may have dots of its own, and goes before the same dots between keys.
        for size in range(len(parts), 0, -1):
            key = ".".join(parts[:size])
            if key in value:
                return value_at(value[key], parts[size:])
        return None
    if not isinstance(value, list):
        return None
    if parts[0].isdecimal():
        return value_at(value[int(parts[0])], parts[1:]) if int(parts[0]) < len(value) else None
    items = [value_at(item, parts) for item in value if isinstance(item, dict)]
    return [item for item in items if item is not None] or None


def flatten(values: Mapping[str, Any], prefix: str = "", depth: int = 1) -> Iterator[tuple[str, Any]]:
    """Yield the values of a record that are no objects, by their dotted names."""
    for name, value in values.items():
        if isinstance(value, dict) and value and depth < MAX_DEPTH and not is_reference(value):
            yield from flatten(value, f"{prefix}{name}.", depth + 1)
        else:
            yield f"{prefix}{name}", value


def is_reference(value: object) -> bool:
    """Return whether an object is a value of ServiceNow with its link or its text."""
    return isinstance(value, dict) and "value" in value and value.keys() <= {"value", "display_value", "link"}


def unwrap(value: Any, keys: Sequence[str] = TEXT_KEYS) -> Any:
    """Return the text or number that an object stands for; the value itself where it is no such object."""
    if not isinstance(value, dict):
        return value
    plain = (value[key] for key in keys if isinstance(value.get(key), (str, int, float)) and value[key] != "")
    return next(plain, None if not value or is_reference(value) else value)
