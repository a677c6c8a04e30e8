"""Jobs, and the queue that runs them inside one process."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, get_args

import structlog

from service.monitoring import metrics
from service.sync.run import COMPARISONS

JobKind = Literal["sync", "census", "analysis", "learn", "alerts", "digest"]
KINDS: dict[str, JobKind] = {kind: kind for kind in get_args(JobKind)}
# Docker kills ten seconds after SIGTERM. What is cancelled after six still has time to store its outcome.
SECONDS_TO_STOP = 6.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of work; `source` is empty where the work is for all of them."""

    kind: JobKind
    source: str = ""

    @classmethod
    def parse(cls, kind: str, source: str) -> "Job":
        """Return a job by the text of its kind. Raises ValueError for one that this release does not do."""
        if kind not in KINDS:
            raise ValueError(f"unknown kind of job: {kind}")
        return cls(KINDS[kind], source)

    @property
    def key(self) -> str:
        """The name of the job: only one with the same name waits at a time, for a second one would find nothing."""
        return f"{self.kind}-{self.source}" if self.source else self.kind

    @property
    def lock(self) -> str:
        """The name of what the job needs for itself: of two jobs with the same lock the second one waits."""
        if self.source:
            return f"source-{self.source}"
        # Both take the pending tickets of all sources.
        return "analysis" if self.kind == "learn" else self.kind


Handler = Callable[[Job], Awaitable[None]]
"""A function that does a job. Its errors are its own to handle."""


class JobQueue(Protocol):
    """Decides which process does a job."""

    def open(self) -> AbstractAsyncContextManager[None]:
        """Hold what the queue needs while jobs are put in and done."""

    async def defer(self, job: Job, moment: datetime | None = None) -> None:
        """Put a job into the queue, unless the same one is waiting there already.

        `moment` is the one of the schedule that the job stands for: whatever the number of processes, each moment of
        a job is taken once.
        """

    async def run(self, handle: Handler, stop: asyncio.Event) -> None:
        """Do the jobs of the queue until `stop` is set, then let those in progress end in time."""


class LocalQueue:
    """A queue of one process: every job is done here, at once or after the one that holds its lock."""

    def __init__(self) -> None:
        self._waiting: set[str] = set()
        self._censuses = asyncio.Semaphore(COMPARISONS)
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._tasks: set[asyncio.Task[None]] = set()
        self._jobs: asyncio.Queue[Job] = asyncio.Queue()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Hold nothing: the queue is in memory."""
        yield

    async def defer(self, job: Job, moment: datetime | None = None) -> None:  # noqa: ARG002 - there is one process
        """Put a job into the queue, unless the same one is waiting there already."""
        if job.key not in self._waiting:
            self._waiting.add(job.key)
            self._jobs.put_nowait(job)

    async def run(self, handle: Handler, stop: asyncio.Event) -> None:
        """Do the jobs of the queue until `stop` is set, then let those in progress end in time."""
        accepting = asyncio.create_task(self._accept(handle, stop))
        await stop.wait()
        accepting.cancel()
        log.info("worker stopping", jobs_in_progress=len(self._tasks))
        await finish_in_time(self._tasks)

    async def _accept(self, handle: Handler, stop: asyncio.Event) -> None:
        while True:
            task = asyncio.create_task(self._do(await self._jobs.get(), handle, stop))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _do(self, job: Job, handle: Handler, stop: asyncio.Event) -> None:
        # In this order: a census that waits for its turn must not hold back the pulls of its source.
        turn = self._censuses if job.kind == "census" else nullcontext()
        async with turn, self._locks[job.lock]:
            self._waiting.discard(job.key)
            if not stop.is_set():
                with metrics.count_job(job.kind):
                    await handle(job)


async def finish_in_time(tasks: set[asyncio.Task[None]]) -> None:
    """Wait until the tasks are done, and cancel those that take too long."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=SECONDS_TO_STOP)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
