"""Locks of the database: held, lost by a process that is killed or frozen, and proof against its late writes."""

import asyncio
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from service.store import lease
from service.store.database import Database
from service.store.errors import Busy, Superseded

WRITE = text("INSERT INTO installation (name, value) VALUES (:name, '')")
on_postgresql = pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
HOLDER = """
import sys
from sqlalchemy import text
from service.store import lease
from service.store.database import Database
from service.store.errors import Superseded

lease.LEASE_SECONDS, lease.RENEW_SECONDS = 2, 0.5
database = Database(sys.argv[1])
with database.exclusive("work"):
    print("held", flush=True)
    for line in sys.stdin:
        try:
            with database.write() as connection:
                connection.execute(text("INSERT INTO installation (name, value) VALUES (:name, '')"), {"name": line})
            print("written", flush=True)
        except Superseded as problem:
            print("superseded", problem, flush=True)
"""


@pytest.fixture
def short_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let leases last as long as those of the `holder`."""
    monkeypatch.setattr(lease, "LEASE_SECONDS", 2)
    monkeypatch.setattr(lease, "RENEW_SECONDS", 0.5)


class LockHolder:
    """Another process that holds the lock "work" and writes a row for every line."""

    def __init__(self, url: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def answer(self) -> str:
        """Return the next line of the process."""
        assert self.process.stdout
        assert select.select([self.process.stdout], [], [], 30)[0], "the process does not answer"
        return self.process.stdout.readline()

    def write(self, name: str) -> str:
        """Let the process write a row, and return what came of it."""
        assert self.process.stdin
        self.process.stdin.write(f"{name}\n")
        return self.answer()


@pytest.fixture
def holder(database: Database) -> Iterator[LockHolder]:
    holding = LockHolder(database.url.render_as_string(hide_password=False))
    assert holding.answer() == "held\n"
    yield holding
    holding.process.kill()
    holding.process.communicate()


def names(database: Database) -> list[str]:
    with database.read() as connection:
        return [name.strip() for name in connection.execute(text("SELECT name FROM installation")).scalars()]


def take_over(database: Database, name: str) -> None:
    """Let another process acquire a lease as if the present holder had been frozen until its expiry."""
    with database.write(fenced=False) as connection:
        connection.execute(text("UPDATE lease SET fence = fence + 1, holder = 'a rival' WHERE name = :name"),
                           {"name": name})  # fmt: skip


@contextmanager
def frozen(process: int) -> Iterator[None]:
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


@on_postgresql
@pytest.mark.usefixtures("short_leases")
def test_a_lock_outlasts_its_lease_while_its_holder_lives(database: Database, holder: LockHolder) -> None:
    time.sleep(3)
    with pytest.raises(Busy, match="'work' is the work of"), database.exclusive("work"):
        pass
    assert holder.write("a") == "written\n"


@on_postgresql
def test_a_busy_lock_names_its_holder(database: Database, holder: LockHolder) -> None:
    holder_and_end = rf"process {holder.process.pid} on .* \(until \d\d:\d\d:\d\d UTC, unless it renews"
    with pytest.raises(Busy, match=holder_and_end), database.exclusive("work"):
        pass


@pytest.mark.usefixtures("short_leases")
def test_the_lock_of_a_killed_process_is_free_soon(database: Database, holder: LockHolder) -> None:
    holder.process.kill()
    holder.process.wait()
    begun = time.monotonic()
    # Without `wait`: that nobody renews the lease is reason enough to wait for its end.
    with database.exclusive("work"):
        assert time.monotonic() - begun < 4


@on_postgresql
@pytest.mark.usefixtures("short_leases")
def test_a_frozen_process_loses_its_lock_and_its_late_write_is_refused(database: Database, holder: LockHolder) -> None:
    assert holder.write("early") == "written\n"
    with frozen(holder.process.pid), database.exclusive("work"):
        pass
    answer = holder.write("late")
    assert "took over 'work' while this process was frozen" in answer
    assert names(database) == ["early"]


@on_postgresql
@pytest.mark.usefixtures("short_leases")
def test_a_frozen_process_keeps_a_lock_that_nobody_took(database: Database, holder: LockHolder) -> None:
    with frozen(holder.process.pid):
        time.sleep(3)
    assert holder.write("late") == "written\n"
    time.sleep(1)
    with pytest.raises(Busy), database.exclusive("work"):
        pass


@on_postgresql
def test_a_transaction_that_has_begun_before_the_takeover_is_refused(database: Database) -> None:
    def write_late() -> None:
        with database.write() as connection:
            connection.execute(WRITE, {"name": "late"})
            take_over(database, "work")

    with database.exclusive("work"):
        with pytest.raises(Superseded, match="a rival took over"):
            write_late()
        with pytest.raises(Superseded), database.write():
            pytest.fail("a later transaction should not even begin")
    with database.read() as connection:
        is_valid = connection.execute(text("SELECT expires_at > clock_timestamp() FROM lease")).scalar()
    assert is_valid, "the release of a lost lease must not free it"
    assert names(database) == []


@on_postgresql
def test_nobody_takes_a_lease_over_between_its_last_check_and_the_commit(database: Database) -> None:
    with database.exclusive("work"), database.write() as connection:
        lease.verify(connection, [lease.Lease("work", 1)], until_commit=True)
        with database.read() as rival:
            attempt = text("SELECT name FROM lease FOR NO KEY UPDATE SKIP LOCKED")
            assert rival.execute(attempt).all() == []


@on_postgresql
def test_a_clock_that_is_set_back_keeps_no_lock_for_days(database: Database) -> None:
    """The clock of the server cannot be set here: the expiry is moved as far ahead instead."""
    later = text("UPDATE lease SET expires_at = expires_at + interval '2 days'")
    with database.exclusive("work"):
        pass
    with database.write() as connection:
        connection.execute(later)
        is_free = connection.execute(text("SELECT expires_at < clock_timestamp() FROM lease")).scalar()
    assert is_free, "a released lease has no time of its release"
    with database.exclusive("work"):
        with database.write(fenced=False) as connection:
            connection.execute(later)
        with database.exclusive("work"), pytest.raises(Superseded), database.write():
            take_over(database, "work")


@on_postgresql
def test_leases_within_leases_are_all_checked(database: Database) -> None:
    with database.exclusive("outer"):
        with database.exclusive("inner"):
            take_over(database, "outer")
            with pytest.raises(Superseded, match="outer"), database.write():
                pass
        take_over(database, "inner")
        with pytest.raises(Superseded, match="outer"), database.write():
            pass
    with database.write() as connection:
        connection.execute(WRITE, {"name": "without a lease"})
    assert names(database) == ["without a lease"]


@on_postgresql
def test_threads_of_a_task_write_under_its_lease_and_those_of_others_do_not(database: Database) -> None:
    def write(name: str) -> None:
        with database.write() as connection:
            connection.execute(WRITE, {"name": name})

    async def work(name: str, written: asyncio.Barrier) -> None:
        async with database.exclusive_async(name):
            await asyncio.to_thread(write, f"{name} before")
            # The lease is not lost before both have written under theirs.
            await written.wait()
            await asyncio.to_thread(take_over, database, "a")
            await asyncio.sleep(0.2)
            await asyncio.to_thread(write, f"{name} after")

    async def both() -> tuple[BaseException | None, BaseException | None]:
        written = asyncio.Barrier(2)
        return await asyncio.gather(work("a", written), work("b", written), return_exceptions=True)

    lost, kept = asyncio.run(both())
    assert isinstance(lost, Superseded)
    assert kept is None
    assert set(names(database)) == {"a before", "b before", "b after"}


@pytest.mark.usefixtures("short_leases")
def test_a_task_that_is_cancelled_while_it_acquires_leaves_no_lock(database: Database) -> None:
    async def hold() -> None:
        async with database.exclusive_async("work"):
            await asyncio.sleep(60)

    async def cancel(after: float) -> None:
        task = asyncio.create_task(hold())
        await asyncio.sleep(after)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    for after in (0, 0.001, 0.3):
        asyncio.run(cancel(after))
    with database.exclusive("work"):
        pass


def test_processes_take_turns_with_write_alone(database: Database) -> None:
    with database.write_alone("turns", wait=0) as connection:
        connection.execute(WRITE, {"name": "first"})
        with pytest.raises(Busy, match="turns"), database.write_alone("turns", wait=0):
            pass
    with database.write_alone("turns", wait=0) as connection:
        connection.execute(WRITE, {"name": "second"})
    assert names(database) == ["first", "second"]
