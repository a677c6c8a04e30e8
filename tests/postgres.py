"""Databases of one PostgreSQL server, used again by one test after the other."""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
from sqlalchemy import text
from sqlmodel import SQLModel

from service.store import schema
from service.store.database import Database

# A crash loses the data of a test run: nobody misses them, so nothing waits for the disk.
UNSAFE_AND_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
RESTART_IDENTITIES = """
    SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false)
    FROM pg_sequences WHERE last_value IS NOT NULL
"""


class PostgresServer:
    """A server that keeps the migrated database of a test that has ended for the tests that follow."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._numbers = itertools.count()
        self._idle: list[str] = []
        for name, value in UNSAFE_AND_FAST.items():
            self._administer(f"ALTER SYSTEM SET {name} = {value}")
        self._administer("SELECT pg_reload_conf()")

    def empty(self) -> str:
        """Return the URL of a new database without tables."""
        name = f"treadmill_{os.getpid()}_{next(self._numbers)}"
        self._administer(f"CREATE DATABASE {name}")
        return Database(self._url).url.set(database=name).render_as_string(hide_password=False)

    @contextmanager
    def migrated(self) -> Iterator[str]:
        """Yield the URL of a database with all tables and no rows."""
        url = self._idle.pop() if self._idle else self._migrate(self.empty())
        yield url
        _clear(url)
        self._idle.append(url)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let all processes of the server stand still in the block; its machine goes on to acknowledge what is sent."""
        processes = self._processes()
        for process in processes:
            process.suspend()
        try:
            yield
        finally:
            for process in reversed(processes):
                process.resume()

    def _processes(self) -> list[psutil.Process]:
        administration = Database(self._url)
        with administration.read() as connection:
            backend = psutil.Process(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
            parent = backend.parent()
        administration.dispose()
        assert parent is not None
        # The parent first: it must not start a process that nobody stops.
        return [parent, *(process for process in parent.children() if process.pid != backend.pid)]

    def _migrate(self, url: str) -> str:
        database = Database(url)
        schema.upgrade(database)
        database.dispose()
        return url

    def _administer(self, statement: str) -> None:
        administration = Database(self._url)
        with administration._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(statement)
        administration.dispose()


def _clear(url: str) -> None:
    """Delete all rows, and let the numbers begin at 1 again."""
    # TRUNCATE makes a new file for each table and index, which takes five times as long for a few rows.
    database = Database(url)
    with database.write() as connection:
        # A connection that a test left open in a transaction would hold this up for ever.
        connection.execute(text("SET LOCAL lock_timeout = '10s'"))
        connection.execute(text("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE"))
        for table in reversed(SQLModel.metadata.sorted_tables):
            connection.execute(table.delete())
        connection.execute(text(RESTART_IDENTITIES))
        # A test may have left none.
        connection.execute(text("DELETE FROM alembic_version"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": schema.head()})
    database.dispose()
