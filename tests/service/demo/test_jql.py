from datetime import UTC, datetime

import pytest

from service.demo.company import Company
from service.demo.jira.jql import JqlError, milliseconds, parse
from service.demo.record import SimulatedTicket

NOW = datetime(2026, 4, 1, 8, 30, tzinfo=UTC)


@pytest.fixture
def record() -> SimulatedTicket:
    company = Company([], NOW, clock=lambda: NOW)
    return company.records("jira")[company.create("jira")]


@pytest.mark.parametrize(
    "jql",
    [
        f"updated >= {milliseconds(NOW)}",
        f"updated < {milliseconds(NOW) + 1} AND created > {milliseconds(NOW) - 1}",
        "project = APP AND updated >= 0 ORDER BY updated ASC, key ASC",
        'project in (APP, "PLT") and updated >= 0 order by created asc',
        "updated >= 0 AND project != PLT AND status not in (Done, Cancelled) AND issuetype = task",
        '(status in ("To Do", "In Progress")) AND updated >= 0',
        "key = APP-1 AND id in (10001)",
    ],
)
def test_holds(record: SimulatedTicket, jql: str) -> None:
    assert parse(jql).holds(record)


@pytest.mark.parametrize(
    "jql",
    [
        f"updated > {milliseconds(NOW)}",
        f"updated >= 0 AND created < {milliseconds(NOW)}",
        "updated >= 0 AND project = PLT",
        'updated >= 0 AND status in ("In Progress")',
        "updated >= 0 AND issuetype != Task",
    ],
)
def test_does_not_hold(record: SimulatedTicket, jql: str) -> None:
    assert not parse(jql).holds(record)


@pytest.mark.parametrize(
    ("jql", "message"),
    [
        ("", "Unbounded"),
        ("ORDER BY updated ASC", "Unbounded"),
        ("updated >= yesterday", "updated >= yesterday"),
        ("project = APP OR project = PLT", "does not understand"),
        ("assignee = nobody", "assignee = nobody"),
        ("updated >= 0 ORDER BY updated DESC", "updated DESC"),
        ("updated >= 0 ORDER BY votes", "votes"),
        ("updated", "does not understand"),
    ],
)
def test_refuses(jql: str, message: str) -> None:
    with pytest.raises(JqlError, match=message):
        parse(jql)


def test_orders_keys_by_their_number(record: SimulatedTicket) -> None:
    query = parse("updated >= 0 ORDER BY key ASC")
    keys = []
    for key in ("APP-10", "PLT-1", "APP-9"):
        record.key = key
        keys.append((query.key(record), key))
    assert [key for _, key in sorted(keys)] == ["APP-9", "APP-10", "PLT-1"]
