"""The columns that a file may have, and the field that each of them holds."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Literal

from connectors.file.nesting import value_at
from connectors.file.record import BadLine
from connectors.model import Relation

TEXTS = (
    "kind", "status", "priority", "title", "description", "change_type", "resolution", "resolution_code",
    "requester", "assignee", "resolver", "team", "service", "configuration_item", "category", "provider", "project",
)  # fmt: skip
TIMES = ("opened_at", "updated_at", "resolved_at", "closed_at")
COUNTS = ("reopen_count", "reassignment_count")
FIELDS = ("id", "key", *TEXTS, "status_category", *TIMES, "labels", "hours", *COUNTS, "links", "transitions")
ONLY_IN_EVENTS = ("at", "actor")
ONLY_IN_AUDITS = ("field", "old", "new")
EVENT_FIELDS = (*(field for field in FIELDS if field != "transitions"), *ONLY_IN_EVENTS)
AUDIT_FIELDS = (*EVENT_FIELDS, *ONLY_IN_AUDITS)
# Several columns may hold values of these.
LISTS = ("labels", "links")
# Of these, values of columns of one name are joined, as Jira exports labels, components and comments.
REPEATABLE = {*TEXTS, *LISTS}
CACHE_SIZE = 256
Form = Literal["snapshot", "events", "audit"]
FIELDS_BY_FORM: dict[Form, tuple[str, ...]] = {"snapshot": FIELDS, "events": EVENT_FIELDS, "audit": AUDIT_FIELDS}
REQUIRED: dict[Form, tuple[str, ...]] = {
    "snapshot": ("id", "opened_at"),
    "events": ("id", "at"),
    "audit": ("id", "at", "field"),
}

# The first that matches decides: "Caused by change" is a cause.
RELATION_NAMES: tuple[tuple[Relation, str], ...] = (
    ("duplicated_by", r"duplicated.?by|is.duplicated"),
    ("duplicate_of", r"duplicat|duplikat|doublon"),
    ("caused_by", r"caused.?by"),
    ("causes", r"\bcauses?\b"),
    ("fixed_by", r"fixed.?by"),
    ("fixes", r"\bfixes\b"),
    ("child", r"\bchild|sub-?task|unteraufgabe"),
    ("parent", r"parent|\bepic\b|[üu]bergeordnet"),
    ("problem", r"\bproblem|\bprb\b"),
    ("change", r"\bchange|\brfc\b|[äÄ]nderung|changement"),
)
_RELATIONS = tuple((relation, re.compile(pattern, re.IGNORECASE)) for relation, pattern in RELATION_NAMES)


class ColumnMap:
    """Fields by column: the operator's mapping, and columns that bear the name of a field."""

    def __init__(self, mapping: Mapping[str, str], form: Form = "snapshot") -> None:
        self._mapping = {clean_name(name): field for name, field in mapping.items()}
        self.fields = FIELDS_BY_FORM[form]
        self.required = REQUIRED[form]
        self._dotted = [(name, tuple(name.split(".")), field) for name, field in self._mapping.items() if "." in name]
        mapped = [*self._mapping.values()]
        # Then no column lies in an object, and none shares its field with others.
        self._is_flat = not self._dotted and "links" not in mapped and mapped.count("labels") < 2
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

    def names_of(self, field: str) -> list[str]:
        """Return the columns that the operator mapped to a field, or its own name."""
        return [name for name, mapped in self._mapping.items() if mapped == field] or [field]

    def absent(self, names: Iterable[str]) -> list[str]:
        """Return the columns of the operator's mapping that are not among these."""
        present = set(names)
        return [name for name in self._mapping if name not in present]

    def fields_of(self, record: Mapping[str, object]) -> Mapping[str, object]:
        """Return the values of a record by field; without a mapping the record itself, other columns included."""
        if not self._mapping:
            return record
        matched = self.field_by_column(record)
        if self._is_flat:
            return {field: record[name] for name, field in matched.items()}
        fields: dict[str, object] = {}
        for name, field, value in self._values(record, matched):
            earlier = fields.get(field) if field in LISTS else None
            links = _links(name, value) if field == "links" else value
            fields[field] = links if earlier is None else [*_as_list(earlier), *_as_list(links)]
        return fields

    def _values(self, record: Mapping[str, object], matched: Mapping[str, str]) -> Iterator[tuple[str, str, object]]:
        for name, field in matched.items():
            if record[name] not in (None, ""):
                yield name, field, record[name]
        for name, parts, field in self._dotted:
            if name not in record and (value := value_at(record, parts)) is not None:
                yield name, field, value

    def check_header(self, names: list[str]) -> None:
        """Raise BadLine where a required field has no column, or a used column comes twice without being a text."""
        used = self.field_by_column(names)
        lacking = [field for field in self.required if field not in used.values()]
        if wrong := [text for field in lacking for text in self._wrong_names(field, names)]:
            raise BadLine(f"{'; '.join(wrong)}: correct COLUMNS, or set DELIMITER")
        if lacking:
            raise BadLine(
                f"the header has no column for {' and '.join(lacking)}, it has {_quote_names(names)}: "
                "name the columns in COLUMNS, or set DELIMITER"
            )
        doubled = sorted(name for name, field in used.items() if names.count(name) > 1 and field not in REPEATABLE)
        if doubled:
            raise BadLine(f"the header has these columns twice: {', '.join(doubled)}: rename or remove one of each")

    def _wrong_names(self, field: str, names: Sequence[str]) -> Iterator[str]:
        """Yield what is wrong with each name in the operator's mapping that a field is to be read from."""
        for name in (name for name, mapped in self._mapping.items() if mapped == field):
            near = nearest_name(name, names)
            yield f'COLUMNS names "{name}", the file has {_quote_names([near] if near else [*names])}'


def nearest_name(name: str, names: Iterable[str]) -> str | None:
    """Return the name of a column that a mistyped one most likely means."""
    by_folded = {column.casefold(): column for column in names}
    return next((by_folded[near] for near in get_close_matches(name.casefold(), by_folded, 1)), None)


def clean_name(name: str) -> str:
    """Return the name of a column without the blanks around it, and with plain ones inside."""
    return name if name.isascii() and name.isidentifier() else " ".join(name.replace("\ufeff", "").split())


def _links(name: str, value: object) -> object:
    """Return links to the ids in a cell, with the relation that the name of their column says."""
    if isinstance(value, int):
        value = str(value)
    if not isinstance(value, str) or value.lstrip().startswith("["):
        return value
    relation = next((relation for relation, pattern in _RELATIONS if pattern.search(name)), "related")
    return [{"relation": relation, "target": target} for target in filter(None, map(str.strip, value.split(",")))]


def _as_list(value: object) -> list[object]:
    if isinstance(value, list):
        return value
    return [*value.split(",")] if isinstance(value, str) else [value]


def _quote_names(names: list[str]) -> str:
    quoted = ", ".join(f'"{name[:40]}"' for name in names[:12])
    return f"{quoted}, ..." if len(names) > 12 else quoted
