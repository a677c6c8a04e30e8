"""A page of rows with all that was read about them, and the tickets that it makes."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from connectors.base import Context
from connectors.model import Refusal, Ticket
from connectors.servicenow.choices import Choices
from connectors.servicenow.columns import targets
from connectors.servicenow.history import Evidence, History
from connectors.servicenow.mapping import Mapper, refusal
from connectors.servicenow.references import References
from connectors.servicenow.row import Row
from connectors.servicenow.settings import ServiceNowSettings
from connectors.servicenow.sla import read_slas
from connectors.servicenow.table import TableApi, batches

ROWS_IN_ONE_GO = 100


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one table with their evidence and their service level clocks, these by sys_id of the ticket."""

    table: str
    rows: Sequence[Row]
    evidence: Evidence
    slas: Mapping[str, Sequence[Row]]


class Reader:
    """Makes batches of rows, and tickets of batches."""

    def __init__(self, api: TableApi, choices: Choices, settings: ServiceNowSettings, context: Context) -> None:
        self._api = api
        self._targets = targets(settings, context.person_names)
        self._references = References(api)
        self._history = History(api, choices, settings.team_field)
        self._mapper = Mapper(settings, choices, self._references)

    async def read(self, table: str, rows: Sequence[Row]) -> Batch:
        """Reads what happened to these tickets, their clocks, and the names that are not known yet."""
        tickets = {row["sys_id"]: row for row in rows if row.get("sys_id")}
        evidence = await self._history.read(table, tickets)
        slas = await read_slas(self._api, tickets)
        await self._references.learn(self._wanted(rows, evidence))
        return Batch(table, rows, evidence, slas)

    async def tickets(self, batch: Batch) -> tuple[list[Ticket], list[Refusal]]:
        """The tickets, and a refusal for each row that makes none. Lets other work go on in between."""
        tickets: list[Ticket] = []
        refused: list[Refusal] = []
        for rows in batches(batch.rows, ROWS_IN_ONE_GO):
            for row in rows:
                try:
                    tickets.append(self._ticket(row, batch))
                except (ValueError, KeyError) as problem:
                    refused.append(refusal(row, problem))
            await asyncio.sleep(0)
        return tickets, refused

    def _ticket(self, row: Row, batch: Batch) -> Ticket:
        past = self._history.past(batch.table, row, batch.evidence)
        return self._mapper.ticket(batch.table, row, past, batch.slas.get(row["sys_id"], ()))

    def _wanted(self, rows: Sequence[Row], evidence: Evidence) -> Mapping[str, set[str]]:
        """The values to be shown by name, by the table that they refer to."""
        wanted: defaultdict[str, set[str]] = defaultdict(set)
        for column, table in self._targets.items():
            wanted[table].update(row.get(column, "") for row in rows)
        for change in chain.from_iterable(evidence.audited.values()):
            if target := self._targets.get(change["fieldname"]):
                wanted[target].update((change["oldvalue"], change["newvalue"]))
        return wanted
