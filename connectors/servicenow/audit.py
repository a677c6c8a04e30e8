"""Changes from sys_audit: every audited column from the first update on, without the values at creation."""

from collections.abc import Iterable, Mapping

from connectors.drafts import attempt
from connectors.servicenow.columns import STATE
from connectors.servicenow.query import all_of, is_in
from connectors.servicenow.rows import Row, class_of, complete_rows
from connectors.servicenow.table import TableApi

AUDIT = "sys_audit"
MAX_DIGITS = 20
REQUIRED = ("sys_id", "documentkey", "fieldname", "oldvalue", "newvalue", "sys_created_on")
FIELDS = ",".join((*REQUIRED, "user", "record_checkpoint"))


async def read_audit(api: TableApi, table: str, tickets: Mapping[str, Row], columns: Iterable[str]) -> list[Row]:
    """Return the audit rows of these tickets and columns, in any order; none if sys_audit is not readable.

    Rows with columns that the account may not read are left out.
    """
    classes = sorted({table, *(class_of(table, row) for row in tickets.values())})
    conditions = all_of(is_in("fieldname", columns), is_in("tablename", classes))
    order = ("sys_created_on",)
    # By ticket, never by date: nothing else of this very large table is indexed.
    rows = await api.rows_with(AUDIT, FIELDS, "documentkey", tickets, conditions=conditions, order=order, optional=True)
    return complete_rows(rows, REQUIRED)


def changes_state(changes: Iterable[Row]) -> bool:
    """Return True if any of these is a change of state."""
    return any(change["fieldname"] == STATE for change in changes)


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Return each real change once, oldest first. Raise KeyError for a malformed row."""
    unique = {row["sys_id"]: row for row in rows}
    return [row for row in sorted(unique.values(), key=_order) if row["oldvalue"] != row["newvalue"]]


def _order(row: Row) -> tuple[str, int, str]:
    # Many rows share a second, and the rows of one update share its checkpoint. That is a number in a text: 9 is
    # before 10.
    checkpoint = row.get("record_checkpoint") or "0"
    number = int(checkpoint) if len(checkpoint) < MAX_DIGITS and checkpoint.isdecimal() else attempt(0, int, checkpoint)
    return row["sys_created_on"], number, row["sys_id"]


def is_complete(changes: Iterable[Row], ticket: Row, columns: Iterable[str]) -> bool:
    """Return True if the changes of each column follow from one another and lead to the ticket's current value."""
    last: dict[str, Row] = {}
    for change in changes:
        column = change["fieldname"]
        if column in last and last[column]["newvalue"] != change["oldvalue"]:
            return False
        last[column] = change
    return all(_leads_to(ticket, last[column]) for column in columns if column in last)


def _leads_to(ticket: Row, change: Row) -> bool:
    value = ticket.get(change["fieldname"])
    # A change made after the ticket was read proves nothing about the value that was read.
    return value is None or value == change["newvalue"] or change["sys_created_on"] > ticket.get("sys_updated_on", "")
