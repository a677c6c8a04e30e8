"""The bound on waiting for an answer: a page says that the database does not answer instead of hanging."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.store.limits import PAGE, limited
from service.web.auth.middleware import API, STATIC
from service.web.auth.request_checks import path_of

SECONDS = 20.0
MOST_LATE = 20
"""So many requests may wait in threads for a database that does not answer; FastAPI has 40 threads for all."""
UNBOUNDED = ("/healthz", STATIC, f"{API}v1/export/")
"""Beginnings of paths without the bound: an export is written as a whole before its first byte is sent."""


@dataclass(frozen=True, slots=True)
class PageDeadline:
    """Middleware that answers with `refuse` where the app has not begun to answer in time."""

    app: ASGIApp
    refuse: Callable[[Request], Response]
    _late: set[asyncio.Future[None]] = field(default_factory=set)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, for a limited time."""
        if scope["type"] != "http" or path_of(scope).startswith(UNBOUNDED):
            await self.app(scope, receive, send)
            return
        with limited(PAGE):
            is_answered = len(self._late) < MOST_LATE and await self._answer(scope, receive, send)
        if not is_answered:
            await self.refuse(Request(scope))(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Let the app answer; False where it has not begun when the time is over."""
        begun, is_late = asyncio.Event(), False

        async def send_in_time(message: Message) -> None:
            begun.set()
            if not is_late:
                await send(message)

        # Of a copy: the app changes the scope, and a late answer is sent by the path of the request.
        answer = asyncio.ensure_future(self.app(dict(scope), receive, send_in_time))
        beginning = asyncio.create_task(begun.wait())
        try:
            await asyncio.wait({answer, beginning}, timeout=SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if answer.done() or begun.is_set():
                await answer
                return True
        except asyncio.CancelledError:
            answer.cancel()
            raise
        finally:
            beginning.cancel()
        is_late = True
        self._leave(answer)
        return False

    def _leave(self, answer: asyncio.Future[None]) -> None:
        """Let a late answer end by itself: no thread can be stopped that waits for the database."""
        self._late.add(answer)
        answer.add_done_callback(self._forget)

    def _forget(self, answer: asyncio.Future[None]) -> None:
        self._late.discard(answer)
        # The visitor has had the answer that the database is to blame; asyncio would log an error nobody looked at.
        if not answer.cancelled():
            answer.exception()
