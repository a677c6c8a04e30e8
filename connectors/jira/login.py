"""How Treadmill logs in to Jira, and what Jira's answers say about it."""

import base64
from collections.abc import Generator

import httpx

from connectors.errors import WrongCredentials

ADVICE = (
    "Check user and token, and whether the token has expired. On Cloud a token with scopes and the token of a service "
    "account work at https://api.atlassian.com/ex/jira/<cloudId> only."
)
REFUSED = {"AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED", "OUT"}


class Login(httpx.Auth):
    """Basic with a user, else Bearer.

    Jira answers anonymously, with 200 and an empty list, where it did not accept the credentials. It says so in
    headers only, which are read on every answer. Raises WrongCredentials.
    """

    def __init__(self, user: str | None, token: str) -> None:
        pair = base64.b64encode(f"{user}:{token}".encode()).decode()
        self._header = f"Basic {pair}" if user else f"Bearer {token}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Adds the credentials and judges the answer."""
        request.headers["Authorization"] = self._header
        response = yield request
        where = f"{request.method} {request.url.path}"
        denied = response.headers.get("x-authentication-denied-reason", "")
        if denied:
            raise WrongCredentials(
                f"{where}: the login was denied ({denied.split(';')[0]})",
                "Log in once in a browser and solve the CAPTCHA, or use a personal access token.",
            )
        reason = response.headers.get("x-seraph-loginreason", "")
        if not REFUSED.isdisjoint(part.strip() for part in reason.split(",")):
            raise WrongCredentials(f"{where}: Jira did not accept the credentials ({reason})", ADVICE)
