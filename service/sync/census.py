"""The census: a comparison of the ids of a source with the stored ones."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog
from sqlalchemy import Connection

from connectors.base import Connector
from connectors.bounds import bound_page
from connectors.errors import BrokenAnswer
from connectors.model import Gap
from connectors.texts import clean_id
from service.store.tickets import sources
from service.store.tickets.census import IdComparison, mark_deleted, mark_seen, mark_unseen
from service.sync.buffer import prefetch
from service.sync.deadline import finish_in_thread
from service.sync.run import Run, RunRecorder, SyncContext, now, run_exclusively
from service.sync.source import ConfiguredSource

SUSPICIOUS_SHARE = 0.5
SUSPICIOUS_COUNT = 100
# A count is an estimate, and tickets that change meanwhile come again: only a multiple proves pages without end.
ENDLESS_FACTOR, ENDLESS_COUNT = 10, 10_000
UNQUESTIONED_SHARE = 0.1
UNQUESTIONED_COUNT = 10
SECOND_LOOK = timedelta(hours=1)
# One sentence for every connector: the census does not know which of them reads files.
STILL_THERE = "If they still exist, check the rights of the account, or the files that the source reads."

T = TypeVar("T")

log = structlog.get_logger()


async def census(context: SyncContext, source: ConfiguredSource) -> Run:
    """Mark the deleted tickets of a source, pull the missing ones, and record the gaps that remain."""

    async def work(recorder: RunRecorder) -> None:
        async with source.open(recorder.state.reach) as connector:
            await reconcile(context, recorder, connector)

    # Before the source is locked: while a census waits, its source is pulled.
    async with context.comparisons:
        return await run_exclusively(context, source, "census", work)


def check_count(sent: int, counted: int | None) -> None:
    """Raise BrokenAnswer where a system has sent many more tickets than it counts: its pages may have no end."""
    if counted is not None and sent > ENDLESS_FACTOR * counted + ENDLESS_COUNT:
        raise BrokenAnswer(f"the system counts {counted:,} tickets and has sent {sent:,}, as if its pages had no end")


async def reconcile(context: SyncContext, recorder: RunRecorder, connector: Connector) -> None:
    """Compare all ids, repair the differences, and record the completeness of the source."""
    # A system may answer an account without rights with an empty list, which would look like a deletion of all
    # tickets. So the account is checked first.
    account = await connector.check()
    listed = 0
    async with _open_comparison(recorder) as comparison:
        async with aclosing(prefetch(connector.ids(), context.stop)) as batches:
            async for batch in batches:
                listed += len(batch)
                check_count(listed, account.tickets)
                # Cleaned as the ids of tickets are before they are stored.
                await finish_in_thread(comparison.add, [clean_id(id_) for id_ in batch])
        gaps = await _Reconciliation(recorder, connector, comparison).run()
    recorder.count_requests(connector)
    await finish_in_thread(
        sources.mark_completeness, recorder.database, recorder.state.id, not gaps, gaps, reconciled_at=now()
    )


@asynccontextmanager
async def _open_comparison(recorder: RunRecorder) -> AsyncIterator[IdComparison]:
    comparison = await finish_in_thread(IdComparison.open, recorder.database, recorder.state.id)
    try:
        yield comparison
    finally:
        await finish_in_thread(comparison.close)


async def _read_in_thread(batches: Iterator[T]) -> AsyncIterator[T]:
    """Yield the batches that an iterator reads from the database."""
    while (batch := await finish_in_thread(next, batches, None)) is not None:
        yield batch


class _Reconciliation:
    """The repair of a store after all ids of its source are known."""

    def __init__(self, recorder: RunRecorder, connector: Connector, comparison: IdComparison) -> None:
        self._recorder = recorder
        self._connector = connector
        self._comparison = comparison

    async def run(self) -> list[Gap]:
        """Pull the missing tickets, mark the deleted ones, and return the gaps that remain."""
        async for batch in _read_in_thread(self._comparison.missing()):
            await self._fetch(batch)
        gaps = [await self._refused(), await self._deleted(), await self._invisible()]
        # The totals are added up page by page; a census sets right what may have drifted.
        await finish_in_thread(sources.recount, self._recorder.database, self._recorder.state.id)
        return [gap for gap in gaps if gap is not None]

    async def _fetch(self, ids: Sequence[str]) -> set[str]:
        """Pull and store these tickets. Return the ids of those that exist."""
        existing: set[str] = set()
        async for page in self._connector.tickets(ids):
            # A pull that ends in a reconciliation has counted these refusals already.
            new_page = bound_page(page)
            if self._recorder.run.kind != "census":
                new_page = new_page.model_copy(update={"refused": ()})
            # These pages lie anywhere in the history: the checkpoint of the pull must not move with them.
            await self._recorder.store(new_page, self._connector, save_checkpoint=False)
            existing.update(clean_id(ticket.id) for ticket in page.tickets)
        return existing

    async def _refused(self) -> Gap | None:
        missing = await finish_in_thread(lambda: sum(map(len, self._comparison.missing()))) + self._comparison.too_long
        if not missing:
            return None
        return Gap(
            cause="refused",
            count=missing,
            text=f"{'1 ticket exists' if missing == 1 else f'{missing:,} tickets exist'} and could not be read; "
            "the refused records of the last runs say why.",
        )

    async def _deleted(self) -> Gap | None:
        """Mark the tickets that no longer exist. Return a gap, and mark none, if too many are missing at once."""
        async for batch in _read_in_thread(self._comparison.seen_again()):
            await self._write(partial(mark_seen, source_id=self._recorder.state.id, ids=batch))
        deleted = await finish_in_thread(lambda: sum(map(len, self._comparison.deleted())))
        stored = deleted + await finish_in_thread(self._comparison.source_count)
        # Half of all tickets at once: a right that was withdrawn is likelier than a clean-up.
        if deleted > SUSPICIOUS_COUNT and deleted > SUSPICIOUS_SHARE * stored:
            return Gap(
                cause="too_many_gone",
                count=deleted,
                text=f"{deleted:,} of {stored:,} tickets can no longer be seen. None was marked as deleted. "
                f"{STILL_THERE}",
            )
        if deleted > max(UNQUESTIONED_COUNT, UNQUESTIONED_SHARE * stored):
            return await self._second_look(stored)
        async for batch in _read_in_thread(self._comparison.deleted()):
            await self._mark(batch)
        return None

    async def _second_look(self, stored: int) -> Gap | None:
        """Mark what an earlier census missed as well, store the first look at the others, and return these as a gap."""
        at, database, source_id = now(), self._recorder.database, self._recorder.state.id
        async for batch in _read_in_thread(self._comparison.unseen_before(at - SECOND_LOOK)):
            await self._mark(batch)
        unconfirmed = 0
        async for batch in _read_in_thread(self._comparison.deleted()):
            await self._write(partial(mark_unseen, database=database, source_id=source_id, ids=batch, at=at))
            unconfirmed += len(batch)
        return _gone_at_first_look(unconfirmed, stored, at + SECOND_LOOK) if unconfirmed else None

    async def _mark(self, batch: Sequence[str]) -> None:
        # Requested by id before they are marked: one that was created or moved meanwhile is not in the list.
        gone = sorted(set(batch) - await self._fetch(batch))
        database, source_id = self._recorder.database, self._recorder.state.id
        marking = partial(mark_deleted, database=database, source_id=source_id, ids=gone, at=now())
        # Added after the commit: what is rolled back was not marked.
        self._recorder.run.counts.deleted += await self._write(marking)

    async def _write(self, work: Callable[[Connection], T]) -> T:
        """Return the result of work in one transaction."""

        def commit() -> T:
            with self._recorder.database.write() as connection:
                return work(connection)

        return await finish_in_thread(commit)

    async def _invisible(self) -> Gap | None:
        count = await self._connector.count()
        # An estimate may exceed the truth: only an exact count proves that something is hidden.
        is_exact = count is not None and count.exact
        hidden = count.tickets - await finish_in_thread(self._comparison.source_count) if count and is_exact else 0
        if hidden <= 0:
            return None
        return Gap(
            cause="invisible",
            count=hidden,
            text=f"The source counts {hidden:,} tickets more than the account may read. Grant it the right to see "
            "them; if it has that, the search index of the source counts tickets that are gone.",
        )


def _gone_at_first_look(tickets: int, stored: int, confirmed_at: datetime) -> Gap:
    text = (
        f"{tickets:,} of {stored:,} tickets can no longer be seen. They are not marked as deleted yet: a census after "
        f"{confirmed_at:%Y-%m-%d %H:%M} UTC that misses them again marks them. {STILL_THERE}"
    )
    log.warning("a census misses many tickets", remedy=text)
    return Gap(cause="too_many_gone", count=tickets, text=text)
