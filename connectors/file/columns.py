"""Which columns a file may have, and which field each of them holds."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from connectors.file.problems import BadLine

TEXTS = (
    "kind", "status", "priority", "title", "description", "change_type", "resolution", "requester", "assignee",
    "resolver", "team", "service", "configuration_item", "category", "provider", "project",
)  # fmt: skip
TIMES = ("opened_at", "updated_at", "resolved_at", "closed_at")
COUNTS = ("reopen_count", "reassignment_count")
FIELDS = ("id", "key", *TEXTS, "status_category", *TIMES, "labels", "hours", *COUNTS, "links", "transitions")
ONLY_IN_EVENTS = ("at", "actor")
EVENT_FIELDS = (*(field for field in FIELDS if field != "transitions"), *ONLY_IN_EVENTS)
HEADERS_KEPT = 256


class Columns:
    """The operator's names for columns, and our own where none was given."""

    def __init__(self, mapping: Mapping[str, str], *, events: bool) -> None:
        self._mapping = dict(mapping)
        self.fields = EVENT_FIELDS if events else FIELDS
        self.required = ("id", "at") if events else ("id", "opened_at")
        self._used = lru_cache(HEADERS_KEPT)(self._judge)

    def field_by_column(self, names: Iterable[str]) -> dict[str, str]:
        """The columns that are used, each with its field. A mapped column displaces one that bears our name."""
        return self._used(tuple(names))

    def _judge(self, names: tuple[str, ...]) -> dict[str, str]:
        present = dict.fromkeys(names)
        mapped = {name: field for name, field in self._mapping.items() if name in present and field in self.fields}
        taken = set(mapped.values())
        own = {name: name for name in present if name in self.fields and name not in self._mapping}
        return mapped | {name: field for name, field in own.items() if field not in taken}

    def absent(self, names: Iterable[str]) -> list[str]:
        """Columns that the operator named and that are not among these."""
        present = set(names)
        return [name for name in self._mapping if name not in present]

    def fields_of(self, record: Mapping[str, object]) -> Mapping[str, object]:
        """The record by field instead of by column; what has no field may remain."""
        if not self._mapping:
            return record
        return {field: record[name] for name, field in self.field_by_column(record).items()}

    def judge_header(self, names: list[str]) -> None:
        """Raises BadLine where a required field has no column, or a field has two."""
        used = self.field_by_column(names)
        lacking = [field for field in self.required if field not in used.values()]
        if lacking:
            raise BadLine(
                f"the header has no column for {' and '.join(lacking)}, it has {_listed(names)}: "
                "name the columns in COLUMNS, or set DELIMITER"
            )
        doubled = sorted(name for name in used if names.count(name) > 1)
        if doubled:
            raise BadLine(f"the header has these columns twice: {', '.join(doubled)}")


def _listed(names: list[str]) -> str:
    shown = ", ".join(f'"{name[:40]}"' for name in names[:12])
    return f"{shown}, ..." if len(names) > 12 else shown
