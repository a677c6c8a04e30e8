"""Connections, transactions and locks of one database, SQLite or PostgreSQL."""

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Table, create_engine, event, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL, Dialect, make_url
from sqlalchemy.exc import OperationalError

BUSY_SECONDS = 60
POLL_SECONDS = 0.2


class DatabaseError(Exception):
    """The database cannot be used; the message gives the cause and the remedy, without the password."""


class Busy(DatabaseError):
    """Another process holds the lock."""


class Database:
    """One database. `read` and `write` each yield a connection in its own transaction."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            _check_directory(self.url)
        self._engine = create_engine(
            self.url,
            connect_args={"timeout": BUSY_SECONDS} if self.is_sqlite else {"connect_timeout": 10},
            # A server may have restarted since the last use of a pooled connection; a file cannot.
            pool_pre_ping=not self.is_sqlite,
            # Parameters hold texts of tickets, which must not reach a log through an error message.
            hide_parameters=True,
            json_serializer=lambda value: orjson.dumps(value).decode(),
            json_deserializer=orjson.loads,
        )
        if self.is_sqlite:
            event.listen(self._engine, "connect", _prepare_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection whose transaction is committed at the end, or rolled back on an error."""
        with self._engine.connect().execution_options(treadmill_write=True) as connection, connection.begin():
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection for reading. SQLite shows it one state of the database throughout."""
        with self._engine.connect() as connection:
            yield connection

    def check(self) -> str:
        """Return the product and its version. Raises DatabaseError when it cannot be reached."""
        try:
            with self.read() as connection:
                version = connection.dialect.server_version_info or ()
        except OperationalError as problem:
            raise DatabaseError(
                f"{self.safe_url}: {str(problem.orig).strip()}. "
                "Check TREADMILL_DATABASE_URL and that the database is up."
            ) from problem
        return f"{'SQLite' if self.is_sqlite else 'PostgreSQL'} {'.'.join(map(str, version))}"

    @property
    def safe_url(self) -> str:
        """The URL with its password hidden."""
        return self.url.render_as_string(hide_password=True)

    @property
    def dialect(self) -> Dialect:
        """The SQL dialect of this database."""
        return self._engine.dialect

    def insert(self, table: Table) -> Any:
        """Return an INSERT of the dialect, which supports ON CONFLICT."""
        if self.is_sqlite:
            return sqlite.insert(table)
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - heavy, and SQLite is the default

        return postgresql.insert(table)

    @contextmanager
    def exclusive(self, name: str, wait: float = 0) -> Iterator[None]:
        """Hold the lock `name` of this database. It is released even when the process is killed.

        Raises Busy when another process still holds it after `wait` seconds.
        """
        holder = self._file_lock(name, wait) if self.is_sqlite else self._advisory_lock(name, wait)
        with holder:
            yield

    @contextmanager
    def _file_lock(self, name: str, wait: float) -> Iterator[None]:
        if _in_memory(self.url):
            yield
            return
        # The lock file is never deleted: a process that waits on it would then lock a file that nobody else opens.
        with Path(f"{self.url.database}.{name}.lock").open("a") as file:
            _acquire(lambda: _flock(file.fileno()), name, wait)
            yield

    @contextmanager
    def _advisory_lock(self, name: str, wait: float) -> Iterator[None]:
        # Not `hash`: it differs from process to process, and all must agree on the number of a name.
        number = int.from_bytes(hashlib.sha256(f"treadmill:{name}".encode()).digest()[:8], signed=True)
        # The lock belongs to the session. Without AUTOCOMMIT the session would idle in a transaction while the lock
        # is held, and a server may end such a session (idle_in_transaction_session_timeout), and the lock with it.
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            attempt = text("SELECT pg_try_advisory_lock(:number)").bindparams(number=number)
            _acquire(lambda: bool(connection.execute(attempt).scalar()), name, wait)
            try:
                yield
            finally:
                # The pool keeps the session open, so the end of the block alone would not release the lock.
                connection.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": number})

    def dispose(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _acquire(attempt: Any, name: str, wait: float) -> None:
    deadline = time.monotonic() + wait
    while not attempt():
        if time.monotonic() >= deadline:
            raise Busy(f"another process is at work on '{name}'. Wait until it has ended, or end it.")
        time.sleep(POLL_SECONDS)


def _flock(descriptor: int) -> bool:
    try:
        # The kernel drops the lock with the process. A file that merely exists would outlive a kill.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _in_memory(url: URL) -> bool:
    return not url.database or url.database == ":memory:"


def _check_directory(url: URL) -> None:
    """Raise DatabaseError with a remedy where SQLite would only report "unable to open database file"."""
    if _in_memory(url):
        return
    file = Path(str(url.database)).absolute()
    if not file.parent.is_dir():
        raise DatabaseError(f"{file.parent}: the directory of TREADMILL_DATABASE_URL does not exist. Create it.")
    # The directory as well: the journals of WAL and the lock files stand beside the database.
    for place in (file.parent, file):
        if place.exists() and not os.access(place, os.W_OK):
            raise DatabaseError(
                f"{place}: user {os.geteuid()} may not write there, as TREADMILL_DATABASE_URL needs. "
                "Give it to that user with chown, or mount it writable."
            )


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver would begin a transaction only before INSERT, UPDATE and DELETE, so that neither reads nor DDL were
    # in one; `_begin_sqlite` begins every transaction instead.
    connection.isolation_level = None
    # WAL lets pages read while a pull writes. NORMAL may lose the last commits in a power cut, never the file;
    # a lost page is pulled again, since its checkpoint is lost with it.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("treadmill_write", False)
    # IMMEDIATE takes the write lock at once and waits for it. A transaction that reads first and writes later
    # fails without waiting when another has written in between.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
