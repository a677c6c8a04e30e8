"""Labels of the codes in choice columns, and the categories of an instance's states."""

from collections.abc import Iterable, Mapping

from connectors.model import StatusCategory
from connectors.servicenow.columns import OLD_STATES, STATE
from connectors.servicenow.query import all_of, is_in
from connectors.servicenow.rows import Row, class_of, first_value
from connectors.servicenow.table import TableApi
from connectors.states import category_of, settle

CHOICES = "sys_choice"
PARENT = "task"
ENDS = ("closed_at", "resolved_at")
NO_STATE: tuple[str, StatusCategory] = "", "unknown"
FIELDS = "sys_id,name,element,value,label,inactive"
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

    def __init__(self, rows: Iterable[Row], status_map: Mapping[str, StatusCategory]) -> None:
        self._labels: dict[tuple[str, str, str], str] = {}
        # Inactive choices first, so that an active one with the same code overwrites them.
        for row in sorted(rows, key=lambda row: row.get("inactive") != "true"):
            if row.get("label"):
                self._labels[row.get("name", ""), row.get("element", ""), row.get("value", "")] = row["label"]
        self._map = {label.casefold(): category for label, category in status_map.items()}
        self._statuses: dict[tuple[str, str], tuple[str, StatusCategory]] = {}

    def label(self, table: str, column: str, code: str | None) -> str | None:
        """Return the label of a code: that of the table, else of its parent, else the code; None for an empty one."""
        if not code:
            return None
        label = self._labels.get((table, column, code))
        return label or self._labels.get((PARENT, column, code), code)

    def status(self, table: str, code: str) -> tuple[str, StatusCategory]:
        """Return label and category of a state. Anything but a code counts as a label."""
        status = self._statuses.get((table, code))
        if status is None:
            base = BASE_STATES.get(table, BASE_STATES[PARENT])
            label = (
                self._labels.get((table, STATE, code))
                or self._labels.get((PARENT, STATE, code))
                or base.get(code, code)
            )
            status = self._statuses[table, code] = label, self._map.get(label.casefold()) or category_of(label)
        return status

    def status_of(self, table: str, row: Row) -> tuple[str, StatusCategory]:
        """Return label and category of a row's state; an empty label where the account may not read the state."""
        code = row.get(STATE) or first_value(row, OLD_STATES)
        label, category = self.status(table, code) if code else NO_STATE
        # A resolved ticket is still active in ServiceNow, so that only the contrary tells something.
        has_ended = row.get("active") == "false" or bool(first_value(row, ENDS))
        return label, settle(category, has_ended=has_ended)


def choice_table(table: str, row: Row) -> str:
    """Return the table whose choices a row has: the table that was read, but for `task` the class of the row."""
    return class_of(table, row) if table == PARENT else table


async def read_choices(
    api: TableApi, tables: Iterable[str], columns: Iterable[str], status_map: Mapping[str, StatusCategory]
) -> Choices:
    """Return the instance's choices of these columns."""
    names = sorted({*tables, *BASE_STATES})
    # Inactive choices are read as well: old tickets and histories still use them.
    conditions = all_of(is_in("element", columns), "language=en")
    rows = await api.rows_with(CHOICES, FIELDS, "name", names, conditions=conditions, optional=True)
    return Choices(rows, status_map)
