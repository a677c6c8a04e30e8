"""The ServiceNow connector."""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import ClassVar, TypeAlias

from connectors.base import Context, Usage
from connectors.http import HttpClient
from connectors.model import Account, Checkpoint, Count, Page
from connectors.servicenow.account import Examination
from connectors.servicenow.auth import credentials
from connectors.servicenow.batch import Batch, Reader
from connectors.servicenow.checkpoint import Marks
from connectors.servicenow.choices import read_choices
from connectors.servicenow.columns import choice_columns, columns
from connectors.servicenow.query import among, both, ordered
from connectors.servicenow.row import Row
from connectors.servicenow.scope import Scope, since
from connectors.servicenow.settings import ServiceNowSettings
from connectors.servicenow.table import TableApi, batches, inspect
from connectors.servicenow.walk import BY_ID, BY_UPDATE, walk
from connectors.streams import gather_all, prefetch

IDS_A_PAGE = 10_000
ROWS_A_BATCH = 400
"""Rows whose history is read, mapped and stored together: four requests' worth, and the measure of peak memory."""

TableRows: TypeAlias = tuple[str, list[Row]]


class ServiceNowConnector:
    """Reads tasks by the Table API; see `connectors.base.Connector` for what each method promises."""

    name: ClassVar[str] = "servicenow"
    Settings: ClassVar[type[ServiceNowSettings]] = ServiceNowSettings

    def __init__(self, settings: ServiceNowSettings, context: Context) -> None:
        self.usage = Usage()
        self._settings = settings
        self._context = context
        self._http = HttpClient(
            settings,
            self.usage,
            auth=credentials(settings),
            inspect=inspect,
            attempts=context.attempts,
            transport=context.transport,
        )
        self._api = TableApi(self._http)
        self._scope = Scope(self._api, settings)

    async def check(self) -> Account:
        """Who is asking, how many tickets can be seen, and which rights are missing, with their remedies."""
        return await Examination(self._api, self._scope, self._settings, self._context).account()

    async def pages(self, checkpoint: Checkpoint | None) -> AsyncGenerator[Page, None]:
        """All tickets updated since the checkpoint less the overlap, table by table, by time of update."""
        marks = Marks(checkpoint, self._settings, self._context.now())
        starts = {table: since(marks.start(table)) for table in await self._scope.tables()}
        total = await self._total(starts)
        reader = await self._reader()
        async with aclosing(_batches(reader, self._walks(starts))) as found:
            async for batch in found:
                tickets, refused = await reader.tickets(batch)
                marks.advance(batch.table, tickets)
                yield Page(
                    tickets=tuple(tickets), checkpoint=marks.as_checkpoint(), refused=tuple(refused), total=total
                )

    async def ids(self) -> AsyncGenerator[Sequence[str], None]:
        """The sys_ids of all visible tickets updated since `settings.since`, in batches, table by table."""
        base = both(self._settings.query, since(self._settings.since))
        for table in await self._scope.tables():
            async with aclosing(walk(self._api, table, base, key=BY_ID, fields="sys_id", limit=IDS_A_PAGE)) as pages:
                async for rows in pages:
                    yield [row["sys_id"] for row in rows if "sys_id" in row]

    async def tickets(self, ids: Sequence[str]) -> AsyncGenerator[Page, None]:
        """The tickets with these sys_ids as far as they can be seen and meet the query."""
        reader = await self._reader()
        async with aclosing(_batches(reader, self._lookups(ids))) as found:
            async for batch in found:
                tickets, refused = await reader.tickets(batch)
                yield Page(tickets=tuple(tickets), checkpoint={}, refused=tuple(refused))

    async def count(self) -> Count | None:
        """How many tickets the instance counts since `settings.since`, invisible ones included; None: it may not."""
        counted = await self._scope.count()
        return None if counted is None else Count(tickets=counted)

    async def aclose(self) -> None:
        """Frees connections."""
        await self._http.aclose()

    async def _reader(self) -> Reader:
        settings = self._settings
        choices = await read_choices(self._api, settings.tables, choice_columns(settings), settings.status_map)
        return Reader(self._api, choices, settings, self._context)

    async def _total(self, starts: Mapping[str, str]) -> int | None:
        """How many rows the walks will find, invisible ones included; None where the instance does not tell."""
        firsts = await gather_all(
            self._api.page(table, both(self._settings.query, start) + ordered(BY_UPDATE), "sys_id", limit=1)
            for table, start in starts.items()
        )
        totals = [page.total for page in firsts if page.total is not None]
        return sum(totals) if len(totals) == len(firsts) else None

    async def _walks(self, starts: Mapping[str, str]) -> AsyncGenerator[TableRows, None]:
        """All pages of rows of these tables, each from its start on."""
        query, fields, limit = self._settings.query, columns(self._settings), self._settings.page_size
        for table, start in starts.items():
            async with aclosing(
                walk(self._api, table, query, start=start, key=BY_UPDATE, fields=fields, limit=limit)
            ) as pages:
                async for rows in pages:
                    yield table, rows

    async def _lookups(self, ids: Iterable[str]) -> AsyncGenerator[TableRows, None]:
        """The rows with these sys_ids, each table being asked for those that the ones before it do not have."""
        tables = await self._scope.tables()
        for batch in batches(dict.fromkeys(ids)):
            missing = set(batch)
            for table in tables:
                query = both(self._settings.query, among("sys_id", sorted(missing))) + ordered(BY_ID)
                rows = await self._api.all(table, query, columns(self._settings)) if missing else []
                missing -= {row.get("sys_id", "") for row in rows}
                if rows:
                    yield table, rows


async def _batches(reader: Reader, source: AsyncGenerator[TableRows, None]) -> AsyncGenerator[Batch, None]:
    """Everything about each part of a page. The next page is asked for, and the next part read up on, while the
    present one is used.
    """

    async def read() -> AsyncGenerator[Batch, None]:
        async with aclosing(prefetch(source)) as pages:
            async for table, rows in pages:
                for part in batches(rows, ROWS_A_BATCH):
                    yield await reader.read(table, part)

    async with aclosing(prefetch(read())) as found:
        async for batch in found:
            yield batch
