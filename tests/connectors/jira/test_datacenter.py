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


def with_changelog(issue_json: fake.Json, *histories: fake.Json, total: int | None = None) -> fake.Json:
    log = {"total": len(histories) if total is None else total, "histories": list(histories)}
    return {**issue_json, "changelog": log}


def status_change(number: int, old: str, new: str) -> fake.Json:
    """Return a change of status as older servers write it, without fieldId."""
    item = {"field": "status", "from": "1", "fromString": old, "to": "5", "toString": new}
    return {"id": str(number), "created": WHEN, "author": {"key": "key-2", "name": "two"}, "items": [item]}


async def tickets(router: respx.Router) -> list[Ticket]:
    return [ticket for page in await fake.pull(fake.connector(router)) for ticket in page.tickets]


def walk_searches(router: respx.Router) -> list[fake.Json]:
    """Return the searches of the walk, without those that only count."""
    return [search for search in bodies(router["search"]) if search["maxResults"]]


async def test_walk_is_ordered_by_update_and_expands_the_changelog() -> None:
    router = fake.datacenter(with_changelog(issue(1)))
    await tickets(router)
    search, recent = walk_searches(router)
    assert search["jql"] == "updated >= 1704067200000 AND updated < 1717199400000 ORDER BY updated ASC, key ASC"
    assert recent["jql"] == "updated >= 1717199400000 ORDER BY updated ASC, key ASC"
    assert (search["expand"], search["startAt"], search["maxResults"]) == (["changelog"], 0, 100)
    assert "summary" in search["fields"]


async def test_each_page_begins_at_the_last_update_read() -> None:
    issues = [with_changelog(issue(number, f"2024-05-01T10:{number:02d}:00.000+0000")) for number in range(5)]
    router = fake.datacenter(*issues, cap=3)
    assert [ticket.key for ticket in await tickets(router)] == [f"OPS-{number}" for number in range(5)]
    assert [search["startAt"] for search in walk_searches(router)] == [0, 0, 0]
    assert walk_searches(router)[1]["jql"].startswith("updated >= 1714557720000 ")


async def test_smaller_pages_than_requested_lose_no_tied_issue() -> None:
    issues = [with_changelog(issue(number)) for number in range(25)]
    router = fake.datacenter(*issues, cap=10)
    assert len(await tickets(router)) == 25
    assert [search["startAt"] for search in walk_searches(router)] == [0, 0, 9, 18, 0]


async def test_search_that_counts_but_shows_none_ends_without_tickets() -> None:
    router = fake.datacenter()
    router["search"].respond(json={"startAt": 0, "maxResults": 0, "total": 3, "issues": []})
    assert await tickets(router) == []


@pytest.mark.parametrize(
    "refusal",
    [
        httpx.Response(400, json={"errorMessages": ["Date value '4102444800000' is invalid."]}),
        httpx.Response(200, json={"total": 7, "issues": []}),
    ],
    ids=["refused", "ignored"],
)
async def test_minutes_of_the_accounts_zone_replace_milliseconds(refusal: httpx.Response) -> None:
    router = fake.datacenter(with_changelog(issue(1)))
    by_offset = fake.offset_pages([with_changelog(issue(1))])
    router["search"].mock(
        side_effect=lambda request: refusal if '"' not in fake.body(request)["jql"] else by_offset(request)
    )
    jira = fake.connector(router)
    assert "Europe/Paris" in (await jira.check()).notes[0]
    assert len(await fake.pull(jira)) == 1
    assert walk_searches(router)[-2]["jql"].startswith(
        'updated >= "2024-01-01 01:00" AND updated < "2024-06-01 01:50" '
    )
    assert walk_searches(router)[-1]["jql"].startswith('updated >= "2024-06-01 01:50" ')


async def test_unknown_zone_raises_if_it_is_needed() -> None:
    router = fake.datacenter()
    router["search"].respond(400, json={"errorMessages": ["no such date"]})
    router["myself"].respond(json={"key": "bot", "timeZone": None})
    with pytest.raises(WrongSettings, match="time zone") as caught:
        await tickets(router)
    assert "profile" in caught.value.remedy


async def test_changes_without_field_id_are_recognised_by_name() -> None:
    squad = {"field": "Squad", "fromString": "Network", "toString": "Storage"}
    router = fake.datacenter(with_changelog(issue(1), status_change(1, "Open", "Resolved"), history(2, WHEN, squad)))
    (ticket,) = await tickets(router)
    assert [(step.field, step.old, step.new) for step in ticket.transitions] == [
        ("status", "Open", "Resolved"),
        ("team", "Network", "Storage"),
    ]
    assert ticket.transitions[0].actor == "key-2"


async def test_truncated_changelog_is_completed_or_marked() -> None:
    whole = [status_change(1, "Open", "Resolved"), status_change(2, "Resolved", "Open")]
    router = fake.datacenter(with_changelog(issue(1), whole[1], total=2), with_changelog(issue(2), whole[1], total=2))
    router.get("/rest/api/2/issue/10001").respond(json=with_changelog(issue(1), *whole))
    router.get("/rest/api/2/issue/10002").respond(404, json={})
    first, second = await tickets(router)
    assert (first.history_is, len(first.transitions)) == ("history", 2)
    assert (second.history_is, len(second.transitions)) == ("truncated", 1)


async def test_missing_changelog_is_reported() -> None:
    router = fake.datacenter(issue(1))
    jira = fake.connector(router)
    assert "expand=changelog" in (await jira.check()).missing[0]
    assert [ticket.history_is for page in await fake.pull(jira) for ticket in page.tickets] == ["none"]


async def test_people_are_identified_by_their_keys() -> None:
    reporter = {"key": "JIRAUSER10100", "name": "one", "displayName": "Person 1"}
    assigned = change("assignee", "Person 1", "Person 2", **{"from": "JIRAUSER10100", "to": "JIRAUSER10200"})
    router = fake.datacenter(with_changelog(issue(1, reporter=reporter), history(1, WHEN, assigned)))
    (ticket,) = await tickets(router)
    assert ticket.requester == "JIRAUSER10100"
    assert (ticket.transitions[0].old, ticket.transitions[0].new) == ("JIRAUSER10100", "JIRAUSER10200")


async def test_tickets_are_fetched_by_id_without_validation() -> None:
    router = fake.datacenter()
    router["search"].mock(side_effect=_named_search(refuses=False))
    pages = [page async for page in fake.connector(router).tickets(["10001", "10002", "77"])]
    assert [ticket.id for page in pages for ticket in page.tickets] == ["10001", "10002"]
    search = bodies(router["search"])[-1]
    assert search["jql"] == "id in (10001, 10002, 77)"
    assert search["validateQuery"] is False


async def test_long_lists_of_ids_are_split_into_several_queries() -> None:
    router = fake.datacenter()
    router["search"].mock(side_effect=_named_search(refuses=False))
    ids = [f"{number:040}" for number in range(90)]
    async for _ in fake.connector(router).tickets(ids):
        pass
    queries = [body["jql"] for body in bodies(router["search"]) if body["jql"].startswith("id in")]
    assert max(map(len, queries)) <= 2000
    assert [uid for query in queries for uid in query[len("id in (") : -1].split(", ")] == ids


async def test_tickets_are_fetched_one_by_one_if_a_missing_id_is_rejected() -> None:
    router = fake.datacenter()
    router["search"].mock(side_effect=_named_search(refuses=True))
    for number in (1, 2):
        router.get(f"/rest/api/2/issue/{10_000 + number}").respond(json=with_changelog(issue(number)))
    router.get("/rest/api/2/issue/77").respond(404, json={})
    pages = [page async for page in fake.connector(router).tickets(["10001", "10002", "77"])]
    assert [ticket.id for page in pages for ticket in page.tickets] == ["10001", "10002"]


def _named_search(*, refuses: bool) -> Any:
    def answer(request: httpx.Request) -> httpx.Response:
        if not fake.body(request)["jql"].startswith("id in"):
            return httpx.Response(200, json={"total": 0, "issues": []})
        if refuses:
            return httpx.Response(400, json={"errorMessages": ["A value with ID '77' does not exist."]})
        return httpx.Response(200, json={"total": 2, "issues": [with_changelog(issue(1)), with_changelog(issue(2))]})

    return answer


async def test_ids_are_read_with_few_fields() -> None:
    router = fake.datacenter(issue(1), issue(2))
    assert [batch async for batch in fake.connector(router).ids()] == [["10001", "10002"]]
    search = walk_searches(router)[0]
    assert (search["fields"], search["maxResults"], search["expand"]) == (["updated"], 1000, [])


async def test_count_is_exact() -> None:
    count = await fake.connector(fake.datacenter(issue(1), issue(2), issue(3))).count()
    assert count is not None
    assert (count.tickets, count.exact) == (3, True)


async def test_search_without_total_raises() -> None:
    router = fake.datacenter()
    router["search"].respond(json={"issues": []})
    with pytest.raises(BrokenAnswer, match="total"):
        await tickets(router)
