"""Authentication at Jira, and the headers by which Jira rejects it."""

import base64
from collections.abc import Generator

import httpx

from connectors.errors import WrongCredentials

REMEDY = (
    "Check user and token, and whether the token has expired. On Cloud, tokens with scopes and tokens of service "
    "accounts work only at https://api.atlassian.com/ex/jira/<cloudId>."
)
REJECTED = {"AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED", "OUT"}


class JiraAuth(httpx.Auth):
    """Basic authentication with a user, Bearer without one. Raise WrongCredentials where Jira rejects it."""

    def __init__(self, user: str | None, token: str) -> None:
        pair = base64.b64encode(f"{user}:{token}".encode()).decode()
        self._header = f"Basic {pair}" if user else f"Bearer {token}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request with the credentials and check the headers of the response."""
        request.headers["Authorization"] = self._header
        response = yield request
        place = f"{request.method} {request.url.path}"
        denied = response.headers.get("x-authentication-denied-reason", "")
        if denied:
            raise WrongCredentials(
                f"{place}: Jira denied the login ({denied.split(';')[0]})",
                "Log in once in a browser and solve the CAPTCHA, or use a personal access token.",
            )
        # With an expired token Jira answers a search anonymously, by status 200 and an empty list: only this header
        # tells it from an empty Jira. A token may expire in the middle of a run, so every response is checked.
        reason = response.headers.get("x-seraph-loginreason", "")
        if not REJECTED.isdisjoint(part.strip() for part in reason.split(",")):
            raise WrongCredentials(f"{place}: Jira rejected the credentials ({reason})", REMEDY)
