"""The queue while its server stands still: workers come back to life by themselves."""

import asyncio
import time

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from service.runtime import shared_queue
from service.runtime.queue import Job
from service.runtime.shared_queue import CONCURRENCY, SharedQueue
from service.store.database import Database
from tests.postgres import PostgresServer

pytestmark = pytest.mark.postgres


def test_workers_beat_again_after_their_server_stood_still(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_queue, "HEARTBEAT_SECONDS", 0.5)
    monkeypatch.setattr(shared_queue, "SECONDS_UNTIL_STALLED", 3)
    monkeypatch.setattr(shared_queue, "SWEEP_SECONDS", 0.5)
    monkeypatch.setattr(shared_queue, "RETRY_SECONDS", 0.5)
    monkeypatch.setattr(shared_queue, "POOL_SECONDS", 1.0)
    begun: list[str] = []

    async def handle(job: Job) -> None:
        begun.append(job.key)
        await asyncio.sleep(12)

    async def run(url: str) -> list[float]:
        queue, stop = SharedQueue(make_url(url)), asyncio.Event()
        async with queue.open():
            await queue.defer(Job("sync", "a"))
            working = asyncio.create_task(queue.run(handle, stop))
            await asyncio.sleep(2)
            await asyncio.to_thread(freeze)
            await asyncio.sleep(8)
            ages = await asyncio.to_thread(heartbeat_ages, url)
            stop.set()
            await working
            return ages

    def freeze() -> None:
        with postgres_server.frozen():
            time.sleep(4)

    with postgres_server.migrated() as url:
        ages = asyncio.run(run(url))
    assert len(ages) == len(CONCURRENCY)
    assert max(ages) < 3
    assert begun == ["sync-a"], "no other worker took over the job of one that lives"


def heartbeat_ages(url: str) -> list[float]:
    """Return the seconds since the last heartbeat of each worker."""
    database = Database(url)
    with database.read() as connection:
        query = text("SELECT extract(epoch FROM clock_timestamp() - last_heartbeat) FROM procrastinate_workers")
        ages = [float(age) for (age,) in connection.execute(query)]
    database.dispose()
    return ages
