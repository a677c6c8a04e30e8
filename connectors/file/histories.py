"""Histories inside a record: lists of changes, as interfaces and exports of JSON write them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# Of each part of a change the first key that it has counts: Jira writes ids beside the labels.
KEYS: Mapping[str, tuple[str, ...]] = {
    "at": ("at", "created", "created_at", "timestamp", "time", "date", "changed_at", "updated_at"),
    "field": ("field", "field_name", "fieldName", "attribute"),
    "old": ("old", "fromString", "old_value", "oldValue", "previous_value", "from", "before"),
    "new": ("new", "toString", "new_value", "newValue", "value", "to", "after"),
    "actor": ("actor", "author", "user", "changed_by", "updated_by", "author_id"),
}
# An entry of Jira or Zendesk holds the changes of one moment.
GROUPS = ("items", "events", "changes")


def changes_in(history: Sequence[object]) -> Iterator[Any]:
    """Yield the changes of a history with their parts by the names of `KEYS`; what is no object as it is."""
    for entry in history:
        if not isinstance(entry, Mapping):
            yield entry
            continue
        group: list[Any] = next((entry[key] for key in GROUPS if isinstance(entry.get(key), list)), [{}])
        yield from (_change({**entry, **part}) for part in group if isinstance(part, Mapping))


def is_history(value: object) -> bool:
    """Return whether a value is a list that holds a change of a field."""
    changes = changes_in(value) if isinstance(value, list) else ()
    parts = (change for change in changes if isinstance(change, Mapping))
    return any(change["at"] and change["field"] and (change["old"] or change["new"]) for change in parts)


def _change(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {part: next((entry[key] for key in keys if key in entry), None) for part, keys in KEYS.items()}
