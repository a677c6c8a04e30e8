"""The end of runs by a stop or by the limit of time, whatever the source does, and never in the middle of a page."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest

from connectors.base import Connector, SourceSettings
from connectors.errors import TimeSpent, Unavailable
from connectors.model import Account, Count, Page
from service.store.tickets import sources
from service.sync.buffer import Stopped
from service.sync.census import census
from service.sync.deadline import finish_in_thread, run_until
from service.sync.pull import pull
from service.sync.run import Run, SyncContext
from service.sync.source import ConfiguredSource
from tests.factory import START, at, ticket
from tests.service.sync.fake import InMemorySystem

HOUR = timedelta(hours=1)


def hanging_source(method: str, on_hang: Callable[[], None] = lambda: None, **settings: object) -> ConfiguredSource:
    """Return a source whose connector calls `on_hang` in one of its methods, and then waits for ever."""
    source = InMemorySystem.with_tickets(4).source()
    base: type[Connector] = source.connector

    class HangingConnector(base):  # type: ignore[valid-type, misc]
        async def check(self) -> Account:
            await hang("check")
            account: Account = await super().check()
            return account

        async def count(self) -> Count | None:
            await hang("count")
            count: Count | None = await super().count()
            return count

        async def ids(self) -> AsyncIterator[Sequence[str]]:
            await hang("ids")
            async for batch in super().ids():
                yield batch

        async def pages(self, checkpoint: object) -> AsyncIterator[Page]:
            async for page in super().pages(checkpoint):
                yield page
            await hang("pages")

    async def hang(name: str) -> None:
        if name == method:
            on_hang()
            await asyncio.Event().wait()

    changed = source.settings.model_copy(update=settings)
    return replace(source, connector=HangingConnector, settings=changed)


async def all_stored(context: SyncContext) -> None:
    """Wait until the tickets of the source are in the database."""
    while [state.tickets for state in await asyncio.to_thread(sources.states, context.database)] != [4]:
        await asyncio.sleep(0.02)


def run_and_stop(
    context: SyncContext, work: Callable[[SyncContext, ConfiguredSource], Awaitable[Run]], method: str
) -> tuple[Run, float]:
    """Return a run that hangs in a method, and the seconds from the request to stop to its end."""

    async def stopped() -> tuple[Run, float]:
        stoppable, hangs = replace(context, stop=asyncio.Event()), asyncio.Event()
        running = asyncio.ensure_future(work(stoppable, hanging_source(method, hangs.set)))
        await asyncio.wait_for(hangs.wait(), 30)
        if work is pull:
            # The connector is ahead of what is stored.
            await asyncio.wait_for(all_stored(context), 30)
        stoppable.stop.set()
        started = time.monotonic()
        run = await asyncio.wait_for(running, 20)
        return run, time.monotonic() - started

    return asyncio.run(stopped())


@pytest.mark.parametrize(("work", "method"), [
    (pull, "pages"), (pull, "count"), (census, "check"), (census, "ids"), (census, "count"),
])  # fmt: skip
def test_stop_ends_a_run_wherever_its_source_hangs(
    context: SyncContext, work: Callable[[SyncContext, ConfiguredSource], Awaitable[Run]], method: str
) -> None:
    run, seconds = run_and_stop(context, work, method)
    assert run.outcome == "stopped"
    assert seconds < 5
    if work is pull:
        assert run.counts.new == 4, "what was read before is stored"


def test_limit_of_time_ends_a_run_and_keeps_what_was_read(context: SyncContext) -> None:
    source = hanging_source("pages", run_limit=timedelta(seconds=3))
    run = asyncio.run(pull(replace(context, stop=asyncio.Event()), source))
    assert (run.outcome, run.counts.new) == ("budget", 4)
    assert "fake: the run has taken 0:00:03" in str(run.reason)
    assert "RUN_LIMIT" in str(run.remedy)


def test_limit_of_time_without_a_page_is_a_failure(context: SyncContext) -> None:
    source = hanging_source("check", run_limit=timedelta(seconds=0.2))
    run = asyncio.run(census(replace(context, stop=asyncio.Event()), source))
    assert (run.outcome, "raise RUN_LIMIT" in str(run.remedy)) == ("failed", True)


def test_default_limit_is_hours() -> None:
    assert SourceSettings().run_limit == timedelta(hours=6)


def test_pages_without_end_end_the_run(context: SyncContext) -> None:
    source = InMemorySystem.with_tickets(4).source()

    class EndlessConnector(source.connector):  # type: ignore[name-defined, misc]
        async def pages(self, _checkpoint: object) -> AsyncIterator[Page]:
            number = 0
            while True:
                tickets = tuple(ticket(str(number + i), updated_at=at(1)) for i in range(500))
                number += 500
                yield Page(tickets=tickets, checkpoint={"updated": START.isoformat()}, total=4)

        async def ids(self) -> AsyncIterator[Sequence[str]]:
            number = 0
            while True:
                yield [str(number + i) for i in range(5000)]
                number += 5000

    endless = replace(source, connector=EndlessConnector)
    for work in (pull, census):
        run = asyncio.run(work(replace(context, stop=asyncio.Event()), endless))
        assert run.outcome == "failed"
        assert "counts 4 tickets and has sent 1" in str(run.reason)
    [state] = sources.states(context.database)
    assert state.deleted == 0


def test_cancelled_call_of_a_thread_waits_for_its_end() -> None:
    release, ended = Event(), Event()

    def commit() -> None:
        release.wait(10)
        ended.set()

    async def cancel_in_the_middle() -> None:
        stop = asyncio.Event()
        running = asyncio.ensure_future(run_until(finish_in_thread(commit), stop, HOUR))
        await asyncio.sleep(0.05)
        stop.set()
        await asyncio.sleep(0.05)
        assert not running.done()
        release.set()
        with pytest.raises(Stopped):
            await running

    asyncio.run(cancel_in_the_middle())
    assert ended.is_set()


def test_commit_that_fails_while_the_run_ends_is_reported() -> None:
    release = Event()

    def fail() -> None:
        release.wait(10)
        raise Unavailable("the disk is full")

    async def stop_in_the_middle() -> None:
        stop = asyncio.Event()
        running = asyncio.ensure_future(run_until(finish_in_thread(fail), stop, HOUR))
        await asyncio.sleep(0.05)
        stop.set()
        await asyncio.sleep(0.05)
        release.set()
        with pytest.raises(Unavailable, match="the disk is full"):
            await running

    asyncio.run(stop_in_the_middle())


def test_work_that_does_not_let_go_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.sync.deadline.SECONDS_TO_END", 0.1)
    release = Event()

    def wait() -> None:
        release.wait(10)

    async def leave() -> None:
        with pytest.raises(TimeSpent):
            await run_until(finish_in_thread(wait), asyncio.Event(), timedelta(seconds=0.1))
        release.set()

    asyncio.run(leave())
