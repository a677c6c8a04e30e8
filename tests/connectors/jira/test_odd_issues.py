"""Odd issues: whatever a field holds costs this field, or this issue, and never the page."""

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.jira.fields import choose_fields
from connectors.jira.issue import RawIssue
from connectors.jira.labels import Labels
from connectors.jira.mapping import IssueMapper
from connectors.jira.settings import JiraSettings
from connectors.jira.site import issues_of
from connectors.jira.statuses import Statuses
from connectors.jira.values import People
from connectors.model import Refusal, Ticket
from connectors.words import Words
from tests.connectors import odd
from tests.connectors.jira import fake
from tests.connectors.jira.fake import STATUSES, history, issue, step

MAY = "2024-05-01T10:00:00.000+0000"
NEEDED = {"status": "status", "issuetype": "issuetype", "created": "created"}
FIELDS = sorted(issue(1)["fields"])
OTHERS = [*FIELDS, "parent", *(field["id"] for field in fake.FIELDS if field["custom"]), "statuscategorychangedate"]


def mapper() -> IssueMapper:
    chosen = choose_fields(fake.FIELDS, JiraSettings.model_validate({"url": fake.SITE, "token": "t"}))
    return IssueMapper(fake.SITE, chosen, Statuses(STATUSES, Words()), People(named=False), Labels((), (), Words()))


def mapped(source: Any, *histories: Any) -> Ticket | Refusal:
    (clean, _) = issues_of({"issues": [source, issue(2)]}, "/search")
    return mapper().map(RawIssue(clean, "history", list(histories)))


def changed(**fields: Any) -> Ticket:
    ticket = mapped(issue(1, **fields))
    assert isinstance(ticket, Ticket), ticket
    return ticket


@given(field=st.sampled_from(sorted({*OTHERS} - {*NEEDED})), value=odd.values)
def test_odd_value_costs_its_field_alone(field: str, value: Any) -> None:
    ticket, plain = changed(status=STATUSES[4], **{field: value}), changed(status=STATUSES[4])
    assert (ticket.id, ticket.key, ticket.status, ticket.opened_at) == (plain.id, plain.key, "Closed", plain.opened_at)


@given(field=st.sampled_from(sorted(NEEDED)), value=odd.values)
def test_odd_value_of_a_needed_field_refuses_its_issue_alone(field: str, value: Any) -> None:
    result = mapped(issue(1, **{field: value}))
    if isinstance(result, Refusal):
        odd.assert_plain(result)
        assert result.place == "OPS-1"
        assert result.reason.startswith(f"{field}: ")


@given(source=odd.values | st.fixed_dictionaries({"id": odd.values, "key": odd.values, "fields": odd.values}))
def test_random_issue_is_refused(source: Any) -> None:
    result = mapped(source)
    assert isinstance(result, Refusal)
    odd.assert_plain(result)


@given(entry=odd.values | st.fixed_dictionaries({"id": odd.values, "created": odd.values | st.just(MAY),
                                                 "items": odd.values | st.just([{"field": "status"}])}))  # fmt: skip
def test_odd_entry_of_a_history_costs_itself_alone(entry: Any) -> None:
    # Of two entries with one id the later one counts, so the good one has an id that no odd one has.
    ticket = mapped(issue(1), history(987_654_321, MAY, step(1, 3)), entry)
    assert isinstance(ticket, Ticket)
    assert "In Progress" in {step.new for step in ticket.transitions}


def test_lost_entry_of_a_history_is_not_hidden() -> None:
    ticket = mapped(issue(1), history(1, MAY, step(1, 3)), history(2, "9999-12-31T23:59:59.999-1200", step(3, 5)))
    assert isinstance(ticket, Ticket)
    assert (ticket.history_is, len(ticket.transitions)) == ("truncated", 1)


@pytest.mark.parametrize(
    ("field", "value", "attribute", "left"),
    [
        ("timespent", "1" + "0" * 400, "hours_logged", None),
        ("timespent", 1e308, "hours_logged", None),
        ("timespent", -5, "hours_logged", None),
        ("timespent", 10**18, "hours_logged", None),
        ("timespent", None, "hours_logged", None),
        ("summary", {"a": 1}, "title", ""),
        ("description", [1], "description", ""),
        ("labels", ["good", 7, None, {"a": 1}], "labels", ("good",)),
        ("components", [{"name": "storage"}, {}, "x", {"name": {}}], "components", ("storage",)),
        ("assignee", "someone", "assignee", None),
        ("priority", ["High"], "priority", None),
        ("subtasks", [{"id": 5}, {}, 7], "links", ()),
        ("issuelinks", [{"type": {}}, 5, {"type": {"name": "x"}, "inwardIssue": 7}], "links", ()),
        (
            "worklog",
            {"total": 1, "worklogs": [{"id": "1", "started": MAY, "timeSpentSeconds": 10**18}]},
            "worklogs",
            (),
        ),
        ("worklog", {"total": {}, "worklogs": {"a": 1}}, "worklogs", ()),
        ("customfield_10005", {"id": "1", "name": "x", "completedCycles": [5, {}]}, "slas", None),
    ],
)
def test_values_that_nothing_can_hold_are_left_out(field: str, value: Any, attribute: str, left: Any) -> None:
    ticket = changed(**{field: value})
    if left is not None or attribute != "slas":
        assert getattr(ticket, attribute) == left


@pytest.mark.parametrize("updated", ["9999-12-31T23:59:59.999+0000", "0001-01-01T00:00:00.000+1400", "soon", None, {}])
def test_unreadable_update_time_is_that_of_the_last_change(updated: Any) -> None:
    ticket = mapped(issue(1, updated=updated), history(1, MAY, step(1, 3)))
    assert isinstance(ticket, Ticket)
    assert ticket.updated_at == ticket.transitions[0].at
    assert changed(updated=updated).updated_at == ticket.opened_at


@pytest.mark.parametrize(
    "created", ["0001-01-01T00:00:00.000+1400", "2026-13-45T99:99:99.000+0000", "1989-01-01T00:00Z"]
)
def test_issue_without_a_readable_beginning_is_refused(created: str) -> None:
    result = mapped(issue(1, created=created))
    assert isinstance(result, Refusal)
    assert (result.place, result.reason[:15]) == ("OPS-1", "created: is not")


async def pages_of(*issues: Any, deployment: str = "cloud") -> list[Any]:
    router = fake.cloud(list(issues)) if deployment == "cloud" else fake.datacenter(*issues)
    return await fake.pull(fake.connector(router))


@pytest.mark.anyio
@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
@pytest.mark.parametrize(
    "bad",
    [
        issue(7) | {"fields": None},
        issue(7) | {"id": "../../../../admin?x=" + "A" * 100_000},
        issue(7) | {"id": ["10007"]},
        issue(7) | {"id": None},
        issue(7) | {"fields": [1]},
        issue(7, created="0001-01-01T00:00:00.000+1400"),
        issue(7) | {"key": 5},
    ],
    ids=["no fields", "long id", "id a list", "no id", "fields a list", "first year", "key a number"],
)
async def test_malformed_issue_costs_itself_and_the_checkpoint_moves(deployment: str, bad: Any) -> None:
    pages = await pages_of(issue(1), bad, issue(3), deployment=deployment)
    assert [ticket.key for page in pages for ticket in page.tickets] == ["OPS-1", "OPS-3"]
    (refusal,) = [refusal for page in pages for refusal in page.refused]
    odd.assert_plain(refusal)
    assert pages[-1].checkpoint == {"updated": "2024-05-01T10:00:00+00:00"}


@pytest.mark.anyio
async def test_malformed_entries_of_catalogues_are_ignored() -> None:
    router = fake.cloud([issue(1)])
    router["field"].respond(json=[None, 5, {"id": 7}, {"id": "x", "name": {}}, {"id": "y", "name": "Y", "schema": [1]}])
    router["status"].respond(json=[None, {"id": "1"}, {"name": "x"}, {"id": "2", "name": "B", "statusCategory": "new"}])
    router["myself"].respond(json={"displayName": {"a": 1}, "timeZone": 5, "accountId": "me"})
    router["bulk"].respond(
        json={"issueChangeLogs": [None, 5, {"issueId": {}}, {"issueId": "10001", "changeHistories": 5}]}
    )
    (page,) = await fake.pull(fake.connector(router))
    assert [(ticket.key, ticket.history_is) for ticket in page.tickets] == [("OPS-1", "none")]


@pytest.mark.anyio
async def test_address_of_the_site_must_be_one_of_the_web() -> None:
    router = fake.cloud([issue(1)])
    router["info"].mock(
        return_value=httpx.Response(200, json={"deploymentType": "Cloud", "baseUrl": "javascript:alert(1)//"})
    )
    (page,) = await fake.pull(fake.connector(router))
    assert page.tickets[0].url == f"{fake.SITE}/browse/OPS-1"
