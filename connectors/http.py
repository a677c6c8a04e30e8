"""One HTTP client for all connectors: limits, retries, and JSON or an error that says what to do."""

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx
import orjson
import stamina

from connectors.base import HttpSettings, Usage
from connectors.errors import (
    BudgetSpent,
    ConnectorError,
    MissingPermission,
    NotFound,
    NotJson,
    Transient,
    Truncated,
    Unavailable,
    WrongCredentials,
    WrongSettings,
)

FAILURES_TO_OPEN = 20
CUTS_TO_GIVE_UP = 2
LONGEST_WAIT = 300.0
LONGEST_QUOTE = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete JSON answer: `data` is parsed, `headers` are case-insensitive, `status` is 200."""

    data: Any
    headers: httpx.Headers


Inspect = Callable[[Answer], None]
"""A vendor's own look at an answer that came with status 200; raises when it is an error all the same."""


def retry_after_seconds(value: str | None, now: datetime) -> float | None:
    """Seconds to wait by a `Retry-After` header, given as seconds or as an HTTP date (RFC 9110, 10.2.3).

    None where it is missing or unreadable; never negative.
    """
    if value is None:
        return None
    text = value.strip()
    if text.replace(".", "", 1).isdigit():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds())


class HttpClient:
    """Asks one source over HTTP, politely: never faster than it allows, never more than the budget.

    Counts into `usage`. After `FAILURES_TO_OPEN` failures in a row the circuit is open and every request
    raises Unavailable, so that a run against a dead system ends soon.
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
        policy = None if keep_cookies else DefaultCookiePolicy(allowed_domains=[])
        self._client = httpx.AsyncClient(
            base_url=settings.url,
            auth=auth,
            headers={"Accept": "application/json", "User-Agent": "Treadmill", **(headers or {})},
            cookies=CookieJar(policy),
            timeout=httpx.Timeout(settings.timeout, connect=min(settings.timeout, 15), pool=None),
            limits=httpx.Limits(max_connections=settings.concurrency),
            verify=ssl.create_default_context(cafile=settings.ca_bundle) if settings.ca_bundle else _authorities(),
            transport=transport,
        )
        self._settings = settings
        self._usage = usage
        self._attempts = attempts
        self._inspect = inspect
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._not_before = 0.0
        self._failures = 0

    async def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Answer:
        """The answer to a GET of `path` below the base address. Raises ConnectorError."""
        return await self._ask("GET", path, params=params)

    async def post(self, path: str, body: Any) -> Answer:
        """The answer to a POST of `body` as JSON. Raises ConnectorError."""
        return await self._ask("POST", path, content=orjson.dumps(body), headers={"Content-Type": "application/json"})

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._client.aclose()

    async def _ask(self, method: str, path: str, **request: Any) -> Answer:
        cuts = 0

        def backoff(error: Exception) -> bool | float:
            """Whether to ask again, or the seconds after which the system wants to be asked."""
            nonlocal cuts
            if not isinstance(error, Transient) or self._failures >= FAILURES_TO_OPEN:
                return False
            cuts += isinstance(error, Truncated)
            if cuts > CUTS_TO_GIVE_UP:
                return False
            return True if error.retry_after is None else error.retry_after <= LONGEST_WAIT and error.retry_after

        attempt = 0
        try:
            async for context in stamina.retry_context(
                on=backoff, attempts=self._attempts, timeout=None, wait_initial=0.5, wait_max=30, wait_jitter=1
            ):
                with context:
                    attempt += 1
                    self._usage.retries += attempt > 1
                    return await self._once(method, path, request)
        except Truncated:
            raise
        except Transient as problem:
            raise Unavailable(f"{problem} (asked {attempt} times)") from problem
        raise AssertionError("a retry context returns or raises")

    async def _once(self, method: str, path: str, request: dict[str, Any]) -> Answer:
        if self._failures >= FAILURES_TO_OPEN:
            raise Unavailable(f"{method} {path}: {self._failures} requests in a row have failed")
        async with self._slots:
            await self._wait_for_turn()
            self._spend()
            try:
                response = await self._client.request(method, path, **request)
                _untie(response)
                answer = self._judge(response)
            except httpx.TransportError as problem:
                self._failures += 1
                raise Transient(f"{method} {path}: {_network_problem(problem)}") from problem
            except Transient as problem:
                self._failures += 1
                if problem.retry_after:
                    self._not_before = max(self._not_before, time.monotonic() + min(problem.retry_after, LONGEST_WAIT))
                raise
            self._failures = 0
            return answer

    async def _wait_for_turn(self) -> None:
        """Waits out a Retry-After, whichever request it was given to, and the limit of requests a second."""
        rate = self._settings.requests_per_second
        while (delay := self._not_before - time.monotonic()) > 0:
            await asyncio.sleep(delay)
        if rate is not None:
            self._not_before = time.monotonic() + 1 / rate

    def _spend(self) -> None:
        budget = self._settings.request_budget
        if budget is not None and self._usage.requests >= budget:
            raise BudgetSpent(f"the budget of {budget} requests is spent")
        self._usage.requests += 1

    def _judge(self, response: httpx.Response) -> Answer:
        where = f"{response.request.method} {response.request.url.path}"
        if response.status_code != 200:
            raise _refusal(response, where)
        content_type = response.headers.get("content-type", "")
        if "json" not in content_type:
            raise NotJson(
                f"{where}: answered {content_type.split(';')[0] or 'no content type'} instead of JSON, "
                "as a login page, a proxy or a sleeping instance does"
            )
        try:
            answer = Answer(orjson.loads(response.content), response.headers)
        except orjson.JSONDecodeError as problem:
            raise Truncated(f"{where}: the JSON is cut or broken ({problem})") from problem
        if self._inspect is not None:
            self._inspect(answer)
        return answer


@cache
def _authorities() -> ssl.SSLContext:
    """Whom to trust; read once a process, for it takes tens of milliseconds."""
    return httpx.create_ssl_context()


def _untie(response: httpx.Response) -> None:
    """Frees a complete answer from its stream: httpx ties them in a cycle, which would keep every body in memory
    until garbage is collected.
    """
    response.stream = httpx.ByteStream(b"")


def _network_problem(problem: httpx.TransportError) -> str:
    if isinstance(problem, httpx.TimeoutException):
        return f"no answer in time ({type(problem).__name__})"
    return str(problem) or type(problem).__name__


def _refusal(response: httpx.Response, where: str) -> ConnectorError:
    """The error for an answer with any status but 200."""
    status = response.status_code
    said = f"{where}: {status} {response.reason_phrase}{_quote(response)}"
    if status == 401:
        return WrongCredentials(said)
    if status == 403:
        return MissingPermission(said)
    if status == 404:
        return NotFound(said)
    if status in (202, 408, 425, 429) or status >= 500:
        wait = retry_after_seconds(response.headers.get("retry-after"), datetime.now(UTC))
        return Transient(said, wait)
    if 300 <= status < 400:
        return WrongSettings(
            f"{said} to {response.headers.get('location', '?').split('?')[0]}",
            "Set the address that answers without a redirect; a login page there means single sign-on is in the way.",
        )
    return WrongSettings(said)


def _quote(response: httpx.Response) -> str:
    """What the system says about its refusal, as far as it is readable."""
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return ""
    found: list[str] = []
    if isinstance(body, dict):
        messages = body.get("errorMessages")
        found += [str(m) for m in messages] if isinstance(messages, list) else []
        error = body.get("error")
        if isinstance(error, dict):
            found += [str(error[name]) for name in ("message", "detail") if error.get(name)]
        elif error:
            found += [str(error), str(body.get("error_description", ""))]
        elif body.get("message"):
            found.append(str(body["message"]))
    text = "; ".join(filter(None, found))
    return f": {text[:LONGEST_QUOTE]}" if text else ""
