"""Labels of the codes in choice columns, and the categories of an instance's states."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from connectors.model import StatusCategory
from connectors.servicenow.columns import OLD_STATES, STATE
from connectors.servicenow.query import is_in
from connectors.servicenow.rows import Row, class_of, first_value
from connectors.servicenow.table import TableApi
from connectors.words import Words, settle

Code: TypeAlias = tuple[str, str, str]
"""Table, column and value of a choice."""

CHOICES = "sys_choice"
ENGLISH = "en"
PARENT = "task"
ENDS = ("closed_at", "resolved_at")
LEVELS: Mapping[str, int] = {str(level): level for level in range(1, 6)}
NO_STATE: tuple[str, StatusCategory] = "", "unknown"
FIELDS = "sys_id,name,element,value,label,language,inactive"
# States of the base system, for an instance whose own ones cannot be read.
BASE_STATES: Mapping[str, Mapping[str, str]] = {
    "incident": {"1": "New", "2": "In Progress", "3": "On Hold", "6": "Resolved", "7": "Closed", "8": "Canceled"},
    "problem": {
        "101": "New",
        "102": "Assess",
        "103": "Root Cause Analysis",
        "104": "Fix in Progress",
        "106": "Resolved",
        "107": "Closed",
    },
    "change_request": {
        "-5": "New",
        "-4": "Assess",
        "-3": "Authorize",
        "-2": "Scheduled",
        "-1": "Implement",
        "0": "Review",
        "3": "Closed",
        "4": "Canceled",
    },
    PARENT: {
        "-5": "Pending",
        "1": "Open",
        "2": "Work in Progress",
        "3": "Closed Complete",
        "4": "Closed Incomplete",
        "7": "Closed Skipped",
    },
}


class Choices:
    """Labels by table, column and code, and status categories by label."""

    def __init__(self, rows: Iterable[Row], words: Words) -> None:
        self._labels = _labels_by_code([row for row in rows if row.get("label")])
        self._words = words
        self._statuses: dict[tuple[str, str], tuple[str, StatusCategory]] = {}
        self._levels: dict[Code, int | None] = {}

    def label(self, table: str, column: str, code: str | None) -> str | None:
        """Return the label of a code: that of the table, else of its parent, else the code; None for an empty one."""
        if not code:
            return None
        labels = self._labels.get((table, column, code)) or self._labels.get((PARENT, column, code))
        return labels[0] if labels else code

    def status(self, table: str, code: str) -> tuple[str, StatusCategory]:
        """Return label and category of a state. Anything but a code counts as a label."""
        status = self._statuses.get((table, code))
        if status is None:
            labels = self._all_labels(table, STATE, code)
            base = BASE_STATES.get(table, BASE_STATES[PARENT])
            labels = [base.get(code, code)] if labels == [code] else labels
            status = self._statuses[table, code] = labels[0], self._words.status(*labels)
        return status

    def level(self, table: str, column: str, code: str) -> int | None:
        """Return the level of a priority: by the operator's map, by its code, or by its words; None for an unknown."""
        place = table, column, code
        if place not in self._levels:
            labels = self._all_labels(table, column, code)
            level = self._words.mapped_level(*labels) or LEVELS.get(code) or self._words.level(*labels)
            self._levels[place] = level
        return self._levels[place]

    def status_of(self, table: str, row: Row) -> tuple[str, StatusCategory]:
        """Return label and category of a row's state; an empty label where the account may not read the state."""
        code = row.get(STATE) or first_value(row, OLD_STATES)
        label, category = self.status(table, code) if code else NO_STATE
        if category != NO_STATE[1]:
            return label, category
        # A resolved ticket is still active in ServiceNow, so that only the contrary tells something.
        has_ended = row.get("active") == "false" or bool(first_value(row, ENDS))
        return label, settle(category, has_ended=has_ended)

    def _all_labels(self, table: str, column: str, code: str) -> Sequence[str]:
        """Return the labels of a code in all languages, the instance's first; the code alone where it has none."""
        labels = self._labels.get((table, column, code)) or self._labels.get((PARENT, column, code))
        return labels or [code]


def _labels_by_code(rows: Sequence[Row]) -> Mapping[Code, Sequence[str]]:
    """Return the labels of each code: active ones before inactive ones, the instance's language before others."""
    # A choice that an administrator adds has a label in one language only: it is the language with most labels.
    counts = Counter(row.get("language") or ENGLISH for row in rows)
    order = sorted(counts, key=lambda language: (-counts[language], language != ENGLISH, language))
    labels: defaultdict[Code, list[str]] = defaultdict(list)
    for row in sorted(rows, key=lambda r: (r.get("inactive") == "true", order.index(r.get("language") or ENGLISH))):
        labels[row.get("name", ""), row.get("element", ""), row.get("value", "")].append(row["label"])
    return labels


def choice_table(table: str, row: Row) -> str:
    """Return the table whose choices a row has: the table that was read, but for `task` the class of the row."""
    return class_of(table, row) if table == PARENT else table


async def read_choices(api: TableApi, tables: Iterable[str], columns: Iterable[str], words: Words) -> Choices:
    """Return the instance's choices of these columns, in all its languages."""
    names = sorted({*tables, *BASE_STATES})
    # Inactive choices are read as well: old tickets and histories still use them.
    rows = await api.rows_with(CHOICES, FIELDS, "name", names, conditions=is_in("element", columns), optional=True)
    return Choices(rows, words)
