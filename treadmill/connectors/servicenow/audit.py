"""Changes by sys_audit: every audited column, from the first update on, but not the values at creation."""

from collections.abc import Iterable, Mapping

from treadmill.connectors.servicenow.past import STATE, Change, current_name
from treadmill.connectors.servicenow.query import among, both
from treadmill.connectors.servicenow.table import Row, TableApi, class_of

AUDIT = "sys_audit"
FIELDS = "sys_id,documentkey,fieldname,oldvalue,newvalue,user,sys_created_on,record_checkpoint"


async def read_audit(api: TableApi, table: str, tickets: Mapping[str, Row], columns: Iterable[str]) -> list[Row]:
    """The audit rows of these tickets and columns, in any order; none where sys_audit is not readable.

    They are asked for by ticket, as nothing else of this very large table is indexed.
    """
    classes = sorted({table, *(class_of(table, row) for row in tickets.values())})
    conditions = both(among("fieldname", columns), among("tablename", classes))
    order = ("sys_created_on",)
    return await api.matching(AUDIT, FIELDS, "documentkey", tickets, conditions=conditions, order=order, optional=True)


def speaks_of_state(rows: Iterable[Row]) -> bool:
    """Whether any of these audit rows tells of a change of state."""
    return any(row.get("fieldname") == STATE for row in rows)


def audited_changes(rows: Iterable[Row]) -> list[Change]:
    """Each row once, in the order in which things happened. Raises KeyError where a row lacks what it must have."""
    unique = {row["sys_id"]: row for row in rows}
    return [
        Change(row["sys_created_on"], current_name(row["fieldname"]), row["oldvalue"], row["newvalue"], row.get("user"))
        for row in sorted(unique.values(), key=_order)
        if row["oldvalue"] != row["newvalue"]
    ]


def _order(row: Row) -> tuple[str, int, str]:
    """Many rows share a second, and the rows of one update share its checkpoint, which is a number."""
    return row["sys_created_on"], int(row.get("record_checkpoint") or 0), row["sys_id"]


def is_whole(changes: Iterable[Change], row: Row, columns: Iterable[str]) -> bool:
    """Whether the changes of each column follow from one another and lead to the ticket's present value.

    A change made after the ticket was read says nothing of that.
    """
    last: dict[str, Change] = {}
    for change in changes:
        before = last.get(change.column)
        if before is not None and before.new != change.old:
            return False
        last[change.column] = change
    read_at = row.get("sys_updated_on", "")
    return all(
        end.new == row.get(column, end.new) or end.at > read_at for column in columns if (end := last.get(column))
    )
