"""The census: the ids of a source compared with the stored ones."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import aclosing

from connectors.base import Connector
from connectors.model import Gap
from service.store.tickets import sources
from service.store.tickets.census import IdComparison, mark_deleted
from service.sync.buffer import prefetch
from service.sync.run import Run, RunRecorder, SyncContext, now, run_exclusively
from service.sync.source import ConfiguredSource

SUSPICIOUS_SHARE = 0.5
SUSPICIOUS_COUNT = 100


async def census(workplace: SyncContext, source: ConfiguredSource) -> Run:
    """Marks the tickets that are gone from a source, pulls those that are missing, and says what gaps remain."""

    async def work(running: RunRecorder) -> None:
        async with source.open(running.state.reach) as connector:
            await reconcile(workplace, running, connector)

    return await run_exclusively(workplace, source, "census", work)


async def reconcile(workplace: SyncContext, running: RunRecorder, connector: Connector) -> None:
    """Compares all ids. The account is proven first: an empty answer to a stranger must not look like deletion."""
    await connector.check()
    with IdComparison.open(running.database, running.state.id) as comparison:
        async with aclosing(prefetch(connector.ids(), workplace.stop)) as batches:
            async for batch in batches:
                await asyncio.to_thread(comparison.add, batch)
        reconciliation = _Reconciliation(running, connector, comparison)
        gaps = await reconciliation.gaps()
    running.meter(connector)
    await asyncio.to_thread(
        sources.mark_completeness, running.database, running.state.id, not gaps, gaps, reconciled_at=now()
    )


class _Reconciliation:
    """What is done with the ids once all are gathered."""

    def __init__(self, running: RunRecorder, connector: Connector, comparison: IdComparison) -> None:
        self._running = running
        self._connector = connector
        self._comparison = comparison

    async def gaps(self) -> list[Gap]:
        """Pulls what is missing, marks what is gone, and returns what could not be mended."""
        for batch in self._comparison.missing():
            await self._fetch(batch)
        found = [await self._refused(), await self._gone(), await self._invisible()]
        await asyncio.to_thread(sources.recount, self._running.database, self._running.state.id)
        return [gap for gap in found if gap is not None]

    async def _fetch(self, ids: Sequence[str]) -> set[str]:
        """Stores these tickets as far as they exist; returns the ids of those. A pull has counted refusals before."""
        existing: set[str] = set()
        async for page in self._connector.tickets(ids):
            fresh = page if self._running.run.kind == "census" else page.model_copy(update={"refused": ()})
            await self._running.store(fresh, self._connector, keep_checkpoint=False)
            existing.update(ticket.id for ticket in page.tickets)
        return existing

    async def _refused(self) -> Gap | None:
        still = await asyncio.to_thread(lambda: sum(map(len, self._comparison.missing())))
        if not still:
            return None
        return Gap(
            cause="refused",
            count=still,
            text=f"{still} tickets exist and could not be read; the refused records of the last runs say why.",
        )

    async def _gone(self) -> Gap | None:
        """Marks what exists no more, unless so much is gone at once that a lost right is the likelier cause."""
        gone = await asyncio.to_thread(lambda: sum(map(len, self._comparison.deleted())))
        stored = gone + await asyncio.to_thread(self._comparison.source_count)
        if gone > SUSPICIOUS_COUNT and gone > SUSPICIOUS_SHARE * stored:
            return Gap(
                cause="too_many_gone",
                count=gone,
                text=f"{gone} of {stored} tickets can no longer be seen. None was marked as deleted: check what the "
                "account may read.",
            )
        for batch in self._comparison.deleted():
            await self._mark(set(batch) - await self._fetch(batch))
        return None

    async def _mark(self, ids: Iterable[str]) -> None:
        def commit() -> None:
            database, state = self._running.database, self._running.state
            with database.write() as connection:
                self._running.run.counts.deleted += mark_deleted(connection, database, state.id, ids, now())

        await asyncio.to_thread(commit)

    async def _invisible(self) -> Gap | None:
        count = await self._connector.count()
        hidden = count.tickets - await asyncio.to_thread(self._comparison.source_count) if count and count.exact else 0
        if hidden <= 0:
            return None
        return Gap(
            cause="invisible",
            count=hidden,
            text=f"The source counts {hidden} tickets more than the account may read. Grant it the right to see them.",
        )
