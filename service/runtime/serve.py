"""The running service: worker and website until a signal."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from service.runtime.concurrency import abandon_when_silent, stop_on_signals
from service.runtime.listening import refusal
from service.runtime.worker import Worker
from service.store.database import Database
from service.web.server import Server

SECONDS_WITHOUT_DATABASE = 4.0
POLL_SECONDS = 0.05

log = structlog.get_logger()


async def serve(worker: Worker, server: Server, stop: asyncio.Event, database: Database) -> None:
    """Run worker and website until `stop` is set or a signal comes. Raises OSError when the port is taken."""
    async with _ending_in_time(stop, database):
        website = asyncio.create_task(_serve(server, stop))
        # The worker ends first: while it commits its last pages, probes still get an answer.
        await worker.run()
        server.should_exit = True
        await website
    log.info("service stopped")


async def serve_website(server: Server, database: Database) -> None:
    """Run the website alone until a signal comes. Raises OSError when the port is taken."""
    stop = asyncio.Event()
    async with _ending_in_time(stop, database):
        website = asyncio.create_task(_serve(server, stop))
        announcement = asyncio.create_task(_announce(server))
        await stop.wait()
        announcement.cancel()
        server.should_exit = True
        await website
    log.info("service stopped")


async def _announce(server: Server) -> None:
    """Log the address of a website once it listens."""
    # Uvicorn sets a flag when it listens, and calls nothing.
    while not server.started:
        await asyncio.sleep(POLL_SECONDS)
    log.info("website started", address=_place(server))


@asynccontextmanager
async def _ending_in_time(stop: asyncio.Event, database: Database) -> AsyncIterator[None]:
    """Set `stop` on a signal while the block runs, and wait for no database that does not answer from then on."""
    with stop_on_signals(stop):
        watching = asyncio.create_task(_leave_silent_database(stop, database))
        try:
            yield
        finally:
            watching.cancel()
            # Pages that nobody waits for any more: the interpreter would wait for their threads.
            database.abandon()


async def _leave_silent_database(stop: asyncio.Event, database: Database) -> None:
    await abandon_when_silent(database, stop)
    await asyncio.sleep(SECONDS_WITHOUT_DATABASE)
    # Docker kills ten seconds after SIGTERM. Neither the driver nor a thread that waits in it can be made to end.
    log.warning("service stopped without its database")
    sys.stderr.flush()
    os._exit(0)


async def _serve(server: Server, stop: asyncio.Event) -> None:
    try:
        await server.serve()
    # Uvicorn exits the process when it cannot listen; the worker is to commit its pages first.
    except SystemExit as problem:
        raise refusal(server.config.host, server.config.port, problem.__context__) from problem
    finally:
        # Without its website the service ends as a whole: one that only pulls on would not be noticed.
        stop.set()


def _place(server: Server) -> str:
    return f"{server.config.host}:{server.config.port}"
