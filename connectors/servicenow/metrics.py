"""Changes by metric_instance: how long a column held a value, where an administrator has defined a metric of it."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import timedelta
from itertools import pairwise

from connectors.servicenow.past import OLD_STATES, STATE
from connectors.servicenow.query import among, instant
from connectors.servicenow.row import Row, complete
from connectors.servicenow.table import TableApi

METRICS = "metric_instance"
FIELDS = ("sys_id", "id", "field", "value", "start")
LAG = timedelta(minutes=5)


async def read_metrics(api: TableApi, keys: Collection[str], team: str) -> list[Row]:
    """The intervals of state and team of these tickets, in any order; none where they are not readable.

    Other columns are left out: the value of an assignee would be the name of a person.
    """
    conditions = among("field", (STATE, *OLD_STATES, team))
    fields, order = ",".join(FIELDS), ("start",)
    rows = await api.matching(METRICS, fields, "id", keys, conditions=conditions, order=order, optional=True)
    return complete(rows, FIELDS)


def measured_changes(rows: Iterable[Row]) -> list[Row]:
    """Changes in the form of sys_audit, but from label to label: where one interval of a column follows another."""
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


def is_covered(rows: Iterable[Row], opened: str, label: str) -> bool:
    """Whether the intervals of the state begin when the ticket did and end in its present state.

    Metrics begin on the day on which they were defined, and are filled in the background.
    """
    states = _by_column(rows)[STATE]
    if not states:
        return False
    return instant(states[0]["start"]) <= instant(opened) + LAG and states[-1]["value"] == label


def _by_column(rows: Iterable[Row]) -> defaultdict[str, list[Row]]:
    """Intervals by column, oldest first; those of `state` alone where its old names were measured too."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row["start"], row["sys_id"])):
        found[row["field"]].append(row)
    for old_name in OLD_STATES:
        intervals = found.pop(old_name, [])
        found[STATE] = found[STATE] or intervals
    return found
