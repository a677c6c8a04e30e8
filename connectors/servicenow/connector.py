"""The ServiceNow connector: one run against one instance."""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import ClassVar, TypeAlias

from connectors.base import Context, Usage
from connectors.http import HttpClient
from connectors.model import Account, Checkpoint, Count, Page
from connectors.servicenow.account import AccountCheck
from connectors.servicenow.auth import auth_of
from connectors.servicenow.batch import BatchReader, RowBatch
from connectors.servicenow.checkpoint import Watermarks
from connectors.servicenow.choices import read_choices
from connectors.servicenow.columns import choice_columns, ticket_columns
from connectors.servicenow.query import all_of, order_by
from connectors.servicenow.rows import Row, chunked, is_sys_id
from connectors.servicenow.scope import TableScope, updated_since
from connectors.servicenow.settings import ServiceNowSettings
from connectors.servicenow.table import TableApi, inspect_answer
from connectors.servicenow.walk import BY_ID, BY_UPDATE, walk_rows
from connectors.streams import gather_all, prefetch
from connectors.texts import clean_id
from connectors.words import words_of

IDS_A_PAGE = 10_000
# Rows whose histories are read, mapped and stored together: four requests' worth. It bounds the peak of memory.
ROWS_A_BATCH = 400

TableRows: TypeAlias = tuple[str, list[Row]]


class ServiceNowConnector:
    """Read tasks by the Table API; `connectors.base.Connector` documents the methods."""

    name: ClassVar[str] = "servicenow"
    Settings: ClassVar[type[ServiceNowSettings]] = ServiceNowSettings

    def __init__(self, settings: ServiceNowSettings, context: Context) -> None:
        self.usage = Usage()
        self._settings = settings
        self._context = context
        self._http = HttpClient(
            settings,
            self.usage,
            auth=auth_of(settings),
            inspect=inspect_answer,
            attempts=context.attempts,
            transport=context.transport,
        )
        self._api = TableApi(self._http)
        self._scope = TableScope(self._api, settings)

    async def check(self) -> Account:
        """Return the account, the number of tickets that it sees, and the rights that it lacks."""
        account = AccountCheck(self._api, self._scope, self._settings, self._context)
        return await account.account(await self._batch_reader())

    async def pages(self, checkpoint: Checkpoint | None) -> AsyncGenerator[Page, None]:
        """Yield all tickets updated since the checkpoint minus the overlap, table by table, by update time."""
        watermarks = Watermarks(checkpoint, self._settings, self._context.now())
        starts = {table: updated_since(watermarks.start(table)) for table in await self._scope.tables()}
        total = await self._total(starts)
        reader = await self._batch_reader()
        async with aclosing(_read_batches(reader, self._walk_tables(starts))) as batches:
            async for batch in batches:
                tickets, refused = await reader.tickets(batch)
                watermarks.advance(batch.table, tickets)
                yield Page(
                    tickets=tuple(tickets),
                    checkpoint=watermarks.as_checkpoint(),
                    refused=tuple(refused),
                    left_out=reader.left_out(),
                    total=total,
                )

    async def ids(self) -> AsyncGenerator[Sequence[str], None]:
        """Yield the sys_ids of all visible tickets updated since `settings.since`, in batches, table by table."""
        base = all_of(self._settings.query, updated_since(self._settings.since))
        for table in await self._scope.tables():
            # By sys_id, which never changes: a row that is updated meanwhile keeps its position.
            pages = walk_rows(self._api, table, base, key=BY_ID, fields="sys_id", limit=IDS_A_PAGE)
            async with aclosing(pages):
                async for rows in pages:
                    yield [uid for row in rows if is_sys_id(uid := clean_id(row.get("sys_id", "")))]

    async def tickets(self, ids: Sequence[str]) -> AsyncGenerator[Page, None]:
        """Yield the tickets with these sys_ids that are visible and meet the query."""
        reader = await self._batch_reader()
        async with aclosing(_read_batches(reader, self._find_rows(ids))) as batches:
            async for batch in batches:
                tickets, refused = await reader.tickets(batch)
                yield Page(tickets=tuple(tickets), checkpoint={}, refused=tuple(refused), left_out=reader.left_out())

    async def count(self) -> Count | None:
        """Return the instance's count of tickets since `settings.since`, hidden ones included; None if forbidden."""
        tickets = await self._scope.count()
        return None if tickets is None else Count(tickets=tickets)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def _batch_reader(self) -> BatchReader:
        settings = self._settings
        choices = await read_choices(self._api, settings.tables, choice_columns(settings), words_of(settings))
        return BatchReader(self._api, choices, settings, self._context)

    async def _total(self, starts: Mapping[str, str]) -> int | None:
        """Return the number of rows that the walks will pass, hidden ones included; None if the instance has none."""
        firsts = await gather_all(
            self._api.page(table, all_of(self._settings.query, start) + order_by(BY_UPDATE), "sys_id", limit=1)
            for table, start in starts.items()
        )
        totals = [page.total for page in firsts if page.total is not None]
        return sum(totals) if len(totals) == len(firsts) else None

    async def _walk_tables(self, starts: Mapping[str, str]) -> AsyncGenerator[TableRows, None]:
        """Yield all pages of rows of these tables, each from its start."""
        query, fields, limit = self._settings.query, ticket_columns(self._settings), self._settings.page_size
        for table, start in starts.items():
            pages = walk_rows(self._api, table, query, start=start, key=BY_UPDATE, fields=fields, limit=limit)
            async with aclosing(pages):
                async for rows in pages:
                    yield table, rows

    async def _find_rows(self, ids: Iterable[str]) -> AsyncGenerator[TableRows, None]:
        """Yield the rows with these sys_ids, whichever table has them."""
        tables = await self._scope.tables()
        for chunk in chunked(dict.fromkeys(ids)):
            missing = set(chunk)
            for table in tables:
                columns, conditions = ticket_columns(self._settings), self._settings.query
                rows = await self._api.rows_with(table, columns, "sys_id", sorted(missing), conditions=conditions)
                missing -= {row.get("sys_id", "") for row in rows}
                if rows:
                    yield table, rows


async def _read_batches(reader: BatchReader, source: AsyncGenerator[TableRows, None]) -> AsyncGenerator[RowBatch, None]:
    """Yield batches of the source's rows with everything that belongs to them."""

    async def read() -> AsyncGenerator[RowBatch, None]:
        async with aclosing(prefetch(source)) as pages:
            async for table, rows in pages:
                for chunk in chunked(rows, ROWS_A_BATCH):
                    yield await reader.read(table, chunk)

    # Both stages work ahead: while the caller stores one batch, the next is being read and its next page requested.
    async with aclosing(prefetch(read())) as batches:
        async for batch in batches:
            yield batch
