"""The pull: everything that has changed in a source since its checkpoint."""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

from connectors.base import Connector
from connectors.errors import BudgetSpent, Unavailable
from connectors.model import Count, Gap
from service.store.tickets import sources
from service.store.tickets.sources import SourceState
from service.sync.buffer import prefetch
from service.sync.census import reconcile
from service.sync.run import Run, RunRecorder, SyncContext, now, run_exclusively
from service.sync.source import ConfiguredSource


@dataclass(frozen=True, slots=True)
class PullPlan:
    """Where a pull begins, and whether its pages move the source's checkpoint."""

    since: datetime
    checkpoint: dict[str, object] | None
    keeps_checkpoint: bool
    is_full: bool = False


async def pull(
    workplace: SyncContext, source: ConfiguredSource, *, full: bool = False, since: datetime | None = None
) -> Run:
    """Pulls a source once. `full` reads all of it again, `since` what was updated from then on."""

    async def work(running: RunRecorder) -> None:
        walk = await asyncio.to_thread(_walk, running, source, full, since)
        async with source.open(walk.since) as connector:
            try:
                await _store_all(workplace, running, connector, walk)
            finally:
                running.meter(connector)
        await asyncio.to_thread(sources.mark_success, running.database, running.state.id, now())
        if walk.checkpoint is None or running.state.complete is None:
            await _complete(workplace, source, running)

    return await run_exclusively(workplace, source, "sync", work)


def _walk(running: RunRecorder, source: ConfiguredSource, full: bool, since: datetime | None) -> PullPlan:
    """A walk over less than all that is kept leaves the checkpoint alone: it would skip what lies before it."""
    state, database = running.state, running.database
    checkpoint = sources.checkpoint(database, state.id)
    if since is not None and since > state.reach and checkpoint is not None:
        return PullPlan(since, None, keeps_checkpoint=False)
    reach = min(state.reach, since or source.settings.since)
    if checkpoint is not None and not full and reach == state.reach:
        return PullPlan(reach, checkpoint, keeps_checkpoint=True)
    if since is not None and checkpoint is None:
        reach = since
    sources.reset_checkpoint(database, state.id, reach)
    return PullPlan(reach, None, keeps_checkpoint=True, is_full=full)


async def _store_all(workplace: SyncContext, running: RunRecorder, connector: Connector, walk: PullPlan) -> None:
    async with aclosing(prefetch(connector.pages(walk.checkpoint), workplace.stop)) as pages:
        async for page in pages:
            await running.store(page, connector, keep_checkpoint=walk.keeps_checkpoint, authoritative=walk.is_full)


async def _complete(workplace: SyncContext, source: ConfiguredSource, running: RunRecorder) -> None:
    """What was pulled stays pulled where the comparison cannot be made: then the source is not known to be complete."""
    try:
        await _compare_counts(workplace, source, running)
    except (Unavailable, BudgetSpent) as problem:
        gap = Gap(cause="unexplained", count=0, text=f"The source could not be compared with the store: {problem}.")
        await asyncio.to_thread(sources.mark_completeness, running.database, running.state.id, False, (gap,))


async def _compare_counts(workplace: SyncContext, source: ConfiguredSource, running: RunRecorder) -> None:
    """A source is complete when its own count agrees with the store's; else its first pull ends with a census."""
    state = await asyncio.to_thread(sources.state, running.database, running.state.id)
    async with source.open(state.reach) as connector:
        count = await connector.count()
        if count is not None and count.tickets == state.tickets:
            await asyncio.to_thread(sources.mark_completeness, running.database, state.id, True, ())
        elif state.reconciled_at is None:
            await reconcile(workplace, running, connector)
        elif count is not None and count.exact and not _is_explained(count, state):
            await asyncio.to_thread(
                sources.mark_completeness, running.database, state.id, False, (_unexplained(count, state.tickets),)
            )


def _is_explained(count: Count, state: SourceState) -> bool:
    return count.tickets - state.tickets == sum(gap.count for gap in state.gaps)


def _unexplained(count: Count, stored: int) -> Gap:
    return Gap(
        cause="unexplained",
        count=count.tickets - stored,
        text=f"The source counts {count.tickets} tickets, the store holds {stored}; the next census tells why.",
    )
