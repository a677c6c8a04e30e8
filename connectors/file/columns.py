"""The columns that a file may have, and the field that each of them holds."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from connectors.file.record import BadLine

TEXTS = (
    "kind", "status", "priority", "title", "description", "change_type", "resolution", "resolution_code",
    "requester", "assignee", "resolver", "team", "service", "configuration_item", "category", "provider", "project",
)  # fmt: skip
TIMES = ("opened_at", "updated_at", "resolved_at", "closed_at")
COUNTS = ("reopen_count", "reassignment_count")
FIELDS = ("id", "key", *TEXTS, "status_category", *TIMES, "labels", "hours", *COUNTS, "links", "transitions")
ONLY_IN_EVENTS = ("at", "actor")
EVENT_FIELDS = (*(field for field in FIELDS if field != "transitions"), *ONLY_IN_EVENTS)
CACHE_SIZE = 256


class ColumnMap:
    """Fields by column: the operator's mapping, and columns that bear the name of a field."""

    def __init__(self, mapping: Mapping[str, str], *, events: bool) -> None:
        self._mapping = dict(mapping)
        self.fields = EVENT_FIELDS if events else FIELDS
        self.required = ("id", "at") if events else ("id", "opened_at")
        # The lines of a file mostly have the same columns: to match their names once saves it for millions of lines.
        self._match_cached = lru_cache(CACHE_SIZE)(self._match)

    def field_by_column(self, names: Iterable[str]) -> dict[str, str]:
        """Return the columns that are used, each with its field."""
        return self._match_cached(tuple(names))

    def _match(self, names: tuple[str, ...]) -> dict[str, str]:
        present = dict.fromkeys(names)
        mapped = {name: field for name, field in self._mapping.items() if name in present and field in self.fields}
        taken = set(mapped.values())
        # The operator's mapping displaces a column that bears the field's name: exports often have both.
        namesakes = {name: name for name in present if name in self.fields and name not in self._mapping}
        return mapped | {name: field for name, field in namesakes.items() if field not in taken}

    def absent(self, names: Iterable[str]) -> list[str]:
        """Return the columns of the operator's mapping that are not among these."""
        present = set(names)
        return [name for name in self._mapping if name not in present]

    def fields_of(self, record: Mapping[str, object]) -> Mapping[str, object]:
        """Return the values of a record by field; without a mapping the record itself, other columns included."""
        if not self._mapping:
            return record
        return {field: record[name] for name, field in self.field_by_column(record).items()}

    def check_header(self, names: list[str]) -> None:
        """Raise BadLine where a required field has no column, or a used column comes twice."""
        used = self.field_by_column(names)
        lacking = [field for field in self.required if field not in used.values()]
        if lacking:
            raise BadLine(
                f"the header has no column for {' and '.join(lacking)}, it has {_quote_names(names)}: "
                "name the columns in COLUMNS, or set DELIMITER"
            )
        doubled = sorted(name for name in used if names.count(name) > 1)
        if doubled:
            raise BadLine(f"the header has these columns twice: {', '.join(doubled)}")


def _quote_names(names: list[str]) -> str:
    quoted = ", ".join(f'"{name[:40]}"' for name in names[:12])
    return f"{quoted}, ..." if len(names) > 12 else quoted
