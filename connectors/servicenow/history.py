"""The past of tickets, from the best source that knows it: sys_audit, metric_instance, or only the counters."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from connectors.model import StatusCategory
from connectors.servicenow.audit import AUDIT, in_order, is_whole, read_audit, speaks_of_state
from connectors.servicenow.choices import Choices, home
from connectors.servicenow.columns import ASSIGNEE, COUNTERS, PRIORITY
from connectors.servicenow.metrics import is_covered, measured_changes, read_metrics
from connectors.servicenow.past import OLD_STATES, STATE, Past
from connectors.servicenow.row import Row
from connectors.servicenow.table import TableApi

OPEN: frozenset[StatusCategory] = frozenset({"new", "active", "waiting"})

ByTicket: TypeAlias = Mapping[str, Sequence[Row]]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was read about the past of a page of tickets: rows by the sys_id of their ticket."""

    audited: ByTicket
    measured: ByTicket


class History:
    """Reads the evidence of many tickets at once, and judges it ticket by ticket."""

    def __init__(self, api: TableApi, choices: Choices, team: str) -> None:
        self._api = api
        self._choices = choices
        self._team = team

    async def read(self, table: str, tickets: Mapping[str, Row]) -> Evidence:
        """What is known of these tickets, given by sys_id.

        One that must have changed, but not by any row of `state`, is asked for under the column's old names;
        one without any audit row is looked for among the metrics.
        """
        columns = (STATE, self._team, ASSIGNEE, PRIORITY)
        audited = _by_ticket(await read_audit(self._api, table, tickets, columns), "documentkey")
        silent = {
            key: row
            for key, row in tickets.items()
            if not speaks_of_state(audited[key]) and self._must_have_changed(table, row)
        }
        for row in await read_audit(self._api, table, silent, OLD_STATES):
            audited[row["documentkey"]].append(row | {"fieldname": STATE})
        unaudited = [key for key in silent if not audited[key]]
        return Evidence(audited, _by_ticket(await read_metrics(self._api, unaudited, self._team), "id"))

    def past(self, table: str, row: Row, evidence: Evidence) -> Past:
        """The past of one ticket of the page. Raises KeyError or ValueError where the evidence makes no sense."""
        key = row["sys_id"]
        if audited := evidence.audited.get(key):
            return self._audited_past(table, row, in_order(audited))
        if measured := evidence.measured.get(key):
            label, _ = self._choices.status_of(home(table, row), row)
            whole = is_covered(measured, row.get("sys_created_on") or row["opened_at"], label)
            return Past(measured_changes(measured), "history" if whole else "truncated")
        if not self._must_have_changed(table, row):
            return Past((), "history")
        return Past((), "counter" if any(row.get(counter) for counter in COUNTERS) else "none")

    def _audited_past(self, table: str, row: Row, changes: Sequence[Row]) -> Past:
        """A ticket that has come to its end without a change of state was not audited from its beginning."""
        explained = speaks_of_state(changes) or self._choices.status_of(home(table, row), row)[1] in OPEN
        whole = explained and is_whole(changes, row, (STATE, self._team))
        return Past(changes, "history" if whole else "truncated")

    def _must_have_changed(self, table: str, row: Row) -> bool:
        """Whether a ticket without changes is one whose changes are unknown."""
        if AUDIT in self._api.refused or self._choices.status_of(home(table, row), row)[1] != "new":
            return True
        return any(row.get(counter, "") not in ("", "0") for counter in COUNTERS)


def _by_ticket(rows: Iterable[Row], column: str) -> defaultdict[str, list[Row]]:
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[column]].append(row)
    return found
