"""The HTTP client of all connectors: limits, retries and a circuit breaker."""

import asyncio
import logging
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import orjson
import stamina
from stamina.instrumentation import set_on_retry_hooks

from connectors.base import HttpSettings, Usage
from connectors.bodies import ACCEPTED, MIB, bound_body
from connectors.errors import BrokenAnswer, BudgetSpent, TooLarge, Transient, Truncated, Unavailable
from connectors.parsing import count_values
from connectors.responses import Answer, parse_answer
from connectors.retries import FIRST_PAUSE, LONGEST_PAUSE, MIN_PATIENCE, Retries, patience_of

MAX_CONSECUTIVE_FAILURES = 20
ANSWER_TIMEOUTS = 2
MAX_CONNECT = 15
VALUES_A_MIB = 48_000
# Proxies and application firewalls reject longer addresses, some from 2,048 characters on.
MAX_ADDRESS = 2000
ERRNO = re.compile(r"\[Errno -?\d+\] ")

log = logging.getLogger(__name__)
# Its own lines know neither the host nor words for the cause; those of `HttpClient` replace them.
set_on_retry_hooks([])

Inspect = Callable[[Answer], None]
"""A vendor's check of an answer with status 200; raises ConnectorError for one that is an error all the same."""


class HttpClient:
    """A client of one source that never asks faster than the source allows, nor more than the budget.

    Requests and retries are counted in `usage`. After `MAX_CONSECUTIVE_FAILURES` the circuit is open and every
    request raises Unavailable, so that a run against a dead system ends soon.
    """

    def __init__(
        self,
        settings: HttpSettings,
        usage: Usage,
        *,
        auth: httpx.Auth | None = None,
        headers: Mapping[str, str] | None = None,
        inspect: Inspect | None = None,
        keep_cookies: bool = False,
        attempts: int = 8,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        # ServiceNow queues the requests of one session and drops those beyond ten: without cookies there is no session.
        policy = None if keep_cookies else DefaultCookiePolicy(allowed_domains=[])
        self._client = httpx.AsyncClient(
            base_url=settings.url,
            auth=auth,
            headers={
                "Accept": "application/json",
                "Accept-Encoding": ACCEPTED,
                "User-Agent": "Treadmill",
                **(headers or {}),
            },
            cookies=CookieJar(policy),
            # The semaphore below bounds the wait for a connection: a timeout of the pool would only hide it.
            timeout=httpx.Timeout(settings.timeout, connect=min(settings.timeout, MAX_CONNECT), pool=None),
            limits=httpx.Limits(max_connections=settings.concurrency),
            verify=ssl.create_default_context(cafile=settings.ca_bundle) if settings.ca_bundle else _trusted_roots(),
            transport=transport,
            # A hook sees every response before its body is read, those that authentication asks for included.
            event_hooks={"response": [self._bound_body]},
        )
        self.host = self._client.base_url.host
        self._settings = settings
        self._usage = usage
        self._attempts = attempts
        self._inspect = inspect
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._not_before = 0.0
        self._failures = 0

    async def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Answer:
        """Send a GET for `path` below the base address and return the answer. Raise ConnectorError."""
        return await self._request("GET", path, url=address_of(path, params))

    def room_beside(self, path: str, params: Mapping[str, str | int]) -> int:
        """Return how many characters the address of a GET may gain."""
        return MAX_ADDRESS - len(str(self._client.base_url).rstrip("/") + address_of(path, params))

    async def post(self, path: str, body: Any) -> Answer:
        """Send `body` as JSON to `path` below the base address and return the answer. Raise ConnectorError."""
        headers = {"Content-Type": "application/json"}
        return await self._request("POST", path, url=path, content=orjson.dumps(body), headers=headers)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def _request(self, method: str, path: str, **options: Any) -> Answer:
        retries = Retries(patience_of(self._settings.timeout))

        def pause_after(error: Exception) -> bool | float:
            pause = self._failures < MAX_CONSECUTIVE_FAILURES and retries.pause_after(error)
            if pause is not False and retries.number < self._attempts:
                seconds = retries.usual_pause if pause is True else pause
                log.warning("%s: %s; asked again in %.1f seconds", self.host, error, seconds)
            return pause

        try:
            # No limit of time here: it would not know of the pause that a Retry-After asks for.
            async for attempt in stamina.retry_context(
                on=pause_after,
                attempts=self._attempts,
                timeout=None,
                wait_initial=FIRST_PAUSE,
                wait_max=LONGEST_PAUSE,
                wait_jitter=1,
            ):
                with attempt:
                    retries.number += 1
                    self._usage.retries += retries.number > 1
                    return await self._send(method, path, options)
        # An answer that is cut again and again needs a smaller page, and only the caller can ask for that.
        except Truncated as problem:
            raise Truncated(f"{self.host}: {problem}") from problem
        except Transient as problem:
            raise retries.give_up(self.host, problem) from problem
        raise AssertionError("a retry context returns or raises")

    async def _send(self, method: str, path: str, options: dict[str, Any]) -> Answer:
        if self._failures >= MAX_CONSECUTIVE_FAILURES:
            raise Unavailable(f"{self.host}: {method} {path}: {self._failures} requests in a row failed")
        async with self._slots:
            await self._wait_for_turn()
            self._spend_budget()
            try:
                response = await self._receive(method, path, options)
                answer = parse_answer(response)
                if self._inspect is not None:
                    self._inspect(answer)
            except Transient as problem:
                # An answer that is cut shows that the system is alive; the caller asks for less, many pages at a time.
                self._failures += not isinstance(problem, Truncated)
                if problem.retry_after:
                    self._not_before = max(self._not_before, time.monotonic() + min(problem.retry_after, MIN_PATIENCE))
                raise
            self._failures = 0
            return answer

    async def _receive(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        """Return the response with its whole body. Raise ConnectorError."""
        deadline = ANSWER_TIMEOUTS * self._settings.timeout
        try:
            # The timeouts of the client begin anew with every byte: a trickle would never end.
            async with asyncio.timeout(deadline):
                response = await self._client.request(method, **options)
        except TimeoutError as problem:
            raise Transient(f"{method} {path}: no whole answer within {deadline:,.0f} seconds") from problem
        except httpx.InvalidURL as problem:
            raise BrokenAnswer(f"{self.host}: an answer led to an invalid address ({problem})") from problem
        except httpx.RequestError as problem:
            raise Transient(f"{method} {path}: {_network_problem(problem, self._settings.timeout)}") from problem
        _free_stream(response)
        self._check_values(response, f"{method} {path}")
        return response

    def _check_values(self, response: httpx.Response, place: str) -> None:
        # A list of empty lists takes twenty times as much memory when it is read.
        limit = self._settings.answer_limit * VALUES_A_MIB
        # A shorter one holds too few to matter, and is spared the counting.
        if len(response.content) > 4 * limit and count_values(response.content) > limit:
            raise TooLarge(f"{self.host}: {place}: the answer holds more than {limit:,} values")

    async def _bound_body(self, response: httpx.Response) -> None:
        bound_body(response, self._settings.answer_limit * MIB)

    async def _wait_for_turn(self) -> None:
        """Wait until no Retry-After is pending, whichever request received it, and the rate limit allows a request."""
        rate = self._settings.requests_per_second
        # A loop, since another request may have moved the moment while this one slept.
        while (delay := self._not_before - time.monotonic()) > 0:
            await asyncio.sleep(delay)
        if rate is not None:
            self._not_before = time.monotonic() + 1 / rate

    def _spend_budget(self) -> None:
        budget = self._settings.request_budget
        if budget is not None and self._usage.requests >= budget:
            raise BudgetSpent(f"the budget of {budget} requests is spent")
        # Counted before it is sent: the system counts requests that fail, too.
        self._usage.requests += 1


def address_of(path: str, params: Mapping[str, str | int] | None = None) -> str:
    """Return a path with its query, in which commas stay as they are: encoded, a list of ids grows by a tenth."""
    return f"{path}?{urlencode(params, quote_via=quote, safe=',:/')}" if params else path


@cache
def _trusted_roots() -> ssl.SSLContext:
    """Return the certificate authorities to trust."""
    return httpx.create_ssl_context()  # cached: reading them takes tens of milliseconds


def _free_stream(response: httpx.Response) -> None:
    """Detach a response that has been read from its stream."""
    # httpx ties the two in a cycle, which would keep every body in memory until the next garbage collection.
    response.stream = httpx.ByteStream(b"")


def _network_problem(problem: httpx.RequestError, timeout: float) -> str:
    if isinstance(problem, httpx.ConnectTimeout):
        return f"no connection within {min(timeout, MAX_CONNECT):,.0f} seconds"
    if isinstance(problem, httpx.TimeoutException):
        return f"no answer within {timeout:,.0f} seconds (TIMEOUT)"
    for cause in _causes(problem):
        if isinstance(cause, socket.gaierror):
            return "the name of the host cannot be resolved"
        if isinstance(cause, ConnectionRefusedError):
            return "the host refuses the connection"
    return ERRNO.sub("", str(problem)) or type(problem).__name__


def _causes(problem: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those that led to it, each once: they may lead to each other."""
    seen: list[BaseException] = []
    waiting = [problem]
    while waiting:
        cause = waiting.pop()
        if cause in seen:
            continue
        seen.append(cause)
        yield cause
        # An attempt for each address of a host fails for itself.
        waiting += cause.exceptions if isinstance(cause, BaseExceptionGroup) else ()
        waiting += filter(None, (cause.__context__, cause.__cause__))
