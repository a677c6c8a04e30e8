"""Procrastinate's access to its tables, for workers that outlast an outage of their database."""

import asyncio
from collections.abc import Iterable

import structlog
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from psycopg import OperationalError

PAUSE_SECONDS = 1.0

log = structlog.get_logger()


class PatientJobManager(JobManager):
    """A manager whose errors end no worker.

    The library ends a worker that could not fetch a job, leaves one without a heartbeat after the first that failed,
    and forgets a job whose end it could not record: that job would hold the lock of its source until the next restart.
    """

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        """Return the next job; None where there is none, and where the database does not answer."""
        try:
            return await super().fetch_job(queues, worker_id)
        except UniqueViolation:
            # Another worker took a job of the same lock at the same moment.
            return None
        except ConnectorException as problem:
            # Another worker has taken this one for dead: only a new registration helps.
            if not is_outage(problem):
                raise
            log.debug("queue does not answer, will ask again", problem=reason_of(problem))
            return None

    async def update_heartbeat(self, worker_id: int) -> None:
        """Record that a worker lives."""
        try:
            await super().update_heartbeat(worker_id)
        except ConnectorException as problem:
            log.debug("heartbeat not recorded, the next one follows", problem=reason_of(problem))

    async def list_jobs_to_abort_async(self, queue: str | None = None) -> Iterable[int]:  # noqa: ARG002
        """Return no job: nobody asks for the end of one."""
        return ()

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        """Record the end of a job, as soon as the database answers. Nothing is left to record for one taken over."""
        while True:
            try:
                await super().finish_job(job, status, delete_job)
            except ConnectorException as problem:
                if not is_outage(problem):
                    log.info("job was taken over by another worker before it ended", job=job.queueing_lock)
                    return
                await asyncio.sleep(PAUSE_SECONDS)
            else:
                return


def is_outage(problem: ConnectorException) -> bool:
    """Return whether the database failed, rather than refused."""
    return isinstance(problem.__cause__, OperationalError)


def reason_of(problem: Exception) -> str:
    """Return the first line of what the driver says; the library's own error says nothing."""
    return str(problem.__cause__ or problem).partition("\n")[0]
