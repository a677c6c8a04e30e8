"""The traps of Jira Data Center and Server."""

from typing import Any

import httpx
import pytest
import respx

from connectors.errors import BrokenAnswer, WrongSettings
from connectors.model import Ticket
from tests.connectors.jira import fake
from tests.connectors.jira.fake import bodies, change, history, issue

pytestmark = pytest.mark.anyio

WHEN = "2024-05-01T10:00:00.000+0000"


def logged(one: fake.Json, *histories: fake.Json, total: int | None = None) -> fake.Json:
    log = {"total": len(histories) if total is None else total, "histories": list(histories)}
    return {**one, "changelog": log}


def moved(number: int, old: str, new: str) -> fake.Json:
    """A change of status as older servers write it, without fieldId."""
    item = {"field": "status", "from": "1", "fromString": old, "to": "5", "toString": new}
    return {"id": str(number), "created": WHEN, "author": {"key": "key-2", "name": "two"}, "items": [item]}


async def tickets(router: respx.Router) -> list[Ticket]:
    return [ticket for page in await fake.pull(fake.connector(router)) for ticket in page.tickets]


def walked(router: respx.Router) -> list[fake.Json]:
    """The searches of the walk, without those that only count."""
    return [asked for asked in bodies(router["search"]) if asked["maxResults"]]


async def test_walks_by_update_time_and_asks_for_the_changelog() -> None:
    router = fake.datacenter(logged(issue(1)))
    await tickets(router)
    asked, newer = walked(router)
    assert asked["jql"] == "updated >= 1704067200000 AND updated < 1717199400000 ORDER BY updated ASC, key ASC"
    assert newer["jql"] == "updated >= 1717199400000 ORDER BY updated ASC, key ASC"
    assert (asked["expand"], asked["startAt"], asked["maxResults"]) == (["changelog"], 0, 100)
    assert "summary" in asked["fields"]


async def test_each_page_begins_at_the_last_update_seen() -> None:
    issues = [logged(issue(number, f"2024-05-01T10:{number:02d}:00.000+0000")) for number in range(5)]
    router = fake.datacenter(*issues, cap=3)
    assert [ticket.key for ticket in await tickets(router)] == [f"OPS-{number}" for number in range(5)]
    assert [asked["startAt"] for asked in walked(router)] == [0, 0, 0]
    assert walked(router)[1]["jql"].startswith("updated >= 1714557720000 ")


async def test_a_lower_cap_than_asked_for_loses_nothing_among_ties() -> None:
    issues = [logged(issue(number)) for number in range(25)]
    router = fake.datacenter(*issues, cap=10)
    assert len(await tickets(router)) == 25
    assert [asked["startAt"] for asked in walked(router)] == [0, 0, 9, 18, 0]


async def test_a_search_that_counts_and_shows_none_is_an_error() -> None:
    router = fake.datacenter()
    router["search"].respond(json={"startAt": 0, "maxResults": 0, "total": 3, "issues": []})
    with pytest.raises(BrokenAnswer, match="counts 3 issues"):
        await tickets(router)


@pytest.mark.parametrize(
    "refusal",
    [
        httpx.Response(400, json={"errorMessages": ["Date value '4102444800000' is invalid."]}),
        httpx.Response(200, json={"total": 7, "issues": []}),
    ],
    ids=["refused", "ignored"],
)
async def test_minutes_of_the_accounts_zone_where_milliseconds_are_not_taken(refusal: httpx.Response) -> None:
    router = fake.datacenter(logged(issue(1)))
    by_offset = fake.offset_pages([logged(issue(1))])
    router["search"].mock(
        side_effect=lambda request: refusal if '"' not in fake.body(request)["jql"] else by_offset(request)
    )
    jira = fake.connector(router)
    assert "Europe/Paris" in (await jira.check()).notes[0]
    assert len(await fake.pull(jira)) == 1
    assert walked(router)[-2]["jql"].startswith('updated >= "2024-01-01 01:00" AND updated < "2024-06-01 01:50" ')
    assert walked(router)[-1]["jql"].startswith('updated >= "2024-06-01 01:50" ')


async def test_an_unknown_zone_is_told_where_it_is_needed() -> None:
    router = fake.datacenter()
    router["search"].respond(400, json={"errorMessages": ["no such date"]})
    router["myself"].respond(json={"key": "bot", "timeZone": None})
    with pytest.raises(WrongSettings, match="time zone") as caught:
        await tickets(router)
    assert "profile" in caught.value.remedy


async def test_changes_without_field_id_are_known_by_name() -> None:
    squad = {"field": "Squad", "fromString": "Network", "toString": "Storage"}
    router = fake.datacenter(logged(issue(1), moved(1, "Open", "Resolved"), history(2, WHEN, squad)))
    (ticket,) = await tickets(router)
    assert [(step.field, step.old, step.new) for step in ticket.transitions] == [
        ("status", "Open", "Resolved"),
        ("team", "Network", "Storage"),
    ]
    assert ticket.transitions[0].actor == "key-2"


async def test_a_cut_changelog_is_completed_or_told() -> None:
    whole = [moved(1, "Open", "Resolved"), moved(2, "Resolved", "Open")]
    router = fake.datacenter(logged(issue(1), whole[1], total=2), logged(issue(2), whole[1], total=2))
    router.get("/rest/api/2/issue/10001").respond(json=logged(issue(1), *whole))
    router.get("/rest/api/2/issue/10002").respond(404, json={})
    first, second = await tickets(router)
    assert (first.history_is, len(first.transitions)) == ("history", 2)
    assert (second.history_is, len(second.transitions)) == ("truncated", 1)


async def test_a_changelog_that_is_not_given_is_told() -> None:
    router = fake.datacenter(issue(1))
    jira = fake.connector(router)
    assert "expand=changelog" in (await jira.check()).missing[0]
    assert [ticket.history_is for page in await fake.pull(jira) for ticket in page.tickets] == ["none"]


async def test_persons_are_known_by_their_keys() -> None:
    reporter = {"key": "JIRAUSER10100", "name": "one", "displayName": "Person 1"}
    assigned = change("assignee", "Person 1", "Person 2", **{"from": "JIRAUSER10100", "to": "JIRAUSER10200"})
    router = fake.datacenter(logged(issue(1, reporter=reporter), history(1, WHEN, assigned)))
    (ticket,) = await tickets(router)
    assert ticket.requester == "JIRAUSER10100"
    assert (ticket.transitions[0].old, ticket.transitions[0].new) == ("JIRAUSER10100", "JIRAUSER10200")


async def test_tickets_are_fetched_by_id_without_validation() -> None:
    router = fake.datacenter()
    router["search"].mock(side_effect=_named_search(refuses=False))
    pages = [page async for page in fake.connector(router).tickets(["10001", "10002", "77"])]
    assert [ticket.id for page in pages for ticket in page.tickets] == ["10001", "10002"]
    asked = bodies(router["search"])[-1]
    assert asked["jql"] == "id in (10001, 10002, 77)"
    assert asked["validateQuery"] is False


async def test_tickets_are_fetched_one_by_one_where_a_missing_id_is_refused() -> None:
    router = fake.datacenter()
    router["search"].mock(side_effect=_named_search(refuses=True))
    for number in (1, 2):
        router.get(f"/rest/api/2/issue/{10_000 + number}").respond(json=logged(issue(number)))
    router.get("/rest/api/2/issue/77").respond(404, json={})
    pages = [page async for page in fake.connector(router).tickets(["10001", "10002", "77"])]
    assert [ticket.id for page in pages for ticket in page.tickets] == ["10001", "10002"]


def _named_search(*, refuses: bool) -> Any:
    def answer(request: httpx.Request) -> httpx.Response:
        if not fake.body(request)["jql"].startswith("id in"):
            return httpx.Response(200, json={"total": 0, "issues": []})
        if refuses:
            return httpx.Response(400, json={"errorMessages": ["A value with ID '77' does not exist."]})
        return httpx.Response(200, json={"total": 2, "issues": [logged(issue(1)), logged(issue(2))]})

    return answer


async def test_ids_are_walked_with_few_fields() -> None:
    router = fake.datacenter(issue(1), issue(2))
    assert [batch async for batch in fake.connector(router).ids()] == [["10001", "10002"]]
    asked = walked(router)[0]
    assert (asked["fields"], asked["maxResults"], asked["expand"]) == (["updated"], 1000, [])


async def test_the_count_is_exact() -> None:
    count = await fake.connector(fake.datacenter(issue(1), issue(2), issue(3))).count()
    assert count is not None
    assert (count.tickets, count.exact) == (3, True)


async def test_a_search_without_total_is_an_error() -> None:
    router = fake.datacenter()
    router["search"].respond(json={"issues": []})
    with pytest.raises(BrokenAnswer, match="total"):
        await tickets(router)
