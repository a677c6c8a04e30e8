"""The worker: jobs on schedule, and at start those that are overdue."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, Protocol

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

from config.settings import Settings
from service.runtime.schedule import is_overdue
from service.store.tickets import runs, sources
from service.sync.buffer import Stopped
from service.sync.census import census
from service.sync.pull import pull
from service.sync.run import SyncContext
from service.sync.source import ConfiguredSource

JITTER_SECONDS = 20
SECONDS_TO_STOP = 6.0

log = structlog.get_logger()


class Jobs(Protocol):
    """The jobs that follow pulls, each run in a thread."""

    def analyse(self) -> None:
        """Analyse what has changed."""

    def learn(self) -> None:
        """Train the classifier, then analyse."""

    def send_digest(self) -> None:
        """Send the weekly digest."""

    @property
    def digest_sent_at(self) -> datetime | None:
        """The moment of the last digest."""


class Worker:
    """Pulls every source on schedule and analyses it, until asked to stop. Runs of one source never overlap."""

    def __init__(
        self, context: SyncContext, sources: tuple[ConfiguredSource, ...], settings: Settings, jobs: Jobs
    ) -> None:
        self._context = context
        self._sources = sources
        self._settings = settings
        self._jobs = jobs
        self._source_locks = {source.name: asyncio.Lock() for source in sources}
        self._analysis_lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        # A job that is late runs once, however late it is and however many times it was missed.
        self._scheduler = AsyncIOScheduler(
            timezone=settings.zone, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )

    async def run(self) -> None:
        """Work until the stop event is set, then let the pages in progress be committed."""
        states = {state.name: state for state in await asyncio.to_thread(sources.states, self._context.database)}
        for source in self._sources:
            state = states.get(source.name)
            self._schedule("sync", source, self._pull, state.last_success_at if state else None)
            # Not at the first start: the first pull ends in a comparison of its own.
            self._schedule("census", source, self._census, state.reconciled_at if state else datetime.now(UTC))
        self._add("learn", "learn", self._settings.schedule.learn, self._learn)
        self._schedule_digest()
        self._scheduler.start()
        log.info("worker started", sources=[source.name for source in self._sources])
        await self._context.stop.wait()
        await self._finish()

    def _schedule(
        self,
        kind: str,
        source: ConfiguredSource,
        work: Callable[[ConfiguredSource], Awaitable[None]],
        last: datetime | None,
    ) -> None:
        cron, now = getattr(self._settings.schedule, kind), datetime.now(UTC)
        trigger = CronTrigger.from_crontab(cron, self._settings.zone)
        at_start = {"next_run_time": now} if is_overdue(trigger, last, now) else {}
        self._add(
            f"{kind}-{source.name}", f"{kind} {source.name}", cron, self._run_source, args=[work, source], **at_start
        )

    def _schedule_digest(self) -> None:
        cron, now = self._settings.schedule.digest, datetime.now(UTC)
        trigger = CronTrigger.from_crontab(cron, self._settings.zone)
        # The first digest waits for its time: right after the installation there is nothing to report.
        at_start = {"next_run_time": now} if is_overdue(trigger, self._jobs.digest_sent_at or now, now) else {}
        self._add("digest", "digest", cron, self._send_digest, **at_start)

    def _add(self, id_: str, name: str, cron: str, work: Callable[..., Awaitable[None]], **options: Any) -> None:
        trigger = CronTrigger.from_crontab(cron, self._settings.zone)
        # Sources of one installation, and installations of one vendor, should not all begin in the same second.
        trigger.jitter = JITTER_SECONDS
        self._scheduler.add_job(work, trigger, id=id_, name=name, **options)

    async def _run_source(self, work: Callable[[ConfiguredSource], Awaitable[None]], source: ConfiguredSource) -> None:
        await self._shield(self._work_and_analyse(work, source))

    async def _learn(self) -> None:
        await self._shield(self._run_job("training", self._jobs.learn))

    async def _send_digest(self) -> None:
        await self._shield(self._run_job("digest", self._jobs.send_digest))

    async def _shield(self, work: Coroutine[Any, Any, None]) -> None:
        # The scheduler cancels its jobs when it ends, in the middle of a page. This task of our own goes on, and
        # `_finish` waits for it.
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.shield(task)

    async def _work_and_analyse(
        self, work: Callable[[ConfiguredSource], Awaitable[None]], source: ConfiguredSource
    ) -> None:
        # Pull and census of one source take turns here; the lock in the database would end the second as "busy".
        async with self._source_locks[source.name]:
            if not self._context.stop.is_set():
                await work(source)
        await self._run_job("analysis", self._jobs.analyse)

    async def _run_job(self, name: str, job: Callable[[], None]) -> None:
        # One at a time: each takes the pending tickets of all sources, and a second one would wait for its lock.
        async with self._analysis_lock:
            if self._context.stop.is_set():
                return
            try:
                await asyncio.to_thread(job)
            except Stopped:
                log.info("analysis stopped, the next one goes on from here")
            except Exception:
                log.exception(f"{name} failed, will retry; pulls go on")

    async def _pull(self, source: ConfiguredSource) -> None:
        await pull(self._context, source)

    async def _census(self, source: ConfiguredSource) -> None:
        run = await census(self._context, source)
        if run.id is not None:
            await asyncio.to_thread(self._prune_runs, source.name)

    def _prune_runs(self, name: str) -> None:
        for state in sources.states(self._context.database):
            if state.name == name:
                runs.prune(self._context.database, state.id)

    async def _finish(self) -> None:
        log.info("worker stopping", runs_in_progress=len(self._tasks))
        # First no new job, then the end of those in progress, then the scheduler: in any other order it would begin
        # a job that is cancelled at once.
        self._scheduler.pause()
        if self._tasks:
            # Docker kills ten seconds after SIGTERM. What is cancelled after six still has time to store its outcome.
            _, late = await asyncio.wait(self._tasks, timeout=SECONDS_TO_STOP)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self._scheduler.shutdown(wait=False)
