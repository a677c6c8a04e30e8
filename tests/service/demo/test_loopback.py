import asyncio
import signal

import httpx
import pytest

from connectors import registry
from service.demo.company import Company
from service.demo.loopback import serve

pytestmark = pytest.mark.anyio


async def test_serves_both_systems_and_stops(company: Company) -> None:
    async with serve(company) as endpoints, httpx.AsyncClient() as client:
        jira, servicenow = endpoints.jira, endpoints.servicenow
        me = await client.get(f"{endpoints.jira_url}/rest/api/3/myself", auth=(jira.user, jira.secret))
        info = (await client.get(f"{endpoints.jira_url}/rest/api/3/serverInfo")).json()
        users = await client.get(
            f"{endpoints.servicenow_url}/api/now/stats/sys_user", auth=(servicenow.user, servicenow.secret)
        )
        assert (me.status_code, users.status_code) == (200, 200)
        assert info["baseUrl"] == endpoints.jira_url
        assert httpx.URL(endpoints.jira_url).host == "127.0.0.1"
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(endpoints.jira_url)


async def test_credentials_are_new_each_time_and_never_shown(company: Company) -> None:
    async with serve(company) as first, serve(company) as second:
        assert first.jira.secret != second.jira.secret
        assert first.jira.secret not in repr(first)
        assert first.servicenow.secret not in repr(first)


async def test_the_environment_is_what_the_connectors_understand(company: Company) -> None:
    async with serve(company) as endpoints:
        for name in ("jira", "servicenow"):
            prefix = f"TREADMILL_SOURCES__{name.upper()}__"
            values = {
                key.removeprefix(prefix).lower(): value
                for key, value in endpoints.environment().items()
                if key.startswith(prefix)
            }
            registry.load(name).Settings.model_validate(values)


async def test_signals_stay_with_the_command(company: Company) -> None:
    before = signal.getsignal(signal.SIGINT)
    async with serve(company):
        assert signal.getsignal(signal.SIGINT) is before


async def test_stops_when_its_user_fails(company: Company) -> None:
    tasks = asyncio.all_tasks()
    with pytest.raises(ZeroDivisionError):
        async with serve(company):
            raise ZeroDivisionError
    assert asyncio.all_tasks() == tasks
