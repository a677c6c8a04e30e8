"""Authentication at an instance: Basic, or a bearer token of its OAuth endpoint."""

import asyncio
import re
import time
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import httpx

from connectors.errors import Transient, WrongCredentials, WrongSettings
from connectors.parsing import parse_json
from connectors.responses import retry_after_seconds
from connectors.servicenow.settings import ServiceNowSettings

TOKEN_PATH = "/oauth_token.do"  # noqa: S105 - a path, no secret
MARGIN = 60.0
TOKEN = re.compile(r"[!-~]+")  # any other character would break the header
MAX_LIFETIME = 86_400.0
REMEDY = (
    "Check CLIENT_ID and CLIENT_SECRET, and USER and PASSWORD where they are set. Client credentials also need the "
    "system property glide.oauth.inbound.client.credential.grant_type.enabled=true and an OAuth Application User."
)


def auth_of(settings: ServiceNowSettings) -> httpx.Auth:
    """Return OAuth if the settings name a client, else Basic."""
    user, password = settings.user, settings.password
    if settings.client_id is None or settings.client_secret is None:
        return httpx.BasicAuth(user or "", password.get_secret_value() if password else "")
    form = {
        "grant_type": "client_credentials",
        "client_id": settings.client_id,
        "client_secret": settings.client_secret.get_secret_value(),
    }
    if user and password:
        form |= {"grant_type": "password", "username": user, "password": password.get_secret_value()}
    return OAuth(settings.url + TOKEN_PATH, form)


class OAuth(httpx.Auth):
    """A bearer token, requested at the first request, before it expires and after it was rejected.

    Raises WrongCredentials where the endpoint rejects the client, Transient where it sends no proper answer.
    """

    def __init__(self, url: str, form: dict[str, str]) -> None:
        self._url = url
        self._form = form
        self._lock = asyncio.Lock()
        self._token = ""
        self._renew_at = 0.0

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send the request with a token, and once more with a new one if the first is rejected."""
        # The lock makes all requests under way share one new token.
        async with self._lock:
            if time.monotonic() >= self._renew_at:
                response = yield self._token_request(request)
                await self._store_token(response)
        rejected = self._sign(request)
        response = yield request
        if response.status_code != 401:
            return
        async with self._lock:
            # Another request may have renewed the token while this one waited.
            if self._token == rejected:
                response = yield self._token_request(request)
                await self._store_token(response)
        self._sign(request)
        yield request

    def _sign(self, request: httpx.Request) -> str:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return self._token

    def _token_request(self, request: httpx.Request) -> httpx.Request:
        headers = {"Accept": "application/json"}
        return httpx.Request("POST", self._url, data=self._form, headers=headers, extensions=request.extensions)

    async def _store_token(self, response: httpx.Response) -> None:
        answer = _parse_token(response.status_code, response.headers, await response.aread())
        lifetime = _lifetime(answer.get("expires_in"))
        self._token = str(answer["access_token"])
        # A minute early, since a request may wait that long for its turn; half of a lifetime that is even shorter.
        self._renew_at = time.monotonic() + lifetime - min(MARGIN, lifetime / 2)


def _parse_token(status: int, headers: httpx.Headers, body: bytes) -> dict[str, object]:
    """Return the token endpoint's answer. Raise ConnectorError for one without a token."""
    place = f"POST {TOKEN_PATH}: {status}"
    if status in (202, 408, 425, 429) or status >= 500:
        raise Transient(place, retry_after_seconds(headers.get("retry-after"), datetime.now(UTC)))
    try:
        answer = parse_json(body)
    except ValueError as problem:
        raise Transient(f"{place}: got no JSON, as from a login page or a hibernating instance") from problem
    if status == 200 and isinstance(answer, dict) and TOKEN.fullmatch(str(answer.get("access_token") or "")):
        return answer
    reason = answer.get("error_description") or answer.get("error") if isinstance(answer, dict) else None
    error = WrongSettings if status in (404, 405) else WrongCredentials
    raise error(f"{place}: {reason or 'the answer has no token'}", REMEDY)


def _lifetime(value: object) -> float:
    """Return the lifetime of a token in seconds, at most a day; 0 where it cannot be read."""
    try:
        seconds = float(str(value))
    except ValueError:
        return 0.0
    return min(seconds, MAX_LIFETIME) if seconds > 0 else 0.0
