"""The time that work waits for PostgreSQL: for locks, for long statements, and for a server that stands still."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

import pytest
from sqlalchemy import text
from sqlalchemy.exc import InternalError, OperationalError

from service.store import database as database_module
from service.store.database import Database
from service.store.errors import DatabaseError
from service.store.limits import PAGE, PROBE, UPGRADE, Limits, limited
from tests.postgres import PostgresServer

pytestmark = [
    pytest.mark.parametrize("database_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
]
SHORT = Limits(statement=2, lock=1, silence=30)


def setting(database: Database, name: str) -> str:
    with database.read() as connection:
        return str(connection.execute(text(f"SHOW {name}")).scalar())


def in_thread(work: Callable[[], object]) -> Future[object]:
    """Start work in a thread that does not hold up the end of the tests."""
    future: Future[object] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except Exception as problem:  # noqa: BLE001 - raised by `result`
            future.set_exception(problem)

    threading.Thread(target=run, daemon=True).start()
    return future


def select_one(database: Database) -> object:
    with database.read() as connection:
        return connection.execute(text("SELECT 1")).scalar()


def test_the_server_ends_long_statements_of_pages_before_those_of_jobs(database: Database) -> None:
    assert (setting(database, "statement_timeout"), setting(database, "lock_timeout")) == ("15min", "90s")
    with limited(PAGE):
        assert (setting(database, "statement_timeout"), setting(database, "lock_timeout")) == ("30s", "10s")
    assert setting(database, "statement_timeout") == "15min", "a limit must not stay with a pooled connection"
    with limited(SHORT), pytest.raises(OperationalError, match="statement timeout"), database.read() as connection:
        connection.execute(text("SELECT pg_sleep(10)"))
    with limited(UPGRADE):
        assert setting(database, "statement_timeout") == "6h"


def test_a_row_that_somebody_locks_is_not_waited_for_without_end(database: Database) -> None:
    update = text("UPDATE installation SET value = ''")
    with database.write() as connection:
        connection.execute(text("INSERT INTO installation (name, value) VALUES ('a', '')"))
    with database.write() as connection:
        connection.execute(update)
        with limited(SHORT), pytest.raises(OperationalError, match="lock timeout"), database.write() as second:
            second.execute(update)


def test_a_process_that_is_frozen_in_a_transaction_loses_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.store.postgresql.WRITE_IDLE_SECONDS", 1)

    def write_slowly() -> None:
        with database.write() as connection:
            connection.execute(text("INSERT INTO installation (name, value) VALUES ('a', '')"))
            time.sleep(2)
            connection.execute(text("SELECT 1"))

    with pytest.raises(InternalError, match="idle-in-transaction timeout"):
        write_slowly()
    with database.read() as connection:
        time.sleep(2)
        assert connection.execute(text("SELECT count(*) FROM installation")).scalar() == 0


def test_work_outlasts_a_short_stop_of_the_server(database: Database, postgres_server: PostgresServer) -> None:
    assert select_one(database) == 1
    with postgres_server.frozen():
        work = in_thread(lambda: select_one(database))
        time.sleep(1)
        assert not work.done()
    assert work.result(10) == 1


def test_a_probe_gives_a_silent_server_up(database: Database, postgres_server: PostgresServer) -> None:
    def probe() -> None:
        with limited(PROBE):
            database.check()

    probe()
    with postgres_server.frozen():
        begun = time.monotonic()
        with pytest.raises(DatabaseError, match="connection timeout expired"):
            in_thread(probe).result(30)
        assert time.monotonic() - begun < 8
    probe()


def test_whoever_waits_for_a_silent_server_fails_when_the_process_has_to_end(
    database: Database, postgres_server: PostgresServer
) -> None:
    assert select_one(database) == 1
    with postgres_server.frozen():
        work = [in_thread(lambda: select_one(database)) for _ in range(3)]
        time.sleep(0.3)
        database.abandon()
        begun = time.monotonic()
        for waiting in work:
            with pytest.raises(OperationalError):
                waiting.result(30)
        assert time.monotonic() - begun < 6
        with pytest.raises(OperationalError, match="the process ends"):
            select_one(database)


def test_the_error_of_an_exhausted_pool_says_what_to_do(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 0.1}
    monkeypatch.setattr(database_module, "POOL", pool)
    monkeypatch.setattr(database_module, "POOL_SIZE", 1)
    small = Database(database_url)
    with small.read() as connection:
        connection.execute(text("SELECT 1"))
        with pytest.raises(DatabaseError, match="all 1 connections of this process have been"):
            select_one(small)
    small.dispose()


def test_a_transaction_reads_one_state_of_the_database(database: Database) -> None:
    count = text("SELECT count(*) FROM installation")
    with database.read() as reading:
        assert reading.execute(count).scalar() == 0
        with database.write() as connection:
            connection.execute(text("INSERT INTO installation (name, value) VALUES ('a', '')"))
        assert reading.execute(count).scalar() == 0
        reading.rollback()
        assert reading.execute(count).scalar() == 1
