"""Leases: locks of a PostgreSQL database that outlive no process by more than half a minute.

A lease is a row with a time of expiry, which its process moves on as long as it lives. Each acquisition raises the
`fence` of the row. A process that was frozen beyond the expiry finds another number there, and its transactions fail.
"""

import os
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Condition, Thread

import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from service.store.errors import Superseded
from service.store.limits import PROBE, limited

LEASE_SECONDS = 30.0
RENEW_SECONDS = 5.0

# By the clock of the database alone: those of two machines may differ by minutes.
EXPIRY = "clock_timestamp() + :seconds * interval '1 second'"
# A clock that was set back leaves an expiry that is far away, and no holder renews for that long at once.
IS_HELD = f"lease.expires_at > clock_timestamp() AND lease.expires_at <= {EXPIRY}"
# Constants, all of them.
ACQUIRE = text(f"""
    INSERT INTO lease (name, fence, holder, expires_at) VALUES (:name, 1, :holder, {EXPIRY})
    ON CONFLICT (name) DO UPDATE SET fence = lease.fence + 1, holder = excluded.holder, expires_at = {EXPIRY}
    WHERE NOT ({IS_HELD})
    RETURNING fence
""")  # noqa: S608
# Not "and not expired": as long as nobody else has taken it, nothing was missed.
RENEW = text(f"UPDATE lease SET expires_at = {EXPIRY} WHERE name = :name AND fence = :fence")  # noqa: S608
RELEASE = text("UPDATE lease SET expires_at = 'epoch' WHERE name = :name AND fence = :fence")
READ_HOLDER = text(f"SELECT holder, expires_at FROM lease WHERE name = :name AND {IS_HELD}")  # noqa: S608
READ_FENCE = "SELECT fence, holder FROM lease WHERE name = :name"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds a lock, and until when unless it renews it; for a lock on a file both are unknown."""

    name: str | None = None
    expires_at: datetime | None = None

    def __str__(self) -> str:
        if self.expires_at is None:
            return "another process"
        return f"{self.name} (until {self.expires_at:%H:%M:%S} UTC, unless it renews its lease)"


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease that this process has acquired; `fence` differs from that of every earlier and later holder."""

    name: str
    fence: int


class Leases:
    """The leases that this process holds in one database, and the thread that renews them."""

    def __init__(self, engine: Engine, connect: Callable[[], Connection]) -> None:
        """Take short transactions from `engine`; `connect` gives the connection that renews."""
        self._engine = engine
        self._connect = connect
        self._holder = f"process {os.getpid()} on {socket.gethostname()}"
        self._held: set[Lease] = set()
        self._changed = Condition()
        self._thread: Thread | None = None

    def acquire(self, name: str) -> Lease | Holder:
        """Return the lease, which lasts for `LEASE_SECONDS` unless it is kept, or the process that holds it."""
        values = {"name": name, "holder": self._holder, "seconds": LEASE_SECONDS}
        with self._engine.begin() as connection:
            # Read first: whoever waits for an analysis asks for minutes, and would write a row lock each time.
            holder = _read_holder(connection, name)
            if holder is not None:
                return holder
            fence = connection.execute(ACQUIRE, values).scalar()
            if fence is not None:
                return Lease(name, fence)
            return _read_holder(connection, name) or Holder()

    def keep(self, lease: Lease) -> None:
        """Renew the lease from now on. Does not wait for the database."""
        with self._changed:
            self._held.add(lease)
            if self._thread is None:
                # A thread, not a task: an event loop that is busy for half a minute must lose nothing. A daemon, since
                # a server that does not answer must not hold up the end of the process.
                self._thread = Thread(target=self._renew_all, name="leases", daemon=True)
                self._thread.start()

    def release(self, lease: Lease) -> None:
        """Let others acquire the lease. Where the database cannot be reached, they wait for its expiry."""
        with self._changed:
            self._held.discard(lease)
            self._changed.notify()
        try:
            with self._engine.begin() as connection:
                connection.execute(RELEASE, {"name": lease.name, "fence": lease.fence})
        except SQLAlchemyError as problem:
            log.warning("lease not released, expires by itself", lease=lease.name, problem=_first_line(problem))

    def _renew_all(self) -> None:
        with limited(PROBE):
            self._renew_while_held()

    def _renew_while_held(self) -> None:
        connection: Connection | None = None
        while leases := self._next_leases():
            try:
                connection = connection or self._connect()
                for lease in leases:
                    self._renew(connection, lease)
            except Exception as problem:  # noqa: BLE001 - without this thread, all leases would be lost
                log.warning("leases not renewed, will retry", problem=_first_line(problem))
                _close(connection)
                connection = None
        _close(connection)

    def _next_leases(self) -> list[Lease]:
        """Return the leases to renew once it is time; none, and then the thread has to end, if none is held."""
        with self._changed:
            self._changed.wait_for(lambda: not self._held, RENEW_SECONDS)
            if not self._held:
                self._thread = None
            return sorted(self._held, key=lambda lease: lease.name)

    def _renew(self, connection: Connection, lease: Lease) -> None:
        values = {"name": lease.name, "fence": lease.fence, "seconds": LEASE_SECONDS}
        with connection.begin():
            is_held = connection.execute(RENEW, values).rowcount == 1
        if not is_held:
            log.warning("lease lost to another process", lease=lease.name)
            with self._changed:
                self._held.discard(lease)


def verify(connection: Connection, leases: Iterable[Lease], *, until_commit: bool) -> None:
    """Raise Superseded unless all leases are held; with `until_commit` nobody acquires one before the commit."""
    # Shared, and at the end of the transaction: in a long one it would keep the lease from being renewed.
    statement = text(f"{READ_FENCE} FOR SHARE" if until_commit else READ_FENCE)
    for lease in leases:
        fence, holder = connection.execute(statement, {"name": lease.name}).one()
        if fence != lease.fence:
            raise Superseded(
                f"{holder} took over '{lease.name}' while this process was frozen or cut off from the database; "
                "nothing was lost"
            )


def _read_holder(connection: Connection, name: str) -> Holder | None:
    row = connection.execute(READ_HOLDER, {"name": name, "seconds": LEASE_SECONDS}).one_or_none()
    return None if row is None else Holder(row.holder, row.expires_at.astimezone(UTC))


def _close(connection: Connection | None) -> None:
    if connection is not None:
        connection.close()


def _first_line(problem: Exception) -> str:
    return str(problem).strip().split("\n")[0]
