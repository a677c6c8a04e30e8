"""The mapping without requests gives the tickets of a pull."""

import asyncio
from collections import Counter

import pytest

from connectors.model import Ticket
from service.demo.company import Company
from service.demo.direct import tickets
from service.demo.simulation import simulate
from tests.marks import each_slow
from tests.service.demo.conftest import AS_OF
from tests.service.demo.test_pull import jira, pull, servicenow


def pulled(company: Company) -> dict[tuple[str, str], Ticket]:
    by_key = {"jira": asyncio.run(pull(jira(company))), "servicenow": asyncio.run(pull(servicenow(company)))}
    return {(source, id_): ticket for source, actual in by_key.items() for id_, ticket in actual.items()}


@pytest.mark.parametrize("name", ["reorganised", "too-few", "two-languages", "without-history", *each_slow("endless")])
def test_gives_the_same_tickets_as_a_pull(name: str) -> None:
    company = simulate(3, AS_OF, name)
    direct = {(source, ticket.id): ticket for source, ticket in tickets(company)}
    by_pull = pulled(company)
    assert direct.keys() == by_pull.keys()
    for key, ticket in direct.items():
        assert ticket.model_dump(exclude={"url"}) == by_pull[key].model_dump(exclude={"url"})


def test_gives_each_ticket_once_in_the_same_order() -> None:
    company = simulate(3, AS_OF, "too-young")
    entries = [(source, ticket.id) for source, ticket in tickets(company)]
    assert len(entries) == len(set(entries)) == sum(map(len, (company.records("jira"), company.records("servicenow"))))
    assert entries == [(source, ticket.id) for source, ticket in tickets(company)]


def test_history_is_what_the_company_keeps() -> None:
    audited, silent = (list(tickets(simulate(1, AS_OF, name))) for name in ("too-young", "without-history"))
    assert {ticket.history_is for _, ticket in audited} == {"history"}
    untouched = [ticket for _, ticket in silent if ticket.status_category == "new"]
    assert Counter(ticket.history_is for _, ticket in silent)["counter"] == len(silent) - len(untouched)
    assert len(untouched) < 0.02 * len(silent)
    assert not any(ticket.transitions for _, ticket in silent)
