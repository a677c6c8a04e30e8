"""Connections, transactions and locks of one database, SQLite or PostgreSQL."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from io import TextIOWrapper
from threading import Event
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, ExceptionContext, NullPool, Table, create_engine, event, text
from sqlalchemy.engine import URL, Dialect, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from service.store import lease, sqlite_file
from service.store.errors import Busy, DatabaseError, explain
from service.store.lease import Holder, Lease, Leases
from service.store.sql import insert_into

POLL_SECONDS = 0.2
# Of one process. A run needs a connection while it stores a page and a census one more, whatever the number of sources;
# four processes, each with six more for leases and jobs, stay below the 100 that a server admits by default.
POOL_SIZE, POOL_IDLE, POOL_SECONDS = 16, 5, 30
POOL = {
    "pool_size": POOL_IDLE,
    "max_overflow": POOL_SIZE - POOL_IDLE,
    "pool_timeout": POOL_SECONDS,
    # A server may have restarted since the last use of a pooled connection; a file cannot.
    "pool_pre_ping": True,
    "pool_use_lifo": True,
}

Lock = Lease | TextIOWrapper | None


@dataclass(frozen=True, slots=True)
class HeldLease:
    """A lease that the present task or thread works under, and its database."""

    url: URL
    lease: Lease


# Of the context, not of the process: several runs write at a time, each under the lease of its own source.
_held: ContextVar[tuple[HeldLease, ...]] = ContextVar("held leases", default=())
_consistent: ContextVar[tuple[tuple["Database", Connection], ...]] = ContextVar("consistent reads", default=())


class Database:
    """One database. `read` and `write` each yield a connection in its own transaction."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            sqlite_file.check_directory(self.url)
        self._abandoned, self._disposed = Event(), Event()
        self._engine = self._create_engine(**POOL if not self.is_sqlite else {})
        # For connections outside the pool, of which jobs and pages may have taken all.
        self._direct = self._engine if self.is_sqlite else self._create_engine(poolclass=NullPool)
        self._leases = None if self.is_sqlite else Leases(self._engine, self._direct.connect)

    def _create_engine(self, **options: Any) -> Engine:
        engine = create_engine(
            self.url,
            # Parameters hold texts of tickets, which must not reach a log through an error message.
            hide_parameters=True,
            json_serializer=lambda value: orjson.dumps(value).decode(),
            json_deserializer=orjson.loads,
            **options,
        )
        event.listen(engine, "handle_error", self._explain)
        event.listen(engine, "checkin", self._close_after_end)
        if self.is_sqlite:
            sqlite_file.set_up(engine)
        else:
            from service.store import postgresql  # noqa: PLC0415 - the driver is heavy, and SQLite is the default

            postgresql.set_up(engine, self._abandoned)
        return engine

    @contextmanager
    def write(self, *, fenced: bool = True) -> Iterator[Connection]:
        """Yield a connection whose transaction is committed at the end, or rolled back on an error.

        Raises Superseded, and writes nothing, if a lease that this task or thread works under (see `exclusive`) has
        passed to another process. `fenced=False` is for rows that belong to the work of this process alone.
        """
        leases = [held.lease for held in _held.get() if held.url == self.url] if fenced else []
        with self._connect(treadmill_write=True) as connection, connection.begin():
            lease.verify(connection, leases, until_commit=False)
            yield connection
            lease.verify(connection, leases, until_commit=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection for reading, to which one state of the database is shown until its transaction ends."""
        for database, connection in _consistent.get():
            if database is self:
                yield connection
                return
        with self._connect(**{} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}) as connection:
            yield connection

    @contextmanager
    def consistent_reads(self) -> Iterator[None]:
        """Show one state of the database to every `read` of this task or thread in the block."""
        with self.read() as connection:
            token = _consistent.set((*_consistent.get(), (self, connection)))
            try:
                yield
            finally:
                _consistent.reset(token)

    def _explain(self, context: ExceptionContext) -> None:
        # Here, where every statement of every command and page passes.
        if explanation := explain(context.original_exception):
            raise DatabaseError(f"{self.safe_url}: {explanation}") from context.original_exception

    def _connect(self, **options: Any) -> Connection:
        try:
            return self._engine.connect().execution_options(**options)
        except PoolTimeout as problem:
            raise DatabaseError(
                f"{self.safe_url}: all {POOL_SIZE} connections of this process have been in use for {POOL_SECONDS} s. "
                "See what they do in pg_stat_activity, and give the database more resources."
            ) from problem

    def check(self) -> str:
        """Return the product and its version. Raises DatabaseError when it cannot be reached."""
        try:
            with self._direct.connect() as connection:
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
        return insert_into(table, self.dialect)

    @contextmanager
    def exclusive(self, name: str, wait: float = 0) -> Iterator[None]:
        """Hold the lock `name` of this database; transactions of `write` in the block fail once it is lost.

        That goes for the threads of `asyncio.to_thread`, too, not for others that the block starts. The lock of a
        process that is killed is free at once on SQLite, and within `LEASE_SECONDS` on PostgreSQL. Raises Busy when
        another process still holds it after `wait` seconds, on PostgreSQL not before that process is sure to live.
        """
        patience = _Patience(wait)
        while isinstance(lock := self._acquire(name), Holder):
            patience.check(name, lock)
            time.sleep(POLL_SECONDS)
        try:
            with self._keep(lock):
                yield
        finally:
            self._release(lock)

    @asynccontextmanager
    async def exclusive_async(self, name: str, wait: float = 0) -> AsyncIterator[None]:
        """Hold the lock `name` as `exclusive` does, without a call of the database in the event loop."""
        patience = _Patience(wait)
        while isinstance(lock := await self._acquire_async(name), Holder):
            patience.check(name, lock)
            await asyncio.sleep(POLL_SECONDS)
        try:
            with self._keep(lock):
                yield
        finally:
            await asyncio.to_thread(self._release, lock)

    @contextmanager
    def write_alone(self, name: str, wait: float) -> Iterator[Connection]:
        """Yield a connection as `write` does, while no other process is in a transaction of this name.

        It needs no table. Raises Busy when another process is still in such a transaction after `wait` seconds.
        """
        if self.is_sqlite:
            with self.exclusive(name, wait), self.write() as connection:
                yield connection
            return
        # Not `hash`: it differs from process to process, and all must agree on the number of a name.
        number = int.from_bytes(hashlib.sha256(f"treadmill:{name}".encode()).digest()[:8], signed=True)
        attempt, patience = text("SELECT pg_try_advisory_xact_lock(:number)"), _Patience(wait)
        with self.write() as connection:
            while not connection.execute(attempt, {"number": number}).scalar():
                patience.check(name, Holder())
                time.sleep(POLL_SECONDS)
            yield connection

    def _acquire(self, name: str) -> Lock | Holder:
        if self._leases is not None:
            return self._leases.acquire(name)
        if sqlite_file.in_memory(self.url):
            return None
        return sqlite_file.lock_file(self.url, name) or Holder()

    async def _acquire_async(self, name: str) -> Lock | Holder:
        # A lock on a file waits for nothing, and a thread that goes on after a cancellation would leave it locked.
        return await asyncio.to_thread(self._acquire, name) if self._leases else self._acquire(name)

    @contextmanager
    def _keep(self, lock: Lock) -> Iterator[None]:
        if self._leases is None or not isinstance(lock, Lease):
            yield
            return
        # Not before the caller is there to release it: a task that is cancelled while a thread acquires the lease
        # leaves a lease that expires, and none that is renewed for ever.
        self._leases.keep(lock)
        token = _held.set((*_held.get(), HeldLease(self.url, lock)))
        try:
            yield
        finally:
            _held.reset(token)

    def _release(self, lock: Lock) -> None:
        if isinstance(lock, TextIOWrapper):
            lock.close()
        elif self._leases is not None and lock is not None:
            self._leases.release(lock)

    def abandon(self) -> None:
        """Let everything that waits for a PostgreSQL server fail at once, now and later: the process has to end."""
        self._abandoned.set()

    def dispose(self) -> None:
        """Close all connections, those that other threads are using as soon as they return."""
        self._disposed.set()
        self._engine.dispose()

    def _close_after_end(self, _connection: Any, record: ConnectionPoolEntry) -> None:
        # The pool that it came from is gone by then, and would never close it.
        if self._disposed.is_set():
            record.close()


class _Patience:
    """The time that a lock is waited for: `seconds`, and beyond them as long as its holder may be dead."""

    def __init__(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds
        self._first: Holder | None = None

    def check(self, name: str, holder: Holder) -> None:
        """Raise Busy if the time is over."""
        self._first = self._first or holder
        # A lease that was not renewed since the first look is free soon, unless its holder lives: a restarted service
        # does not leave its sources alone until the next tick.
        may_be_dead = holder.expires_at is not None and holder == self._first
        if time.monotonic() >= self._deadline and not may_be_dead:
            raise Busy(f"'{name}' is the work of {holder}. Wait until it has ended, or end it.")
