"""One database, SQLite or PostgreSQL: connections, transactions and locks that die with their process."""

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
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Dialect, make_url
from sqlalchemy.exc import OperationalError

BUSY_SECONDS = 60
POLL_SECONDS = 0.2


class DatabaseError(Exception):
    """The database cannot be used; the text says why and what to do, without its password."""


class Busy(DatabaseError):
    """Another process holds the lock."""


class Database:
    """Where everything is kept. `read` and `write` give a connection in a transaction of its own."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            _check_directory(self.url)
        self._engine = create_engine(
            self.url,
            connect_args={"timeout": BUSY_SECONDS} if self.is_sqlite else {"connect_timeout": 10},
            pool_pre_ping=not self.is_sqlite,
            hide_parameters=True,
            json_serializer=lambda value: orjson.dumps(value).decode(),
            json_deserializer=orjson.loads,
        )
        if self.is_sqlite:
            event.listen(self._engine, "connect", _prepare_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection whose transaction is committed at the end, or rolled back on an error."""
        with self._engine.connect().execution_options(treadmill_write=True) as connection, connection.begin():
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state of the database and changes nothing."""
        with self._engine.connect() as connection:
            yield connection

    def check(self) -> str:
        """The product and version behind the URL. Raises DatabaseError where it cannot be reached."""
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
        """How this database is spoken to."""
        return self._engine.dialect

    def insert(self, table: Table) -> Any:
        """An INSERT of the dialect, which knows ON CONFLICT."""
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)

    @contextmanager
    def exclusive(self, name: str, wait: float = 0) -> Iterator[None]:
        """Holds the lock `name` of this database; it is freed even when the process is killed.

        Raises Busy where another process still holds it after `wait` seconds.
        """
        holder = self._file_lock(name, wait) if self.is_sqlite else self._advisory_lock(name, wait)
        with holder:
            yield

    @contextmanager
    def _file_lock(self, name: str, wait: float) -> Iterator[None]:
        if _in_memory(self.url):
            yield
            return
        with Path(f"{self.url.database}.{name}.lock").open("a") as file:
            _patiently(lambda: _flock(file.fileno()), name, wait)
            yield

    @contextmanager
    def _advisory_lock(self, name: str, wait: float) -> Iterator[None]:
        number = int.from_bytes(hashlib.sha256(f"treadmill:{name}".encode()).digest()[:8], signed=True)
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            attempt = text("SELECT pg_try_advisory_lock(:number)").bindparams(number=number)
            _patiently(lambda: bool(connection.execute(attempt).scalar()), name, wait)
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": number})

    def dispose(self) -> None:
        """Closes all connections."""
        self._engine.dispose()


def _patiently(attempt: Any, name: str, wait: float) -> None:
    deadline = time.monotonic() + wait
    while not attempt():
        if time.monotonic() >= deadline:
            raise Busy(f"another process is at work on '{name}'. Wait until it has ended, or end it.")
        time.sleep(POLL_SECONDS)


def _flock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _in_memory(url: URL) -> bool:
    return not url.database or url.database == ":memory:"


def _check_directory(url: URL) -> None:
    if _in_memory(url):
        return
    file = Path(str(url.database)).absolute()
    if not file.parent.is_dir():
        raise DatabaseError(f"{file.parent}: the directory of TREADMILL_DATABASE_URL does not exist. Create it.")
    for place in (file.parent, file):
        if place.exists() and not os.access(place, os.W_OK):
            raise DatabaseError(
                f"{place}: user {os.geteuid()} may not write there, as TREADMILL_DATABASE_URL needs. "
                "Give it to that user with chown, or mount it writable."
            )


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("treadmill_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
