"""The queue of many processes: jobs in PostgreSQL, which any of the workers on one database may do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime

import structlog
from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job as QueuedJob
from procrastinate.jobs import Status
from sqlalchemy.engine import URL

from service.monitoring import metrics
from service.runtime.job_manager import PatientJobManager, reason_of
from service.runtime.queue import SECONDS_TO_STOP, Handler, Job
from service.store.postgresql import CONNECT
from service.sync.run import COMPARISONS

TASK = "treadmill"
HANDLER = "handler"
# Queues of their own, so that sources that do not answer keep no analysis and no alert waiting, nor a census a pull.
CONCURRENCY = {"pulls": 8, "censuses": COMPARISONS, "results": 3}
HEARTBEAT_SECONDS = 5.0
SECONDS_UNTIL_STALLED = 20
SWEEP_SECONDS = 10.0
RETRY_SECONDS = 5.0
# A job that waits for a lock hears of no end of the one that holds it: it is found by looking.
POLL_SECONDS = 1.0
POOL_SECONDS = 10.0

log = structlog.get_logger()


class SharedQueue:
    """A queue on a PostgreSQL database. Nothing but speed rests on it: leases and fences keep the store right."""

    def __init__(self, url: URL) -> None:
        conninfo = url.set(drivername="postgresql").render_as_string(hide_password=False)
        connector = PsycopgConnector(conninfo=conninfo, min_size=1, max_size=5, timeout=POOL_SECONDS, kwargs=CONNECT)
        self._app = App(connector=connector)
        self._app.job_manager = PatientJobManager(connector)
        self._task = self._app.task(name=TASK, pass_context=True)(_do)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Hold the connections of the queue."""
        await self._app.open_async()
        try:
            yield
        finally:
            # A server that does not answer must not hold up the end of the process.
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._app.close_async()

    async def defer(self, job: Job, moment: datetime | None = None) -> None:
        """Put a job into the queue, unless the same one is waiting there, or another process took its moment."""
        deferrer = self._task.configure(
            lock=job.lock,
            queueing_lock=job.key,
            queue={"sync": "pulls", "census": "censuses"}.get(job.kind, "results"),
            # A census that waits for its turn would hold back the pulls of its source, which share its lock.
            priority=-1 if job.kind == "census" else 0,
        )
        try:
            if moment is None:
                await deferrer.defer_async(kind=job.kind, source=job.source)
            else:
                stamp = int(moment.timestamp())
                await self._app.job_manager.defer_periodic_job(
                    deferrer.job.evolve(task_kwargs={"kind": job.kind, "source": job.source, "timestamp": stamp}),
                    periodic_id=job.key,
                    defer_timestamp=stamp,
                )
        except AlreadyEnqueued:
            log.debug("job is waiting already", job=job.key)

    async def run(self, handle: Handler, stop: asyncio.Event) -> None:
        """Do jobs until `stop` is set, and take over those of workers that have died."""
        tasks = [asyncio.create_task(self._keep_working(name, handle)) for name in CONCURRENCY]
        tasks.append(asyncio.create_task(self._sweep()))
        await stop.wait()
        log.info("worker stopping")
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=SECONDS_TO_STOP + 1)

    async def _keep_working(self, queue: str, handle: Handler) -> None:
        """Work on one queue, and begin anew whenever the database was away."""
        while True:
            try:
                await self._app.run_worker_async(
                    queues=[queue], concurrency=CONCURRENCY[queue], fetch_job_polling_interval=POLL_SECONDS,
                    update_heartbeat_interval=HEARTBEAT_SECONDS, stalled_worker_timeout=SECONDS_UNTIL_STALLED,
                    shutdown_graceful_timeout=SECONDS_TO_STOP, install_signal_handlers=False, delete_jobs="always",
                    # A listener that loses its connection would end the worker; looking each second is soon enough.
                    listen_notify=False,
                    additional_context={HANDLER: handle},
                )  # fmt: skip
            except Exception as problem:  # noqa: BLE001 - the pages and the other queue go on
                log.warning("queue unavailable, will retry", queue=queue, problem=reason_of(problem))
            await asyncio.sleep(RETRY_SECONDS)

    async def _sweep(self) -> None:
        """Start again the jobs of workers that have died or are frozen."""
        # Every worker does it, without a lock that a dead one could hold. A job is stalled if it is twice in a row:
        # after an outage of the database all workers look dead until their next heartbeat.
        suspects: set[int | None] = set()
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                stalled = await self._app.job_manager.get_stalled_jobs(seconds_since_heartbeat=SECONDS_UNTIL_STALLED)
                for job in stalled:
                    if job.id in suspects:
                        await self._retake(job)
                suspects = {job.id for job in stalled}
            except Exception as problem:  # noqa: BLE001 - the next sweep finds what this one has not
                log.warning("sweep failed, will retry", problem=reason_of(problem))
                suspects = set()

    async def _retake(self, stalled: QueuedJob) -> None:
        assert stalled.id is not None  # noqa: S101 - it comes from the database
        try:
            # Ended and put in anew: a retry would fail where the schedule has queued the same job meanwhile.
            await self._app.job_manager.finish_job_by_id_async(stalled.id, Status.FAILED, delete_job=True)
        except ConnectorException:
            # Another worker was quicker, or the frozen one has ended it.
            return
        job = Job.parse(**{name: str(stalled.task_kwargs[name]) for name in ("kind", "source")})
        log.warning("worker has died or is frozen, its job starts again", job=job.key)
        await self.defer(job)


async def _do(context: JobContext, kind: str, source: str, timestamp: int = 0) -> None:  # noqa: ARG001 - names a moment
    job = Job.parse(kind, source)
    with metrics.count_job(job.kind):
        await context.additional_context[HANDLER](job)
