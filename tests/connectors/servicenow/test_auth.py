"""Basic and OAuth: the grants, the renewal of tokens, and rejections."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from connectors.errors import Unavailable, WrongCredentials, WrongSettings
from connectors.servicenow.auth import TOKEN_PATH
from tests.connectors.servicenow.fake import Instance, connector, incident, pull

CLIENT = {"client_id": "treadmill", "client_secret": "s3cret-client"}


class Tokens:
    """A token endpoint that issues one token after the other, of which only the latest is valid."""

    def __init__(self, expires_in: int = 1799) -> None:
        self.expires_in = expires_in
        self.forms: list[dict[str, str]] = []
        self.revoked: set[str] = set()

    def __call__(self, request: httpx.Request) -> httpx.Response | None:
        if request.url.path == TOKEN_PATH:
            self.forms.append(dict(parse_qsl(request.content.decode())))
            answer = {"access_token": f"token-{len(self.forms)}", "expires_in": self.expires_in}
            return httpx.Response(200, json=answer)
        token = request.headers["Authorization"].removeprefix("Bearer ")
        return None if token == f"token-{len(self.forms)}" and token not in self.revoked else httpx.Response(401)


def test_basic_sends_user_and_password(instance: Instance) -> None:
    pull(connector())
    assert {request.headers["Authorization"].split()[0] for request in instance.requests} == {"Basic"}


@pytest.mark.parametrize(
    ("overrides", "form"),
    [
        ({"user": None, "password": None}, {"grant_type": "client_credentials"}),
        ({}, {"grant_type": "password", "username": "reader", "password": "s3cret-password"}),
    ],
)
def test_grant_follows_from_the_settings(
    instance: Instance, overrides: dict[str, str | None], form: dict[str, str]
) -> None:
    tokens = instance.intercept = Tokens()
    instance.tables["incident"] = [incident(1)]
    assert len(pull(connector(**CLIENT, **overrides))) == 1
    assert tokens.forms == [{"client_id": "treadmill", "client_secret": "s3cret-client", **form}]


def test_token_is_renewed_before_it_expires(instance: Instance) -> None:
    tokens = instance.intercept = Tokens(expires_in=0)
    pull(connector(**CLIENT))
    assert len(tokens.forms) == len([request for request in instance.requests if request.url.path != TOKEN_PATH])


@pytest.mark.parametrize("lifetime", ["soon", None, "nan", -5, 1e300])
def test_lifetime_without_sense_ends_no_run(instance: Instance, lifetime: Any) -> None:
    instance.intercept = Tokens(lifetime)
    assert pull(connector(**CLIENT)) == []


def test_rejected_token_is_renewed_once_for_all_requests(instance: Instance) -> None:
    tokens = instance.intercept = Tokens()
    instance.tables |= {"incident": [incident(1)], "problem": [incident(2)], "change_request": [incident(3)]}
    source = connector(**CLIENT, tables="incident,problem,change_request")

    async def count_twice() -> None:
        await source.count()
        tokens.revoked.add("token-1")
        await source.count()
        await source.aclose()

    asyncio.run(count_twice())
    assert len(tokens.forms) == 2


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (lambda: httpx.Response(401, json={"error_description": "access_denied"}), WrongCredentials, "access_denied"),
        (lambda: httpx.Response(200, json={"error": "invalid_client"}), WrongCredentials, "invalid_client"),
        (lambda: httpx.Response(404, json={}), WrongSettings, "404"),
        (lambda: httpx.Response(200, html="<html>asleep</html>"), Unavailable, "hibernating"),
        (lambda: httpx.Response(503), Unavailable, "503"),
        (lambda: httpx.Response(200, json={"access_token": "a\r\nb: c"}), WrongCredentials, "no token"),
        (lambda: httpx.Response(200, json={"access_token": "t\u00f6ken"}), WrongCredentials, "no token"),
        (lambda: httpx.Response(200, json={"access_token": None}), WrongCredentials, "no token"),
    ],
)
def test_rejection_by_the_token_endpoint_is_explained(
    instance: Instance, answer: Callable[[], httpx.Response], error: type[Exception], message: str
) -> None:
    instance.intercept = lambda request: answer() if request.url.path == TOKEN_PATH else None
    with pytest.raises(error, match=message) as caught:
        pull(connector(**CLIENT))
    assert "s3cret" not in str(caught.value)


def test_second_rejected_token_ends_the_run(instance: Instance) -> None:
    tokens = instance.intercept = Tokens()
    tokens.revoked = {"token-1", "token-2"}
    with pytest.raises(WrongCredentials):
        pull(connector(**CLIENT))
    assert len(tokens.forms) == 2
