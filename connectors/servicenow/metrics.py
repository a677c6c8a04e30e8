"""Changes from metric_instance: intervals of a column's values, where an administrator has defined a metric for it."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import timedelta
from itertools import pairwise

from connectors.servicenow.columns import OLD_STATES, STATE
from connectors.servicenow.query import instant, is_in
from connectors.servicenow.rows import Row, complete_rows
from connectors.servicenow.table import TableApi

METRICS = "metric_instance"
FIELDS = ("sys_id", "id", "field", "value", "start")
MAX_LAG = timedelta(minutes=5)


async def read_metrics(api: TableApi, keys: Collection[str], team: str) -> list[Row]:
    """Return the intervals of state and team of these tickets, in any order; none if they are not readable."""
    # Assignees are left out: their value is a name, and names are read only where the operator asks for them.
    conditions = is_in("field", (STATE, *OLD_STATES, team))
    fields, order = ",".join(FIELDS), ("start",)
    rows = await api.rows_with(METRICS, fields, "id", keys, conditions=conditions, order=order, optional=True)
    return complete_rows(rows, FIELDS)


def changes_of(rows: Iterable[Row]) -> list[Row]:
    """Return changes in the form of sys_audit, with labels as values: one between two intervals of a column."""
    changes = [
        {
            "sys_created_on": after["start"],
            "fieldname": column,
            "oldvalue": before["value"],
            "newvalue": after["value"],
        }
        for column, intervals in _by_column(rows).items()
        for before, after in pairwise(intervals)
        if before["value"] != after["value"]
    ]
    return sorted(changes, key=lambda change: change["sys_created_on"])


def covers_lifetime(rows: Iterable[Row], opened: str, label: str) -> bool:
    """Return True if the intervals of the state begin with the ticket and end in its current state."""
    states = _by_column(rows)[STATE]
    if not states:
        return False
    # A metric begins on the day of its definition, and is filled in the background.
    return instant(states[0]["start"]) <= instant(opened) + MAX_LAG and states[-1]["value"] == label


def _by_column(rows: Iterable[Row]) -> defaultdict[str, list[Row]]:
    """Return the intervals by column, oldest first; old names of `state` count only if it has none itself."""
    columns: defaultdict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row["start"], row["sys_id"])):
        columns[row["field"]].append(row)
    for old_name in OLD_STATES:
        intervals = columns.pop(old_name, [])
        columns[STATE] = columns[STATE] or intervals
    return columns
