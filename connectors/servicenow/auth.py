"""How requests prove who is asking: Basic, or a bearer token of the instance's OAuth endpoint."""

import asyncio
import time
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import httpx
import orjson

from connectors.errors import Transient, WrongCredentials, WrongSettings
from connectors.responses import retry_after_seconds
from connectors.servicenow.settings import ServiceNowSettings

TOKEN_PATH = "/oauth_token.do"  # noqa: S105 - a path, no secret
MARGIN = 60.0
REMEDY = (
    "Check CLIENT_ID and CLIENT_SECRET, and USER and PASSWORD where they are set. Client credentials also need the "
    "system property glide.oauth.inbound.client.credential.grant_type.enabled=true and an OAuth Application User."
)


def credentials(settings: ServiceNowSettings) -> httpx.Auth:
    """OAuth where a client is given, else Basic."""
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
    """A bearer token, asked for at the first request, before it expires and when it is refused.

    Raises WrongCredentials where the endpoint refuses the client, Transient where it does not answer properly.
    """

    def __init__(self, url: str, form: dict[str, str]) -> None:
        self._url = url
        self._form = form
        self._lock = asyncio.Lock()
        self._token = ""
        self._renew_at = 0.0

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Sends the request with a token; a second time with a new one when the first is refused."""
        async with self._lock:
            if time.monotonic() >= self._renew_at:
                response = yield self._token_request(request)
                await self._keep(response)
        refused = self._sign(request)
        response = yield request
        if response.status_code != 401:
            return
        async with self._lock:
            if self._token == refused:
                response = yield self._token_request(request)
                await self._keep(response)
        self._sign(request)
        yield request

    def _sign(self, request: httpx.Request) -> str:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return self._token

    def _token_request(self, request: httpx.Request) -> httpx.Request:
        headers = {"Accept": "application/json"}
        return httpx.Request("POST", self._url, data=self._form, headers=headers, extensions=request.extensions)

    async def _keep(self, response: httpx.Response) -> None:
        answer = _judged(response.status_code, response.headers, await response.aread())
        lifetime = float(str(answer.get("expires_in", 0)))
        self._token = str(answer["access_token"])
        self._renew_at = time.monotonic() + lifetime - min(MARGIN, lifetime / 2)


def _judged(status: int, headers: httpx.Headers, body: bytes) -> dict[str, object]:
    """The token endpoint's answer as far as it holds a token."""
    where = f"POST {TOKEN_PATH}: {status}"
    if status in (202, 408, 425, 429) or status >= 500:
        raise Transient(where, retry_after_seconds(headers.get("retry-after"), datetime.now(UTC)))
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError as problem:
        raise Transient(f"{where}: the answer is no JSON, as of a login page or a sleeping instance") from problem
    if status == 200 and isinstance(answer, dict) and answer.get("access_token"):
        return answer
    said = answer.get("error_description") or answer.get("error") if isinstance(answer, dict) else None
    error = WrongSettings if status in (404, 405) else WrongCredentials
    raise error(f"{where}: {said or 'no token'}", REMEDY)
