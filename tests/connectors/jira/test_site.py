"""Deployment, account and login of a Jira, and the errors at a wrong address."""

import base64
from typing import Any

import httpx
import pytest
import respx

from connectors.errors import (
    ConnectorError,
    MissingPermission,
    NeedsOperator,
    NotFound,
    Unavailable,
    WrongCredentials,
    WrongSettings,
)
from connectors.model import Account, MappedSample
from tests.connectors.jira import fake

FIRST_ISSUE = MappedSample(taken=1, refused=0)

pytestmark = pytest.mark.anyio


async def check(router: respx.Router, **settings: Any) -> Account:
    jira = fake.connector(router, **settings)
    try:
        return await jira.check()
    finally:
        await jira.aclose()


async def failure(router: respx.Router, **settings: Any) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        await check(router, **settings)
    assert fake.SECRET not in str(caught.value) + caught.value.remedy
    return caught.value


@pytest.mark.parametrize("deployment", ["auto", "cloud"])
async def test_cloud(deployment: str) -> None:
    account = await check(fake.cloud([fake.issue(1)]), deployment=deployment)
    assert account == Account(
        system="Jira Cloud", user="Person 9", time_zone="Europe/Paris", tickets=1, sample=FIRST_ISSUE
    )


@pytest.mark.parametrize("deployment", ["auto", "datacenter"])
async def test_data_center(deployment: str) -> None:
    router = fake.datacenter({**fake.issue(1), "changelog": {"total": 0, "histories": []}})
    account = await check(router, deployment=deployment)
    assert account == Account(
        system="Jira Data Center 9.12.15", user="Person 9", time_zone="Europe/Paris", tickets=1, sample=FIRST_ISSUE
    )


async def test_words_that_nobody_understands_are_listed_from_the_sample() -> None:
    account = await check(fake.cloud([fake.issue(1, priority={"name": "Gold"})]))
    assert account.sample is not None
    assert [(word.field, word.word, word.tickets) for word in account.sample.unknown] == [("priority", "Gold", 1)]


async def test_set_deployment_needs_no_server_info() -> None:
    router = fake.cloud([fake.issue(1)])
    router.get("/rest/api/3/serverInfo").respond(403, json={})
    page = (await fake.pull(fake.connector(router, deployment="cloud")))[0]
    assert page.tickets[0].url == f"{fake.SITE}/browse/OPS-1"


async def test_user_means_basic_and_token_alone_bearer() -> None:
    for user, expected in (
        ("bot", "Basic " + base64.b64encode(f"bot:{fake.SECRET}".encode()).decode()),
        (None, f"Bearer {fake.SECRET}"),
    ):
        router = fake.cloud([fake.issue(1)])
        await check(router, user=user)
        assert {call.request.headers["authorization"] for call in router.calls} == {expected}


@pytest.mark.parametrize("reason", ["AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED", "OUT"])
async def test_anonymous_answer_raises(reason: str) -> None:
    router = fake.cloud([])
    router["search"].respond(json={"issues": []}, headers={"X-Seraph-LoginReason": reason})
    with pytest.raises(WrongCredentials, match=reason):
        await fake.pull(fake.connector(router))


async def test_accepted_login_passes() -> None:
    router = fake.cloud([fake.issue(1)])
    router["myself"].respond(json=fake.person(9), headers={"X-Seraph-LoginReason": "OK"})
    assert (await check(router)).user == "Person 9"


async def test_credentials_are_proved_first() -> None:
    router = fake.cloud([fake.issue(1)])
    router["myself"].respond(401, json={"message": "Client must be authenticated"})
    problem = await failure(router)
    assert isinstance(problem, WrongCredentials)
    assert "api.atlassian.com" in problem.remedy
    assert not router["search"].called


async def test_captcha_raises_with_its_remedy() -> None:
    router = fake.datacenter()
    router["myself"].respond(
        403, json={}, headers={"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=https://jira.example"}
    )
    problem = await failure(router)
    assert isinstance(problem, WrongCredentials)
    assert "CAPTCHA_CHALLENGE" in str(problem)
    assert "browser" in problem.remedy


async def test_wrong_address_raises_with_its_remedy() -> None:
    router = respx.Router(base_url=fake.SITE)
    router.route().respond(404, json={})
    problem = await failure(router)
    assert isinstance(problem, NotFound)
    assert "no Jira at this address" in str(problem)
    assert "context path" in problem.remedy


async def test_wrong_deployment_raises_with_its_remedy() -> None:
    router = fake.datacenter()
    router.route().respond(404, json={})
    problem = await failure(router, deployment="cloud")
    assert isinstance(problem, NotFound)
    assert "DEPLOYMENT" in problem.remedy


async def test_login_page_raises_with_its_remedy() -> None:
    router = respx.Router(base_url=fake.SITE)
    router.route().respond(200, html="<form action='/login'>")
    problem = await failure(router)
    assert isinstance(problem, WrongSettings)
    assert "text/html instead of JSON" in str(problem)
    assert "single sign-on" in problem.remedy


async def test_temporary_login_page_is_retried() -> None:
    router = fake.cloud([fake.issue(1)])
    pages = fake.token_pages([fake.issue(1)])
    html = httpx.Response(200, html="<form>")
    router["search"].mock(side_effect=lambda request: html if router["search"].call_count == 0 else pages(request))
    assert len(await fake.pull(fake.connector(router))) == 1


async def test_redirect_raises() -> None:
    router = respx.Router(base_url=fake.SITE)
    router.route().respond(302, headers={"location": "https://sso.example/login?token=1"})
    problem = await failure(router)
    assert isinstance(problem, WrongSettings)
    assert "https://sso.example/login" in str(problem)


async def test_unreachable_host_raises() -> None:
    router = respx.Router(base_url=fake.SITE)
    router.route().mock(side_effect=httpx.ConnectError("Name or service not known"))
    problem = await failure(router)
    assert isinstance(problem, Unavailable)
    assert not isinstance(problem, NeedsOperator)
    assert "Name or service not known" in str(problem)


async def test_forbidden_request_raises() -> None:
    router = fake.cloud([fake.issue(1)])
    router["field"].respond(403, json={})
    assert isinstance(await failure(router), MissingPermission)


async def test_jql_with_an_invisible_project_raises_with_its_remedy() -> None:
    router = fake.cloud()
    router["count"].respond(400, json={"errorMessages": ["The value 'NOPE' does not exist for the field 'project'."]})
    problem = await failure(router, jql="project = NOPE")
    assert isinstance(problem, WrongSettings)
    assert "NOPE" in str(problem)
    assert "Correct JQL (project = NOPE)" in problem.remedy


async def test_no_visible_project_is_a_missing_right() -> None:
    router = fake.cloud([])
    router.get("/rest/api/3/project/search").respond(json={"total": 0, "values": []})
    assert "Browse projects" in (await check(router)).missing[0]


async def test_visible_projects_without_tickets_are_a_note() -> None:
    router = fake.datacenter()
    router.get("/rest/api/2/project").respond(json=[{"key": "OPS"}])
    account = await check(router)
    assert account.missing == ()
    assert "No ticket was updated since 2024-01-01." in account.notes


async def test_tickets_are_read_without_the_right_to_count() -> None:
    router = fake.cloud([fake.issue(1)])
    router["count"].respond(403, json={})
    page = (await fake.pull(fake.connector(router)))[0]
    assert page.total is None
    assert len(page.tickets) == 1


async def test_cookies_are_sent_back_on_data_center_only() -> None:
    for router, keep_cookies in ((fake.datacenter(fake.issue(1)), True), (fake.cloud([]), False)):
        router["myself"].respond(json=fake.person(9), headers={"Set-Cookie": "AWSALB=node-1; Path=/"})
        await fake.pull(fake.connector(router))
        assert ("cookie" in router["search"].calls.last.request.headers) is keep_cookies
