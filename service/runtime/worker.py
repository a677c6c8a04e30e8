"""The worker: one job a source for pulls, one for the census, at their times and at start when overdue."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

from config.settings import Settings
from service.store.tickets import runs, sources
from service.sync.buffer import Stopped
from service.sync.census import census
from service.sync.pull import pull
from service.sync.run import SyncContext
from service.sync.source import ConfiguredSource

JITTER_SECONDS = 20
SECONDS_TO_STOP = 6.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class AnalysisJobs:
    """What is done with what was pulled: `catch_up` analyses what has changed, `learn` learns from it first.

    `digest` sends the weekly digest, last at `digested_at`. All run in a thread; the analyses end soon after the
    stop event was set.
    """

    catch_up: Callable[[], None]
    learn: Callable[[], None]
    digest: Callable[[], None] = lambda: None
    digested_at: datetime | None = None


class Worker:
    """Pulls every source on schedule and analyses it, until asked to stop. Runs of one source never overlap."""

    def __init__(
        self, workplace: SyncContext, chosen: tuple[ConfiguredSource, ...], settings: Settings, analyses: AnalysisJobs
    ) -> None:
        self._workplace = workplace
        self._sources = chosen
        self._settings = settings
        self._turns = {source.name: asyncio.Lock() for source in chosen}
        self._analyses = analyses
        self._analysing = asyncio.Lock()
        self._under_way: set[asyncio.Task[None]] = set()
        self._scheduler = AsyncIOScheduler(
            timezone=settings.zone, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )

    async def run(self) -> None:
        """Works until the workplace's stop event is set, then lets the pages under way be committed."""
        last = {state.name: state for state in await asyncio.to_thread(sources.states, self._workplace.database)}
        for source in self._sources:
            state = last.get(source.name)
            self._schedule("sync", source, self._pull, state.last_success_at if state else None)
            self._schedule("census", source, self._census, state.reconciled_at if state else datetime.now(UTC))
        self._add("learn", "learn", self._settings.schedule.learn, self._tracked_learning)
        self._schedule_digest()
        self._scheduler.start()
        log.info("worker begins", sources=[source.name for source in self._sources])
        await self._workplace.stop.wait()
        await self._finish()

    def _schedule(
        self,
        kind: str,
        source: ConfiguredSource,
        work: Callable[[ConfiguredSource], Awaitable[None]],
        last: datetime | None,
    ) -> None:
        cron = getattr(self._settings.schedule, kind)
        trigger = CronTrigger.from_crontab(cron, self._settings.zone)
        at_start = {"next_run_time": datetime.now(UTC)} if is_overdue(trigger, last, datetime.now(UTC)) else {}
        self._add(
            f"{kind}-{source.name}", f"{kind} {source.name}", cron, self._tracked, args=[work, source], **at_start
        )

    def _schedule_digest(self) -> None:
        """One that should have been sent while nobody was at work is sent at start; the first waits for its time."""
        cron, now = self._settings.schedule.digest, datetime.now(UTC)
        trigger = CronTrigger.from_crontab(cron, self._settings.zone)
        at_start = {"next_run_time": now} if is_overdue(trigger, self._analyses.digested_at or now, now) else {}
        self._add("digest", "digest", cron, self._tracked_digest, **at_start)

    def _add(self, id_: str, name: str, cron: str, work: Callable[..., Awaitable[None]], **more: Any) -> None:
        trigger = CronTrigger.from_crontab(cron, self._settings.zone)
        trigger.jitter = JITTER_SECONDS
        self._scheduler.add_job(work, trigger, id=id_, name=name, **more)

    async def _tracked(self, work: Callable[[ConfiguredSource], Awaitable[None]], source: ConfiguredSource) -> None:
        await self._apart(self._in_turn(work, source))

    async def _tracked_learning(self) -> None:
        await self._apart(self._analyse(self._analyses.learn))

    async def _tracked_digest(self) -> None:
        await self._apart(self._analyse(self._analyses.digest, "digest"))

    async def _apart(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs in a task of its own, so that the scheduler's end does not cut a page in two."""
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        await asyncio.shield(task)

    async def _in_turn(self, work: Callable[[ConfiguredSource], Awaitable[None]], source: ConfiguredSource) -> None:
        async with self._turns[source.name]:
            if not self._workplace.stop.is_set():
                await work(source)
        await self._analyse(self._analyses.catch_up)

    async def _analyse(self, work: Callable[[], None], what: str = "analysis") -> None:
        """One analysis at a time; a source's own failure was told before, and an analysis fails alone as well."""
        async with self._analysing:
            if self._workplace.stop.is_set():
                return
            try:
                await asyncio.to_thread(work)
            except Stopped:
                log.info("analysis stopped; the next one goes on")
            except Exception:
                log.exception(f"the {what} failed; the pulls go on")

    async def _pull(self, source: ConfiguredSource) -> None:
        await pull(self._workplace, source)

    async def _census(self, source: ConfiguredSource) -> None:
        run = await census(self._workplace, source)
        if run.id is not None:
            await asyncio.to_thread(self._tidy, source.name)

    def _tidy(self, name: str) -> None:
        for state in sources.states(self._workplace.database):
            if state.name == name:
                runs.prune(self._workplace.database, state.id)

    async def _finish(self) -> None:
        log.info("worker stops", runs_under_way=len(self._under_way))
        self._scheduler.pause()
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=SECONDS_TO_STOP)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self._scheduler.shutdown(wait=False)


def is_overdue(trigger: CronTrigger, last: datetime | None, now: datetime) -> bool:
    """Whether a job should have run since `last`; always where it never ran."""
    if last is None:
        return True
    due = trigger.get_next_fire_time(None, last)
    return due is not None and due <= now


def interval(cron: str, settings: Settings, now: datetime) -> timedelta:
    """The time between the next two moments of a cron expression."""
    trigger = CronTrigger.from_crontab(cron, settings.zone)
    first = trigger.get_next_fire_time(None, now)
    second = trigger.get_next_fire_time(first, first + timedelta(seconds=1)) if first else None
    return second - first if first and second else timedelta(days=1)
