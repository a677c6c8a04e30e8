"""A server that takes connections and says nothing, or next to nothing: the run ends, and the next one works."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.base import Context, HttpSettings
from connectors.http import HttpClient
from connectors.model import Page
from service.sync.pull import pull
from service.sync.run import Run, SyncContext
from service.sync.source import ConfiguredSource
from tests.service.sync.fake import InMemorySystem

LIMIT = timedelta(seconds=2)
SLACK = 15
Answering = Callable[[asyncio.StreamWriter], Coroutine[Any, Any, None]]


async def say_nothing(_writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3600)


async def trickle(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n[")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)


async def answer(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]")
    await writer.drain()


class Host:
    """A server on loopback that answers each request in its present manner."""

    def __init__(self, manner: Answering) -> None:
        self.manner = manner

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await self.manner(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the run has ended and closed the connection
        finally:
            writer.close()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()


def source_at(url: str) -> ConfiguredSource:
    """Return a source of four tickets whose connector asks the host before its first page."""
    source = InMemorySystem.with_tickets(4).source()

    class AskingConnector(source.connector):  # type: ignore[name-defined, misc]
        async def pages(self, checkpoint: object) -> AsyncIterator[Page]:
            client = HttpClient(settings, self.usage)
            try:
                await client.get("/tickets")
                async for page in super().pages(checkpoint):
                    yield page
            finally:
                await client.aclose()

    settings = HttpSettings(url=url, run_limit=LIMIT, since=source.settings.since)
    return replace(source, connector=AskingConnector, settings=settings, context=Context("fake"))


@pytest.mark.parametrize("manner", [say_nothing, trickle])
def test_silent_host_ends_the_run_by_its_limit_and_the_next_run_works(context: SyncContext, manner: Answering) -> None:
    async def run_twice() -> tuple[Run, Run]:
        host = Host(manner)
        stoppable = replace(context, stop=asyncio.Event())
        async with host.running() as url:
            ended = await asyncio.wait_for(pull(stoppable, source_at(url)), LIMIT.total_seconds() + SLACK)
            host.manner = answer
            return ended, await pull(stoppable, source_at(url))

    ended, following = asyncio.run(run_twice())
    assert ended.outcome == "failed"
    assert (
        ended.reason
        == "127.0.0.1: the run has taken 0:00:02, as long as RUN_LIMIT allows, before the first page was read"
    )
    assert "Check that the system answers" in str(ended.remedy)
    assert (following.outcome, following.counts.new) == ("done", 4)
