"""Batches of rows with everything that was read about them, and the tickets that they make."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from connectors.base import Context
from connectors.drafts import attempt
from connectors.model import LeftOut, MappedSample, Refusal, Ticket
from connectors.servicenow.choices import Choices
from connectors.servicenow.columns import reference_tables
from connectors.servicenow.history import UNREADABLE_HISTORY, HistoryReader, HistoryRows
from connectors.servicenow.mapping import RowMapper
from connectors.servicenow.references import References
from connectors.servicenow.rows import Row, chunked, is_sys_id
from connectors.servicenow.settings import ServiceNowSettings
from connectors.servicenow.sla import read_slas
from connectors.servicenow.table import TableApi
from connectors.unknowns import unknown_words

ROWS_A_TURN = 100
MAX_REFUSALS = 20


@dataclass(frozen=True, slots=True)
class RowBatch:
    """Rows of one table with their history rows and their service level clocks, these by the ticket's sys_id."""

    table: str
    rows: Sequence[Row]
    history: HistoryRows
    slas: Mapping[str, Sequence[Row]]


class BatchReader:
    """Make batches of rows, and tickets of batches."""

    def __init__(self, api: TableApi, choices: Choices, settings: ServiceNowSettings, context: Context) -> None:
        self._api = api
        self._reference_tables = reference_tables(settings, context.person_names)
        self._references = References(api)
        self._history_reader = HistoryReader(api, choices, settings.team_field)
        self._mapper = RowMapper(settings, choices, self._references)

    async def read(self, table: str, rows: Sequence[Row]) -> RowBatch:
        """Read the histories and clocks of these tickets, and the names that are not cached."""
        tickets = {row["sys_id"]: row for row in rows if is_sys_id(row.get("sys_id", ""))}
        history = await self._history_reader.read(table, tickets)
        slas = await read_slas(self._api, tickets)
        await self._references.read_programs()
        await self._references.resolve(self._referenced(rows, history))
        return RowBatch(table, rows, history, slas)

    async def sample(self, rows_by_table: Mapping[str, Sequence[Row]]) -> MappedSample:
        """Return what a pull would make of these rows."""
        taken, refused = list[Ticket](), list[Refusal]()
        for table, rows in rows_by_table.items():
            tickets, refusals = await self.tickets(await self.read(table, rows))
            taken += tickets
            refused += refusals
        return MappedSample(
            taken=len(taken),
            refused=len(refused),
            refusals=tuple(refused[:MAX_REFUSALS]),
            left_out=self.left_out(),
            unknown=unknown_words(taken),
        )

    def left_out(self) -> tuple[LeftOut, ...]:
        """Return the values that were left out of the tickets since the last call."""
        return self._mapper.omissions.take()

    async def tickets(self, batch: RowBatch) -> tuple[list[Ticket], list[Refusal]]:
        """Return the tickets, and a refusal for each row that makes none."""
        tickets: list[Ticket] = []
        refused: list[Refusal] = []
        for rows in chunked(batch.rows, ROWS_A_TURN):
            for row in rows:
                match self._map(row, batch):
                    case Ticket() as ticket:
                        tickets.append(ticket)
                    case Refusal() as refusal:
                        refused.append(refusal)
            # Mapping is pure CPU work: now and then the event loop may send the next request meanwhile.
            await asyncio.sleep(0)
        return tickets, refused

    def _map(self, row: Row, batch: RowBatch) -> Ticket | Refusal:
        history = attempt(UNREADABLE_HISTORY, self._history_reader.history, batch.table, row, batch.history)
        return self._mapper.map(batch.table, row, history, batch.slas.get(row.get("sys_id", ""), ()))

    def _referenced(self, rows: Sequence[Row], history: HistoryRows) -> Mapping[str, set[str]]:
        """Return the values that are shown by name, by the table that they refer to."""
        values: defaultdict[str, set[str]] = defaultdict(set)
        for column, table in self._reference_tables.items():
            values[table].update(row.get(column, "") for row in rows)
        # Not the metrics: they hold labels already.
        for change in chain.from_iterable(history.audit.values()):
            if table := self._reference_tables.get(change["fieldname"], ""):
                values[table].update((change["oldvalue"], change["newvalue"]))
        return values
