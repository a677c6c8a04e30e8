"""Connections: how many may be open, and how long one may take to send a request or to read its answer."""

import asyncio
import resource
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_SECONDS = 15.0
"""For a whole request, from the connection or the first byte after the last answer to the end of its body."""
STALLED_SECONDS = 30.0
"""For a client that has stopped to read its answer."""
MOST_CONNECTIONS = 1000
MOST_HANDLES = 4096
RESERVED_HANDLES = 192
"""Kept for the database, sources, files, the log, and connections that are being closed."""
ACCEPTED_AT_ONCE = 8
"""As many are accepted in one turn of the event loop; it takes a few turns to close one that is too many."""
QUEUE = 512
"""As many wait in the system to be accepted."""

_RECEIVED = (h11.DONE, h11.MUST_CLOSE, h11.CLOSED)


def raise_handle_limit() -> None:
    """Let the process open as many files and sockets as the service may need, where the system allows it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = MOST_HANDLES if hard == resource.RLIM_INFINITY else min(hard, MOST_HANDLES)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


def connection_limit() -> int:
    """Return how many connections may be open: what the process may open less a reserve, or else a quarter of it."""
    # Without a handle left even accept() fails, and with it every pull and every read of the database.
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return min(MOST_CONNECTIONS, max(soft // 4, soft - RESERVED_HANDLES))


class BoundedConnection(H11Protocol):
    """A connection that is closed when it takes too long, or when newer ones need its place."""

    # Uvicorn bounds only the time between two requests: a client that sends nothing, or a byte a minute, stays.

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._opened = self.loop.time()
        self._request_timer: asyncio.TimerHandle | None = None
        self._reader_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, in the place of the oldest connection that waits for a request if there are too many."""
        super().connection_made(transport)
        self._await_request()
        if len(self.connections) > connection_limit():
            oldest = min(self.connections, key=_age)
            # At once, or the next one that comes in this turn would choose the same.
            self.connections.discard(oldest)
            oldest.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take bytes of a request."""
        super().data_received(data)
        if self.is_waiting:
            self._await_request()
        elif self._request_timer is not None:
            self._request_timer.cancel()
            self._request_timer = None

    def pause_writing(self) -> None:
        """Wait for a client that does not read its answer, for a limited time."""
        super().pause_writing()
        self._reader_timer = self.loop.call_later(STALLED_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on with a client that reads its answer again."""
        if self._reader_timer is not None:
            self._reader_timer.cancel()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        for timer in filter(None, (self._request_timer, self._reader_timer)):
            timer.cancel()
        super().connection_lost(exc)

    @property
    def is_waiting(self) -> bool:
        """True while no whole request has come that is not answered yet."""
        return self.conn.their_state not in _RECEIVED

    def _await_request(self) -> None:
        # Not again for each byte: a request that comes byte by byte has no more time than another.
        if self._request_timer is None:
            self._request_timer = self.loop.call_later(REQUEST_SECONDS, self.transport.abort)


def _age(connection: Any) -> tuple[bool, float]:
    """Return a key by which the connection to close comes first: one that waits for a request, opened longest ago."""
    return not connection.is_waiting, connection._opened
