"""Histories of tickets by the best source that has them: sys_audit, metric_instance, or the counters alone."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from connectors.model import HistoryIs, StatusCategory
from connectors.servicenow.audit import AUDIT, changes_state, in_order, is_complete, read_audit
from connectors.servicenow.choices import Choices, choice_table
from connectors.servicenow.columns import ASSIGNEE, COUNTERS, OLD_STATES, PRIORITY, STATE
from connectors.servicenow.metrics import changes_of, covers_lifetime, read_metrics
from connectors.servicenow.rows import Row
from connectors.servicenow.table import TableApi

OPEN: frozenset[StatusCategory] = frozenset({"new", "active", "waiting"})

ByTicket: TypeAlias = Mapping[str, Sequence[Row]]


@dataclass(frozen=True, slots=True)
class HistoryRows:
    """The rows of sys_audit and metric_instance about a page of tickets, by the sys_id of the ticket."""

    audit: ByTicket
    metrics: ByTicket


@dataclass(frozen=True, slots=True)
class History:
    """All known changes of one ticket, oldest first, and their provenance.

    A change is a row in the form of sys_audit: `sys_created_on`, `fieldname`, `oldvalue`, `newvalue`, `user`.
    """

    changes: Sequence[Row]
    history_is: HistoryIs


UNREADABLE_HISTORY = History((), "none")


class HistoryReader:
    """Read the history rows of many tickets at once, and make the history of each ticket of them."""

    def __init__(self, api: TableApi, choices: Choices, team: str) -> None:
        self._api = api
        self._choices = choices
        self._team = team

    async def read(self, table: str, tickets: Mapping[str, Row]) -> HistoryRows:
        """Return the history rows of these tickets, given by sys_id."""
        columns = (STATE, self._team, ASSIGNEE, PRIORITY)
        audit = _by_ticket(await read_audit(self._api, table, tickets, columns), "documentkey")
        # A ticket that must have changed, but has no change of `state`, was audited under an old name of the column.
        unexplained = {
            key: row
            for key, row in tickets.items()
            if not changes_state(audit[key]) and self._must_have_changed(table, row)
        }
        for row in await read_audit(self._api, table, unexplained, OLD_STATES):
            audit[row["documentkey"]].append(row | {"fieldname": STATE})
        unaudited = [key for key in unexplained if not audit[key]]
        return HistoryRows(audit, _by_ticket(await read_metrics(self._api, unaudited, self._team), "id"))

    def history(self, table: str, row: Row, rows: HistoryRows) -> History:
        """Return the history of one ticket of the page. Raise KeyError or ValueError for malformed rows."""
        key = row["sys_id"]
        if audit := rows.audit.get(key):
            return self._audited_history(table, row, in_order(audit))
        if metrics := rows.metrics.get(key):
            label, _ = self._choices.status_of(choice_table(table, row), row)
            is_whole = covers_lifetime(metrics, row.get("sys_created_on") or row["opened_at"], label)
            return History(changes_of(metrics), "history" if is_whole else "truncated")
        if not self._must_have_changed(table, row):
            return History((), "history")
        return History((), "counter" if any(row.get(counter) for counter in COUNTERS) else "none")

    def _audited_history(self, table: str, row: Row, changes: Sequence[Row]) -> History:
        # Auditing that was switched on late leaves a ticket that has ended without any change of state.
        category = self._choices.status_of(choice_table(table, row), row)[1]
        is_explained = changes_state(changes) or category in OPEN
        is_whole = is_explained and is_complete(changes, row, (STATE, self._team))
        return History(changes, "history" if is_whole else "truncated")

    def _must_have_changed(self, table: str, row: Row) -> bool:
        """Return True if a ticket without changes in the rows cannot be one without changes."""
        category = self._choices.status_of(choice_table(table, row), row)[1]
        if AUDIT in self._api.unreadable or category != "new":
            return True
        return any(row.get(counter, "") not in ("", "0") for counter in COUNTERS)


def _by_ticket(rows: Iterable[Row], column: str) -> defaultdict[str, list[Row]]:
    tickets: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        tickets[row[column]].append(row)
    return tickets
