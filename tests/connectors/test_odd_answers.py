"""Odd answers: whatever JSON answers a request, a connector raises ConnectorError or nothing."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import stamina
from hypothesis import given, settings
from hypothesis import strategies as st
from respx.models import SideEffectError

from connectors.base import Connector, Context
from connectors.errors import ConnectorError
from connectors.registry import load
from tests.connectors import odd
from tests.connectors.jira import fake as jira
from tests.connectors.servicenow import fake as servicenow

NOW = datetime(2024, 6, 1, tzinfo=UTC)
METHODS = ("check", "pages", "ids", "count", "tickets")
MakeTransport = Callable[[], httpx.AsyncBaseTransport]
answers = odd.values | st.dictionaries(
    st.sampled_from(("issues", "total", "count", "nextPageToken", "values", "issueChangeLogs", "result", "warnings")),
    odd.values,
)


class OddTransport(httpx.AsyncBaseTransport):
    """Carry requests into a good system, and answer one of them by an odd value."""

    def __init__(self, inner: httpx.AsyncBaseTransport, number: int, value: Any) -> None:
        self._inner = inner
        self._number = number
        self._body = json.dumps(value).encode()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._number -= 1
        if self._number == 0:
            return httpx.Response(200, content=self._body, headers={"Content-Type": "application/json"})
        try:
            return await self._inner.handle_async_request(request)
        except (AssertionError, SideEffectError):
            # An odd answer led to a place that the fake system does not have.
            return httpx.Response(404, json={})


def jira_cloud() -> httpx.AsyncBaseTransport:
    return httpx.MockTransport(jira.cloud([jira.issue(1), jira.issue(2)]).async_handler)


def jira_datacenter() -> httpx.AsyncBaseTransport:
    return httpx.MockTransport(jira.datacenter(jira.issue(1), jira.issue(2)).async_handler)


def service_now() -> httpx.AsyncBaseTransport:
    instance = servicenow.Instance()
    instance.tables["incident"] = [servicenow.incident(1, state="2"), servicenow.incident(2)]
    instance.tables["sys_audit"] = [servicenow.audit(1, 1, "state", "1", "2")]
    return httpx.MockTransport(instance.answer)


SYSTEMS: dict[str, tuple[str, MakeTransport, dict[str, Any]]] = {
    "cloud": ("jira", jira_cloud, {"url": jira.SITE, "token": "t"}),
    "datacenter": ("jira", jira_datacenter, {"url": jira.SITE, "token": "t"}),
    "servicenow": (
        "servicenow", service_now, {"url": servicenow.URL, "user": "u", "password": "p", "tables": "incident"},
    ),
}  # fmt: skip


async def use(connector: Connector, method: str) -> None:
    methods: dict[str, Callable[[], Any]] = {
        "check": connector.check,
        "count": connector.count,
        "ids": connector.ids,
        "pages": lambda: connector.pages(None),
        "tickets": lambda: connector.tickets(["10001", servicenow.sys_id(1)]),
    }
    work = methods[method]()
    try:
        with suppress(ConnectorError):
            if isinstance(work, AsyncIterator):
                async for _ in work:
                    pass
            else:
                await work
    finally:
        await connector.aclose()


@pytest.mark.parametrize("system", SYSTEMS)
@settings(max_examples=60, deadline=None)
@given(method=st.sampled_from(METHODS), number=st.integers(1, 12), value=answers)
def test_odd_answer_is_a_connector_error_or_none(system: str, method: str, number: int, value: Any) -> None:
    name, make_transport, values = SYSTEMS[system]
    connector_class = load(name)
    transport = OddTransport(make_transport(), number, value)
    context = Context("s", now=lambda: NOW, transport=transport)
    with stamina.set_testing(True, attempts=2):
        configured = connector_class.Settings.model_validate({"since": "2024-01-01"} | values)
        asyncio.run(asyncio.wait_for(use(connector_class(configured, context), method), 20))
