"""The queue of many processes: each moment and job once, one job of a lock at a time, and none lost with its worker."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest
from sqlalchemy.engine import make_url

from service.runtime import shared_queue
from service.runtime.queue import Job, JobQueue, LocalQueue
from service.runtime.shared_queue import SharedQueue
from service.store.database import Database
from tests.postgres import PostgresServer

MOMENT = datetime(2026, 6, 10, 9, 15, tzinfo=UTC)
pytestmark = pytest.mark.postgres

WORKER = """
import asyncio, sys
from sqlalchemy.engine import make_url
from service.runtime import shared_queue
shared_queue.HEARTBEAT_SECONDS = 0.2
async def work():
    queue = shared_queue.SharedQueue(make_url(sys.argv[1]))
    async def handle(job):
        print(job.key, flush=True)
        await asyncio.sleep(600)
    async with queue.open():
        await queue.run(handle, asyncio.Event())
asyncio.run(work())
"""


@pytest.fixture
def url(postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Yield a database, with workers that count as dead after two seconds."""
    monkeypatch.setattr(shared_queue, "HEARTBEAT_SECONDS", 0.2)
    monkeypatch.setattr(shared_queue, "SECONDS_UNTIL_STALLED", 2)
    monkeypatch.setattr(shared_queue, "SWEEP_SECONDS", 0.3)
    monkeypatch.setattr(shared_queue, "RETRY_SECONDS", 0.2)
    with postgres_server.migrated() as migrated:
        yield migrated


@pytest.fixture
def other_worker(url: str) -> Iterator[subprocess.Popen[str]]:
    """Yield a process that takes every job and ends none."""
    with subprocess.Popen([sys.executable, "-c", WORKER, url], stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def work(url: str, count: int, body: Callable[[list[SharedQueue], list[str]], Awaitable[None]]) -> list[str]:
    """Run `body` beside `count` workers on one database, and return the log of what they did."""
    events: list[str] = []

    async def handle(job: Job) -> None:
        events.append(f"begin {job.key}")
        await asyncio.sleep(0.2)
        events.append(f"end {job.key}")

    async def run() -> None:
        stop = asyncio.Event()
        async with AsyncExitStack() as stack:
            queues = [SharedQueue(make_url(url)) for _ in range(count)]
            for queue in queues:
                await stack.enter_async_context(queue.open())
            running = [asyncio.create_task(queue.run(handle, stop)) for queue in queues]
            try:
                await body(queues, events)
            finally:
                stop.set()
                await asyncio.gather(*running)

    asyncio.run(run())
    return events


async def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "not within the time"
        await asyncio.sleep(0.05)


def test_each_moment_of_a_job_is_done_once_whoever_asks(url: str) -> None:
    async def ask(queues: list[SharedQueue], events: list[str]) -> None:
        for _ in range(3):
            for queue in queues:
                await queue.defer(Job("sync", "a"), MOMENT)
            await until(lambda: "end sync-a" in events)
        await queues[0].defer(Job("sync", "a"), MOMENT.replace(minute=30))
        await until(lambda: events.count("end sync-a") == 2)

    assert work(url, 2, ask) == ["begin sync-a", "end sync-a"] * 2


def test_jobs_of_one_source_take_turns_and_the_same_one_waits_once(url: str) -> None:
    async def ask(queues: list[SharedQueue], events: list[str]) -> None:
        for queue in queues:
            await queue.defer(Job("sync", "a"))
        await until(lambda: "begin sync-a" in events)
        for _ in range(3):
            for queue in queues:
                await queue.defer(Job("census", "a"))
        await until(lambda: "end census-a" in events)

    events = work(url, 2, ask)
    assert events[-2:] == ["begin census-a", "end census-a"]
    assert events.count("begin census-a") == 1
    for begin, end in zip(events[::2], events[1::2], strict=True):
        assert begin.replace("begin", "end") == end, "two jobs of one source at a time"


def test_sources_that_hang_keep_no_analysis_waiting(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_queue, "SECONDS_TO_STOP", 0.2)
    begun: list[str] = []

    async def run() -> None:
        stop, queue = asyncio.Event(), SharedQueue(make_url(url))

        async def handle(job: Job) -> None:
            begun.append(job.key)
            if job.source:
                await asyncio.sleep(600)

        async with queue.open():
            running = asyncio.create_task(queue.run(handle, stop))
            for number in range(20):
                await queue.defer(Job("sync", f"s{number}"))
            await queue.defer(Job("alerts"))
            await until(lambda: "alerts" in begun)
            stop.set()
            await running

    asyncio.run(run())


CENSUSES = [Job("census", f"s{number}") for number in range(4)]


@pytest.mark.parametrize("is_local", [True, False])
def test_a_census_that_waits_for_its_turn_keeps_no_pull_waiting(
    url: str, monkeypatch: pytest.MonkeyPatch, *, is_local: bool
) -> None:
    begun: list[str] = []

    async def run() -> None:
        stop, end = asyncio.Event(), asyncio.Event()
        queue: JobQueue = LocalQueue() if is_local else SharedQueue(make_url(url))

        async def handle(job: Job) -> None:
            begun.append(job.key)
            if job.kind == "census":
                await end.wait()

        async with queue.open():
            running = asyncio.create_task(queue.run(handle, stop))
            for job in CENSUSES:
                await queue.defer(job)
            await until(lambda: len(begun) == 2)
            [waiting, *_] = [job.source for job in CENSUSES if job.key not in begun]
            await queue.defer(Job("sync", waiting))
            await until(lambda: f"sync-{waiting}" in begun)
            assert len(begun) == 3, "two censuses at a time"
            end.set()
            await until(lambda: len(begun) == 5)
            stop.set()
            await running

    asyncio.run(run())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_the_job_of_a_worker_that_died_or_froze_is_done_by_another(
    url: str, other_worker: subprocess.Popen[str], number: signal.Signals
) -> None:
    async def ask(queues: list[SharedQueue], events: list[str]) -> None:
        # The schedule queues the same job meanwhile, as it would a quarter of an hour later.
        await queues[0].defer(Job("sync", "a"), MOMENT)
        await until(lambda: "end sync-a" in events)

    async def put_in() -> None:
        queue = SharedQueue(make_url(url))
        async with queue.open():
            await queue.defer(Job("sync", "a"))

    asyncio.run(put_in())
    assert other_worker.stdout is not None
    assert other_worker.stdout.readline() == "sync-a\n"
    os.kill(other_worker.pid, number)
    events = work(url, 2, ask)
    assert set(events) == {"begin sync-a", "end sync-a"}


def test_the_queue_goes_on_after_its_connections_were_cut(url: str) -> None:
    async def ask(queues: list[SharedQueue], events: list[str]) -> None:
        await queues[0].defer(Job("sync", "a"))
        await until(lambda: "end sync-a" in events)
        await asyncio.to_thread(cut)
        await queues[0].defer(Job("sync", "b"))
        await until(lambda: "end sync-b" in events)

    def cut() -> None:
        database = Database(url)
        with database.read() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        database.dispose()

    work(url, 1, ask)
