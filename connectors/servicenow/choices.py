"""What the codes of choice columns mean on this instance, and the categories of its states."""

from collections.abc import Iterable, Mapping

from connectors.model import StatusCategory
from connectors.servicenow.past import OLD_STATES, STATE
from connectors.servicenow.query import among, both
from connectors.servicenow.row import Row, class_of, first
from connectors.servicenow.table import TableApi
from connectors.states import category_of

CHOICES = "sys_choice"
PARENT = "task"
FIELDS = "sys_id,name,element,value,label,inactive"
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
"""States of the base system, for an instance whose own ones cannot be read."""


class Choices:
    """Labels by table, column and code, and status categories by label."""

    def __init__(self, rows: Iterable[Row], status_map: Mapping[str, StatusCategory]) -> None:
        self._labels: dict[tuple[str, str, str], str] = {}
        for row in sorted(rows, key=lambda row: row.get("inactive") != "true"):
            if row.get("label"):
                self._labels[row.get("name", ""), row.get("element", ""), row.get("value", "")] = row["label"]
        self._map = {label.casefold(): category for label, category in status_map.items()}
        self._statuses: dict[tuple[str, str], tuple[str, StatusCategory]] = {}

    def label(self, table: str, column: str, code: str | None) -> str | None:
        """What people see for this code: the table's own choice, else its parent's, else the code itself.

        None for an empty code.
        """
        if not code:
            return None
        own = self._labels.get((table, column, code))
        return own or self._labels.get((PARENT, column, code), code)

    def status(self, table: str, code: str) -> tuple[str, StatusCategory]:
        """Label and category of a state. What is no code is taken for a label."""
        known = self._statuses.get((table, code))
        if known is None:
            base = BASE_STATES.get(table, BASE_STATES[PARENT])
            label = (
                self._labels.get((table, STATE, code))
                or self._labels.get((PARENT, STATE, code))
                or base.get(code, code)
            )
            known = self._statuses[table, code] = label, self._map.get(label.casefold()) or category_of(label)
        return known

    def status_of(self, table: str, row: Row) -> tuple[str, StatusCategory]:
        """The same for a row; the label is empty where the account may not read its state."""
        code = row.get(STATE) or first(row, OLD_STATES)
        if code:
            return self.status(table, code)
        return "", "closed" if row.get("active") == "false" else "active"


def home(table: str, row: Row) -> str:
    """The table whose choices a row has: the one that was read, unless that is the parent of all."""
    return class_of(table, row) if table == PARENT else table


async def read_choices(
    api: TableApi, tables: Iterable[str], columns: Iterable[str], status_map: Mapping[str, StatusCategory]
) -> Choices:
    """The instance's choices of these columns. Choices out of use count too: histories still speak of them."""
    names = sorted({*tables, *BASE_STATES})
    conditions = both(among("element", columns), "language=en")
    rows = await api.matching(CHOICES, FIELDS, "name", names, conditions=conditions, optional=True)
    return Choices(rows, status_map)
