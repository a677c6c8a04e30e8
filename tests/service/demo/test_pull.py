"""The real connectors pull the simulated company as its truth has it."""

import asyncio
from collections import Counter
from itertools import pairwise

import httpx
import pytest
from pydantic import SecretStr

from connectors.base import Context
from connectors.jira.connector import JiraConnector
from connectors.model import Ticket
from connectors.servicenow.connector import ServiceNowConnector
from service.demo.company import Company
from service.demo.jira.server import JiraServer
from service.demo.login import Credentials
from service.demo.servicenow.server import ServiceNowServer
from tests.service.demo.conftest import AS_OF, SPAN

LOGIN = Credentials("p-9002")
URL = "http://localhost"
SECRET = SecretStr(LOGIN.secret)
SINCE = AS_OF - SPAN


def jira(company: Company) -> JiraConnector:
    settings = JiraConnector.Settings(url=URL, user=LOGIN.user, token=SECRET, since=SINCE)
    return JiraConnector(settings, Context("jira", transport=httpx.ASGITransport(JiraServer(company, LOGIN).app)))


def servicenow(company: Company) -> ServiceNowConnector:
    settings = ServiceNowConnector.Settings(
        url=URL, user=LOGIN.user, password=SECRET, since=SINCE, provider_field="assignment_group.vendor"
    )
    transport = httpx.ASGITransport(ServiceNowServer(company, LOGIN).app)
    return ServiceNowConnector(settings, Context("servicenow", transport=transport))


async def pull(connector: JiraConnector | ServiceNowConnector) -> dict[str, Ticket]:
    try:
        pages = [page async for page in connector.pages(None)]
    finally:
        await connector.aclose()
    assert not any(page.refused for page in pages)
    return {ticket.id: ticket for page in pages for ticket in page.tickets}


@pytest.fixture(scope="module")
def tickets(company: Company) -> dict[str, dict[str, Ticket]]:
    return {"jira": asyncio.run(pull(jira(company))), "servicenow": asyncio.run(pull(servicenow(company)))}


@pytest.mark.parametrize("system", ["jira", "servicenow"])
def test_every_ticket_comes_with_its_history(
    company: Company, tickets: dict[str, dict[str, Ticket]], system: str
) -> None:
    result = tickets[system]
    assert dict(Counter(ticket.source_kind for ticket in result.values())) == company.truth()["counts"][system]
    for record in company.records("jira" if system == "jira" else "servicenow").values():
        ticket = result[record.id]
        assert (ticket.key, ticket.title, ticket.status, ticket.team) == (
            record.key, record.title, record.status, record.team,
        )  # fmt: skip
        assert ticket.opened_at == record.opened_at
        assert ticket.history_is == "history"
        assert Counter(change.field for change in ticket.transitions) == Counter(c.field for c in record.changes)
        assert ticket.hours_logged in (None, record.seconds / 3600) or record.system == "jira"


@pytest.mark.parametrize("system", ["jira", "servicenow"])
def test_loops_can_be_seen_in_the_transitions(
    company: Company, tickets: dict[str, dict[str, Ticket]], system: str
) -> None:
    truth = company.truth()
    result = tickets[system].values()
    assert {ticket.id for ticket in result if is_reopened(ticket)} == set(truth["reopened"][system])
    assert {ticket.id for ticket in result if is_stalled(ticket)} == set(truth["stalled"][system])


def is_reopened(ticket: Ticket) -> bool:
    done = ("resolved", "closed")
    return any(t.old_category in done and t.new_category not in (*done, "cancelled", None) for t in ticket.transitions)


def is_stalled(ticket: Ticket) -> bool:
    moves = [change for change in ticket.transitions if change.field == "status"]
    return (
        sum(a.old_category == b.new_category == "active" and a.new_category == "waiting" for a, b in pairwise(moves))
        > 1
    )
