"""The traps of Jira Cloud."""

import itertools
from typing import Any

import httpx
import pytest
import respx

from connectors.errors import BrokenAnswer
from connectors.jira import changelog
from connectors.model import Ticket
from tests.connectors.jira import fake
from tests.connectors.jira.fake import bodies, change, history, issue, step

pytestmark = pytest.mark.anyio

MAY = 1_714_557_600_000  # 2024-05-01T10:00:00Z


def bulk(*pages: dict[str, list[fake.Json]]) -> Any:
    """Answer with these histories by issue id, one mapping per page."""

    def answer(request: httpx.Request) -> httpx.Response:
        at = int(fake.body(request).get("nextPageToken", 0))
        logs = [{"issueId": uid, "changeHistories": histories} for uid, histories in pages[at].items()]
        token = str(at + 1) if at + 1 < len(pages) else None
        return httpx.Response(200, json={"issueChangeLogs": logs, "nextPageToken": token})

    return answer


async def tickets(router: respx.Router) -> list[Ticket]:
    return [ticket for page in await fake.pull(fake.connector(router)) for ticket in page.tickets]


async def test_search_uses_epoch_milliseconds_and_named_fields() -> None:
    router = fake.cloud([issue(1)])
    await fake.pull(fake.connector(router, jql="project = OPS"))
    search = bodies(router["search"])[0]
    assert search["jql"] == "project = OPS AND updated >= 1704067200000 ORDER BY updated ASC, key ASC"
    assert search["maxResults"] == 100
    assert {"summary", "status", "worklog", "customfield_10001", "customfield_10005"} <= set(search["fields"])
    assert not [name for name in search["fields"] if name.startswith("*")]
    assert set(search) == {"jql", "maxResults", "fields"}


async def test_short_and_empty_pages_are_not_the_end() -> None:
    router = fake.cloud([issue(1), issue(2)], [], [issue(3)], [])
    assert [ticket.key for ticket in await tickets(router)] == ["OPS-1", "OPS-2", "OPS-3"]
    assert [search.get("nextPageToken") for search in bodies(router["search"])] == [None, "1", "2", "3"]


async def test_removed_search_endpoint_is_never_used() -> None:
    router = fake.cloud([issue(1)])
    removed = router.route(path__regex=r"/rest/api/[23]/search$").respond(410, json={})
    jira = fake.connector(router)
    await jira.check()
    assert [batch async for batch in jira.ids()] == [["10001"]]
    await fake.pull(jira)
    assert not removed.called


@pytest.mark.parametrize("tokens", [["a", "a"], ["a", "b", "c", "a"]])
async def test_repeated_token_raises(tokens: list[str]) -> None:
    router = fake.cloud([])
    answers = [httpx.Response(200, json={"issues": [], "nextPageToken": token}) for token in tokens]
    router["search"].mock(side_effect=answers)
    with pytest.raises(BrokenAnswer, match="a second time"):
        await tickets(router)


async def test_empty_pages_without_end_raise() -> None:
    router = fake.cloud([])
    tokens = itertools.count()
    router["search"].mock(
        side_effect=lambda _: httpx.Response(200, json={"issues": [], "nextPageToken": str(next(tokens))})
    )
    with pytest.raises(BrokenAnswer, match="101 pages in a row are empty"):
        await tickets(router)


async def test_histories_without_end_raise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changelog, "MAX_CHANGES", 100)
    router = fake.cloud([issue(1)])
    tokens = itertools.count()
    log = {"issueId": "10001", "changeHistories": [{"id": "1"}] * 10}
    router["bulk"].mock(
        side_effect=lambda _: httpx.Response(200, json={"issueChangeLogs": [log], "nextPageToken": str(next(tokens))})
    )
    with pytest.raises(BrokenAnswer, match="more than 100 changes of 1 issues"):
        await tickets(router)


async def test_only_a_missing_token_ends_the_search() -> None:
    router = fake.cloud([])
    router["search"].mock(
        side_effect=[
            httpx.Response(200, json={"issues": [issue(1)], "nextPageToken": "a", "isLast": True}),
            httpx.Response(200, json={"issues": [issue(2)], "nextPageToken": None, "isLast": False}),
        ]
    )
    assert len(await tickets(router)) == 2


@pytest.mark.parametrize("kind", ["CLAUSE_LIMIT_EXCEEDED", "CLAUSE_RESULT_TRUNCATED"])
async def test_truncated_result_raises(kind: str) -> None:
    router = fake.cloud([])
    router["search"].respond(json={"issues": [issue(1)], "warnings": [{"type": kind}]})
    with pytest.raises(BrokenAnswer, match=kind):
        await tickets(router)


@pytest.mark.parametrize("answer", [{}, {"issues": None}, {"issues": [{"key": "OPS-1"}]}, []])
@pytest.mark.parametrize("name", ["search", "count", "bulk", "field"])
async def test_malformed_answer_raises(name: str, answer: Any) -> None:
    router = fake.cloud([issue(1)])
    router[name].respond(json={} if name == "field" else answer)
    with pytest.raises(BrokenAnswer):
        await tickets(router)


async def test_histories_split_over_pages_are_joined() -> None:
    router = fake.cloud([issue(1), issue(2)])
    router["bulk"].mock(
        side_effect=bulk(
            {"10001": [history(7, MAY, step(1, 3))], "10002": [history(8, MAY + 1, step(1, 5))]},
            {"10001": [history(9, "2024-05-02T10:00:00.000+0000", step(3, 5))]},
        )
    )
    first, second = await tickets(router)
    assert [(step.old, step.new) for step in first.transitions] == [
        ("Open", "In Progress"),
        ("In Progress", "Resolved"),
    ]
    assert [step.at.isoformat() for step in first.transitions] == [
        "2024-05-01T10:00:00+00:00",
        "2024-05-02T10:00:00+00:00",
    ]
    assert [step.new for step in second.transitions] == ["Resolved"]
    assert first.history_is == "history"


async def test_histories_of_many_pages_are_read_in_one_request() -> None:
    router = fake.cloud([issue(1)], [issue(2)], [issue(3)])
    await tickets(router)
    (search,) = bodies(router["bulk"])
    assert search["issueIdsOrKeys"] == ["10001", "10002", "10003"]
    assert search["fieldIds"] == ["status", "assignee", "priority", "issuetype", "customfield_10001"]


async def test_repeated_token_of_histories_raises() -> None:
    router = fake.cloud([issue(1)])
    router["bulk"].respond(json={"issueChangeLogs": [], "nextPageToken": "a"})
    with pytest.raises(BrokenAnswer, match=r"bulkfetch.*a second time"):
        await tickets(router)


async def test_issue_without_changes_has_a_history() -> None:
    (ticket,) = await tickets(fake.cloud([issue(1)]))
    assert (ticket.history_is, ticket.transitions) == ("history", ())


@pytest.mark.parametrize(
    ("status", "message"), [(403, "Forbidden"), (404, "Not found"), (401, "Unauthorized; scope does not match")]
)
async def test_histories_are_read_one_by_one_if_bulk_is_forbidden(status: int, message: str) -> None:
    router = fake.cloud([issue(1)])
    router["bulk"].respond(status, json={"message": message})
    changes = [history(number, MAY + number, change("labels", None, str(number))) for number in range(100)]
    last = history(100, MAY + 100, step(1, 3))
    changelog = router.get("/rest/api/3/issue/10001/changelog").mock(
        side_effect=lambda request: httpx.Response(
            200, json={"total": 101, "values": [last] if request.url.params["startAt"] == "100" else changes}
        )
    )
    jira = fake.connector(router)
    assert "one issue at a time" in (await jira.check()).notes[0]
    (ticket,) = (await fake.pull(jira))[0].tickets
    assert [step.new for step in ticket.transitions] == ["In Progress"]
    assert ticket.history_is == "history"
    assert changelog.call_count == 6, "two for each of the right, the sample and the pull"
    assert router["bulk"].call_count == 1, "a forbidden method is tried once"


async def test_tickets_are_read_without_the_right_to_histories() -> None:
    router = fake.cloud([issue(1)], [issue(2)])
    router["bulk"].respond(403, json={})
    router.get(path__regex=r"/rest/api/3/issue/\d+/changelog").respond(403, json={})
    jira = fake.connector(router)
    account = await jira.check()
    assert "read:issue.changelog:jira" in account.missing[0]
    assert [ticket.history_is for page in await fake.pull(jira) for ticket in page.tickets] == ["none", "none"]


async def test_hidden_history_of_one_issue_leaves_those_of_the_rest() -> None:
    router = fake.cloud([issue(1), issue(2)])
    router["bulk"].respond(403, json={})
    router.get("/rest/api/3/issue/10001/changelog").respond(404, json={})
    router.get("/rest/api/3/issue/10002/changelog").respond(json={"total": 0, "values": []})
    assert [ticket.history_is for ticket in await tickets(router)] == ["none", "history"]


async def test_missing_changes_of_a_history_raise() -> None:
    router = fake.cloud([issue(1)])
    router["bulk"].respond(403, json={})
    router.get("/rest/api/3/issue/10001/changelog").respond(json={"total": 3, "values": []})
    with pytest.raises(BrokenAnswer, match="counts 3 changes"):
        await tickets(router)


async def test_ids_are_read_in_order_of_creation() -> None:
    router = fake.cloud([issue(1)], [], [issue(2)])
    assert [batch async for batch in fake.connector(router).ids()] == [["10001"], [], ["10002"]]
    search = bodies(router["search"])[0]
    assert search["jql"] == "updated >= 1704067200000 ORDER BY created ASC, key ASC"
    assert (search["fields"], search["maxResults"]) == (["id"], 5000)


async def test_tickets_are_fetched_by_the_hundred_without_missing_ones() -> None:
    router = fake.cloud([])
    fetch = router.post("/rest/api/3/issue/bulkfetch").mock(
        side_effect=lambda request: httpx.Response(
            200, json={"issues": [issue(1)] if "10001" in fake.body(request)["issueIdsOrKeys"] else []}
        )
    )
    ids = [str(10_001 + number) for number in range(150)]
    pages = [page async for page in fake.connector(router).tickets(ids)]
    assert [ticket.id for page in pages for ticket in page.tickets] == ["10001"]
    assert [len(search["issueIdsOrKeys"]) for search in bodies(fetch)] == [100, 50]


async def test_count_is_an_estimate() -> None:
    count = await fake.connector(fake.cloud([issue(1), issue(2)])).count()
    assert count is not None
    assert (count.tickets, count.exact) == (2, False)


async def test_remaining_worklogs_are_fetched() -> None:
    def log(number: int) -> fake.Json:
        started = "2024-05-01T10:00:00.000+0200"
        return {"id": str(number), "started": started, "timeSpentSeconds": 60, "author": fake.person(3)}

    inline = {"total": 3, "maxResults": 1, "worklogs": [log(1)]}
    router = fake.cloud([issue(1, worklog=inline, timespent=180), issue(2, worklog={**inline, "total": 1})])
    worklogs = router.get("/rest/api/3/issue/10001/worklog").mock(
        side_effect=[
            httpx.Response(200, json={"total": 3, "worklogs": [log(1), log(2)]}),
            httpx.Response(200, json={"total": 3, "worklogs": [log(3)]}),
        ]
    )
    first, second = await tickets(router)
    assert [work.id for work in first.worklogs] == ["1", "2", "3"]
    assert first.worklogs[0].at.isoformat() == "2024-05-01T08:00:00+00:00"
    assert [work.author for work in second.worklogs] == ["account-3"]
    assert worklogs.calls.last.request.url.params["startAt"] == "2"


async def test_hidden_worklogs_leave_those_of_the_search() -> None:
    log = {"id": "1", "started": "2024-05-01T10:00:00.000+0200", "timeSpentSeconds": 60}
    router = fake.cloud([issue(1, worklog={"total": 2, "worklogs": [log]})])
    router.get("/rest/api/3/issue/10001/worklog").respond(403, json={})
    assert len((await tickets(router))[0].worklogs) == 1


async def test_issue_that_changes_during_the_walk_has_its_latest_state() -> None:
    moved = issue(1, "2024-05-03T10:00:00.000+0000", summary="moved")
    router = fake.cloud([issue(1), issue(2)], [moved])
    (page,) = await fake.pull(fake.connector(router))
    assert {ticket.key: ticket.title for ticket in page.tickets} == {"OPS-1": "moved", "OPS-2": "Disk 2 is full"}
