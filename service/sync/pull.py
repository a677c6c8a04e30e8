"""The pull: the changes in a source since its checkpoint."""

from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

from connectors.base import Connector
from connectors.errors import ConnectorError, NeedsOperator
from connectors.model import Count, Gap
from service.store.tickets import sources
from service.store.tickets.sources import SourceState
from service.sync.buffer import prefetch
from service.sync.census import check_count, reconcile
from service.sync.deadline import finish_in_thread
from service.sync.progress import logged_progress
from service.sync.run import Run, RunRecorder, SyncContext, now, run_exclusively
from service.sync.shortfall import check_run, check_source
from service.sync.source import ConfiguredSource


@dataclass(frozen=True, slots=True)
class PullPlan:
    """The beginning of a pull; `saves_checkpoint` tells if its pages move the checkpoint of the source."""

    since: datetime
    checkpoint: dict[str, object] | None
    saves_checkpoint: bool
    is_full: bool = False


async def pull(
    context: SyncContext, source: ConfiguredSource, *, full: bool = False, since: datetime | None = None
) -> Run:
    """Pull a source once: its changes, with `full` everything, or what was updated from `since` on."""

    async def work(recorder: RunRecorder) -> None:
        plan = await finish_in_thread(_plan, recorder, source, full, since)
        async with source.open(plan.since) as connector, logged_progress(recorder.run):
            try:
                existing = await _store_pages(context, recorder, connector, plan)
            finally:
                recorder.count_requests(connector)
        check_run(recorder.run.taken, recorder.run.counts.refused, from_start=plan.checkpoint is None)
        await finish_in_thread(sources.mark_success, recorder.database, recorder.state.id, now())
        # Not after every pull: a comparison costs as much as the source holds, and the census makes it anyway.
        if plan.checkpoint is None or recorder.state.complete is None:
            await _check_completeness(context, source, recorder)
        if existing is not None:
            await finish_in_thread(_note_fewer, recorder, source.name, existing)
        check_source(await finish_in_thread(sources.state, recorder.database, recorder.state.id))

    return await run_exclusively(context, source, "sync", work)


def _plan(recorder: RunRecorder, source: ConfiguredSource, full: bool, since: datetime | None) -> PullPlan:
    state, database = recorder.state, recorder.database
    checkpoint = sources.checkpoint(database, state.id)
    # A pull over less than the store reaches back to leaves the checkpoint alone: moved forward by its pages, the
    # checkpoint would skip the changes before `since` that no pull has read yet.
    if since is not None and since > state.reach and checkpoint is not None:
        return PullPlan(since, None, saves_checkpoint=False)
    reach = min(state.reach, since or source.settings.since)
    if checkpoint is not None and not full and reach == state.reach:
        return PullPlan(reach, checkpoint, saves_checkpoint=True)
    if since is not None and checkpoint is None:
        reach = since
    sources.reset_checkpoint(database, state.id, reach)
    return PullPlan(reach, None, saves_checkpoint=True, is_full=full)


async def _store_pages(context: SyncContext, recorder: RunRecorder, connector: Connector, plan: PullPlan) -> int | None:
    """Store all pages. Return the number of tickets that the source holds, where the last page shows it."""
    existing = None
    async with aclosing(prefetch(connector.pages(plan.checkpoint), context.stop)) as pages:
        async for page in pages:
            check_count(recorder.run.counts.read, page.total)
            await recorder.store(page, connector, save_checkpoint=plan.saves_checkpoint, authoritative=plan.is_full)
            existing = page.existing
    return existing


def _note_fewer(recorder: RunRecorder, name: str, existing: int) -> None:
    """Record a gap where the source holds fewer tickets than the store, and remove that of an earlier pull."""
    state = sources.state(recorder.database, recorder.state.id)
    gaps = [gap for gap in state.gaps if gap.cause != "fewer"]
    # What a census has seen is exact, and says when it is marked.
    if existing < state.tickets and all(gap.cause != "too_many_gone" for gap in gaps):
        gaps.append(_fewer(name, existing, state.tickets))
    if tuple(gaps) != state.gaps:
        sources.mark_completeness(recorder.database, state.id, not gaps, gaps)


async def _check_completeness(context: SyncContext, source: ConfiguredSource, recorder: RunRecorder) -> None:
    try:
        await _compare_counts(context, source, recorder)
    except NeedsOperator:
        raise
    except ConnectorError as problem:
        # The pull itself is done. Only the completeness of the source remains unproven.
        gap = Gap(cause="unexplained", count=0, text=f"The source could not be compared with the store: {problem}.")
        await finish_in_thread(sources.mark_completeness, recorder.database, recorder.state.id, False, (gap,))


async def _compare_counts(context: SyncContext, source: ConfiguredSource, recorder: RunRecorder) -> None:
    """Record the source as complete if its count agrees with the store's, else compare ids once, or record a gap."""
    state = await finish_in_thread(sources.state, recorder.database, recorder.state.id)
    async with source.open(state.reach) as connector:
        count = await connector.count()
        if count is not None and count.tickets == state.tickets:
            await finish_in_thread(sources.mark_completeness, recorder.database, state.id, True, ())
        elif state.reconciled_at is None:
            async with context.comparisons:
                await reconcile(context, recorder, connector)
        elif count is not None and count.exact and not _is_explained(count, state):
            await finish_in_thread(
                sources.mark_completeness, recorder.database, state.id, False, (_unexplained(count, state.tickets),)
            )


def _is_explained(count: Count, state: SourceState) -> bool:
    return count.tickets - state.tickets == sum(gap.count for gap in state.gaps)


def _unexplained(count: Count, stored: int) -> Gap:
    return Gap(
        cause="unexplained",
        count=count.tickets - stored,
        text=f"The source counts {count.tickets:,} tickets, the store holds {stored:,}; the next census shows why.",
    )


def _fewer(name: str, existing: int, stored: int) -> Gap:
    return Gap(
        cause="fewer",
        count=stored - existing,
        text=f"The source holds {existing:,} of the {stored:,} tickets in the store. If others are gone on purpose, "
        f"`treadmill census {name}` compares all ids and marks them as deleted; if not, bring back what it held.",
    )
