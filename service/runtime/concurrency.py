"""Concurrent runs over sources, and their end by a signal."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Iterator, Sequence

import structlog

from service.monitoring.health import answers
from service.store.database import Database
from service.sync.run import Run, SyncContext
from service.sync.source import ConfiguredSource

SIGNALS = (signal.SIGTERM, signal.SIGINT)

log = structlog.get_logger()


async def run_concurrently(
    context: SyncContext, sources: Sequence[ConfiguredSource], work: Callable[[ConfiguredSource], Awaitable[Run]]
) -> list[Run]:
    """Return the runs of all sources in their order. SIGTERM and SIGINT end them after the page in progress."""
    with stop_on_signals(context.stop):
        watching = asyncio.create_task(abandon_when_silent(context.database, context.stop))
        try:
            return await asyncio.gather(*map(work, sources))
        finally:
            watching.cancel()


async def abandon_when_silent(database: Database, stop: asyncio.Event) -> None:
    """Give the database up if it does not answer after `stop` is set, so that what waits for it ends."""
    await stop.wait()
    while await answers(database):
        await asyncio.sleep(1)
    log.warning("database does not answer, runs end without it; the next ones go on from their last page")
    database.abandon()


@contextlib.contextmanager
def stop_on_signals(stop: asyncio.Event) -> Iterator[None]:
    """Set `stop` on SIGTERM and SIGINT while the block runs."""
    # Handlers of the event loop, not of `signal`: an event may only be set in the loop's own thread and turn.
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
