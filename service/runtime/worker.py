"""The worker: puts jobs into the queue on schedule, at start those that are overdue, and does them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

import structlog

from config.settings import Settings
from service.runtime.queue import Job, JobKind, JobQueue
from service.runtime.schedule import Cron, start_offset
from service.runtime.timetable import Timetable
from service.store.errors import Superseded
from service.store.tickets import runs, sources
from service.store.tickets.progress import first_pulls
from service.sync.buffer import Stopped
from service.sync.census import census
from service.sync.pull import pull
from service.sync.run import SyncContext
from service.sync.source import ConfiguredSource

FIRST_NUMBERS_SECONDS = 120.0

log = structlog.get_logger()


class Jobs(Protocol):
    """The jobs that follow pulls, each done in a thread."""

    def analyse(self) -> None:
        """Analyse what has changed."""

    def analyse_part(self) -> None:
        """Analyse what a first pull under way has brought so far."""

    def learn(self) -> None:
        """Train the classifier, then analyse."""

    def send_alerts(self) -> None:
        """Send the alerts that are new."""

    def send_digest(self) -> None:
        """Send the weekly digest."""

    @property
    def digest_sent_at(self) -> datetime | None:
        """The moment of the last digest."""


class Worker:
    """Pulls every source on schedule and analyses it, until asked to stop. Runs of one source never overlap."""

    def __init__(
        self,
        context: SyncContext,
        sources: tuple[ConfiguredSource, ...],
        settings: Settings,
        jobs: Jobs,
        queue: JobQueue,
    ) -> None:
        self._context = context
        self._sources = {source.name: source for source in sources}
        self._settings = settings
        self._jobs = jobs
        self._queue = queue
        self._timetable = Timetable()

    async def run(self) -> None:
        """Work until the stop event is set, then let the pages in progress be committed."""
        async with self._queue.open():
            for job in await asyncio.to_thread(self._overdue):
                await self._queue.defer(job)
            self._schedule_all()
            self._timetable.start()
            log.info("worker started", sources=list(self._sources))
            try:
                await self._queue.run(self._do, self._context.stop)
            finally:
                self._timetable.stop()

    def _schedule_all(self) -> None:
        for name in self._sources:
            self._schedule(Job("sync", name))
            self._schedule(Job("census", name))
        # Alerts tell of sources that no longer answer, so they wait for no pull.
        self._schedule(Job("alerts"))
        self._schedule(Job("learn"))
        self._schedule(Job("digest"))

    def _schedule(self, job: Job) -> None:
        self._timetable.add(job.key, self._cron(job.kind), start_offset(job.key), partial(self._queue.defer, job))

    def _cron(self, kind: JobKind) -> Cron:
        name = "sync" if kind == "alerts" else kind
        return Cron(getattr(self._settings.schedule, name), self._settings.zone)

    def _overdue(self) -> list[Job]:
        """Return the jobs that should have been done while no worker ran."""
        now = datetime.now(UTC)
        states = {state.name: state for state in sources.states(self._context.database)}
        last: dict[Job, datetime | None] = {}
        for name in self._sources:
            state = states.get(name)
            last[Job("sync", name)] = state.last_success_at if state else None
            # Not at the first start: the first pull ends in a comparison of its own.
            last[Job("census", name)] = state.reconciled_at if state else now
        # The first digest waits for its time: right after the installation there is nothing to report.
        last[Job("digest")] = self._jobs.digest_sent_at or now
        return [job for job, at in last.items() if self._cron(job.kind).is_overdue(at, now)]

    async def _do(self, job: Job) -> None:
        match job.kind:
            case "sync" | "census":
                await self._run_source(job)
            case "analysis":
                is_part = await asyncio.to_thread(self._is_pulling_first)
                await self._run("analysis", self._jobs.analyse_part if is_part else self._jobs.analyse)
                await self._queue.defer(Job("alerts"))
            case "learn":
                await self._run("training", self._jobs.learn)
            case "alerts":
                await self._run("alerts", self._jobs.send_alerts)
            case "digest":
                await self._run("digest", self._jobs.send_digest)

    async def _run_source(self, job: Job) -> None:
        source = self._sources.get(job.source)
        if source is None:
            # Another worker has more sources: that one has older or newer settings.
            log.warning("source is not configured here, its job is left to the next time", source=job.source)
            return
        if job.kind == "sync":
            async with self._analysed_meanwhile(source.name):
                await pull(self._context, source)
        else:
            run = await census(self._context, source)
            if run.id is not None:
                await asyncio.to_thread(self._prune_runs, source.name)
        await self._queue.defer(Job("analysis"))

    @asynccontextmanager
    async def _analysed_meanwhile(self, name: str) -> AsyncIterator[None]:
        """Analyse what has come, now and then, if the pull inside the block is the first one of a source."""
        if not await asyncio.to_thread(self._is_new, name):
            yield
            return
        analysing = asyncio.create_task(self._analyse_now_and_then())
        try:
            yield
        finally:
            analysing.cancel()

    async def _analyse_now_and_then(self) -> None:
        pause = FIRST_NUMBERS_SECONDS
        while True:
            await asyncio.sleep(pause)
            await self._queue.defer(Job("analysis"))
            # Twice as many tickets take twice as long: all of these analyses cost about as much as the last one.
            pause *= 2

    def _is_pulling_first(self) -> bool:
        # Asked of the store: another worker may be the one that pulls.
        return bool(first_pulls(self._context.database, datetime.now(UTC)))

    def _is_new(self, name: str) -> bool:
        return all(
            state.name != name or state.last_success_at is None for state in sources.states(self._context.database)
        )

    async def _run(self, name: str, work: Callable[[], None]) -> None:
        try:
            await asyncio.to_thread(work)
        except Stopped:
            log.info("analysis stopped, the next one goes on from here")
        except Superseded as problem:
            log.warning(f"{name} stopped, another process does it", reason=str(problem))
        except Exception:
            log.exception(f"{name} failed, will retry; pulls go on")

    def _prune_runs(self, name: str) -> None:
        for state in sources.states(self._context.database):
            if state.name == name:
                runs.prune(self._context.database, state.id)
