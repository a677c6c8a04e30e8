"""Sessions that ended with a logout: their cookies are valid for hours, and must open nothing."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool

from service.store.database import Database
from service.store.errors import DatabaseError
from service.store.tickets import revoked_sessions

FRESH_SECONDS = 2.0
PATIENCE_SECONDS = 5.0


@dataclass(slots=True)
class Revocations:
    """The revoked sessions of all processes on one database, read again every few seconds."""

    database: Database
    clock: Callable[[], float] = time.monotonic
    _digests: frozenset[str] = frozenset()
    _unread: set[str] = field(default_factory=set)
    _read_at: float | None = None
    _reading: asyncio.Future[None] | None = None

    def revoke(self, session: str) -> None:
        """End a session, for this process at once and for others within seconds."""
        self._unread.add(revoked_sessions.revoke(self.database, session, datetime.now(UTC)))

    async def includes(self, session: str) -> bool:
        """Return whether a session was revoked. Raises an error of the database where it does not answer."""
        if self._read_at is None or self.clock() > self._read_at + FRESH_SECONDS:
            await self._refresh()
        digest = revoked_sessions.digest_of(session)
        return digest in self._digests or digest in self._unread

    async def _refresh(self) -> None:
        # One read at a time, for all requests: with each its own, a frozen database would take every thread.
        if self._reading is None or self._reading.get_loop() is not asyncio.get_running_loop():
            self._reading = asyncio.ensure_future(run_in_threadpool(self._read))
            self._reading.add_done_callback(self._forget)
        reading = self._reading
        done, _ = await asyncio.wait({reading}, timeout=PATIENCE_SECONDS)
        if not done:
            raise DatabaseError("the database does not answer")
        reading.result()

    def _read(self) -> None:
        # From before the query on: what is revoked meanwhile may not be in its answer.
        begin, before = self.clock(), set(self._unread)
        self._digests = revoked_sessions.revoked(self.database)
        self._read_at = begin
        self._unread -= before & self._digests

    def _forget(self, reading: asyncio.Future[None]) -> None:
        if self._reading is reading:
            self._reading = None
        if not reading.cancelled():
            reading.exception()
