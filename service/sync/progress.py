"""Progress of a pull in the log: a line a minute."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from service.store.tickets.progress import PullProgress
from service.sync.run import Run

SECONDS_BETWEEN_LINES = 60.0

log = structlog.get_logger()


@asynccontextmanager
async def logged_progress(run: Run) -> AsyncIterator[None]:
    """Log the progress of a run every minute while the block runs."""
    # A task, not a line after each page: that a system has not answered for minutes is to be seen as well.
    logging = asyncio.create_task(_log_every_minute(run))
    try:
        yield
    finally:
        logging.cancel()


async def _log_every_minute(run: Run) -> None:
    while True:
        await asyncio.sleep(SECONDS_BETWEEN_LINES)
        progress = PullProgress(run.source, run.counts.read + run.counts.refused, run.expected, run.seconds)
        left = progress.seconds_left
        log.info(
            "pull goes on",
            read=progress.read,
            expected=progress.total,
            per_second=round(progress.per_second, 1),
            seconds_left=None if left is None else round(left),
        )
