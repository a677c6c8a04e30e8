"""Changes by sys_audit: every audited column, from the first update on, but not the values at creation."""

from collections.abc import Iterable, Mapping

from connectors.servicenow.past import STATE
from connectors.servicenow.query import among, both
from connectors.servicenow.row import Row, class_of, complete
from connectors.servicenow.table import TableApi

AUDIT = "sys_audit"
NEEDED = ("sys_id", "documentkey", "fieldname", "oldvalue", "newvalue", "sys_created_on")
FIELDS = ",".join((*NEEDED, "user", "record_checkpoint"))


async def read_audit(api: TableApi, table: str, tickets: Mapping[str, Row], columns: Iterable[str]) -> list[Row]:
    """The audit rows of these tickets and columns, in any order; none where sys_audit is not readable.

    They are asked for by ticket, as nothing else of this very large table is indexed. Rows of which the account may
    not read enough are left out.
    """
    classes = sorted({table, *(class_of(table, row) for row in tickets.values())})
    conditions = both(among("fieldname", columns), among("tablename", classes))
    order = ("sys_created_on",)
    rows = await api.matching(AUDIT, FIELDS, "documentkey", tickets, conditions=conditions, order=order, optional=True)
    return complete(rows, NEEDED)


def speaks_of_state(changes: Iterable[Row]) -> bool:
    """Whether any of these is a change of state."""
    return any(change["fieldname"] == STATE for change in changes)


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Each real change once, in the order in which things happened. Raises KeyError or ValueError for a broken row."""
    unique = {row["sys_id"]: row for row in rows}
    return [row for row in sorted(unique.values(), key=_order) if row["oldvalue"] != row["newvalue"]]


def _order(row: Row) -> tuple[str, int, str]:
    """Many rows share a second, and the rows of one update share its checkpoint, which is a number."""
    return row["sys_created_on"], int(row.get("record_checkpoint") or 0), row["sys_id"]


def is_whole(changes: Iterable[Row], ticket: Row, columns: Iterable[str]) -> bool:
    """Whether the changes of each column follow from one another and lead to the ticket's present value.

    A change made after the ticket was read says nothing of that.
    """
    last: dict[str, Row] = {}
    for change in changes:
        column = change["fieldname"]
        if column in last and last[column]["newvalue"] != change["oldvalue"]:
            return False
        last[column] = change
    return all(_is_present(last[column], ticket) for column in columns if column in last)


def _is_present(change: Row, ticket: Row) -> bool:
    value = ticket.get(change["fieldname"])
    return value is None or value == change["newvalue"] or change["sys_created_on"] > ticket.get("sys_updated_on", "")
