"""The running service: worker and website until a signal."""

import asyncio

import structlog

from service.runtime.concurrency import stop_on_signals
from service.runtime.worker import Worker
from service.web.server import Server

log = structlog.get_logger()


async def serve(worker: Worker, server: Server, stop: asyncio.Event) -> None:
    """Run worker and website until `stop` is set or a signal comes. Raises OSError when the port is taken."""
    with stop_on_signals(stop):
        website = asyncio.create_task(_serve(server, stop))
        # The worker ends first: while it commits its last pages, probes still get an answer.
        await worker.run()
        server.should_exit = True
        await website
    log.info("service stopped")


async def serve_website(server: Server) -> None:
    """Run the website alone until a signal comes. Raises OSError when the port is taken."""
    stop = asyncio.Event()
    with stop_on_signals(stop):
        website = asyncio.create_task(_serve(server, stop))
        await stop.wait()
        server.should_exit = True
        await website


async def _serve(server: Server, stop: asyncio.Event) -> None:
    try:
        await server.serve()
    # Uvicorn exits the process when it cannot listen; the worker is to commit its pages first.
    except SystemExit as problem:
        raise OSError(f"cannot listen on {server.config.host}:{server.config.port}") from problem
    finally:
        # Without its website the service ends as a whole: one that only pulls on would not be noticed.
        stop.set()
