"""A fake Jira with a few invented issues, answered by respx."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import respx

from connectors.base import Context
from connectors.jira.connector import JiraConnector
from connectors.model import Page

Json = dict[str, Any]

SITE = "https://jira.example"
ZONE = ZoneInfo("Europe/Paris")
NOW = datetime(2024, 6, 1, tzinfo=UTC)
SECRET = "s3cret-token"
MALFORMED_SINCE = "2024-04-30T00:00:00+00:00"
STATUSES = [
    {"id": "1", "name": "Open", "statusCategory": {"key": "new"}},
    {"id": "3", "name": "In Progress", "statusCategory": {"key": "indeterminate"}},
    {"id": "4", "name": "Waiting for customer", "statusCategory": {"key": "indeterminate"}},
    {"id": "5", "name": "Resolved", "statusCategory": {"key": "done"}},
    {"id": "6", "name": "Closed", "statusCategory": {"key": "done"}},
]
FIELDS = [
    {"id": "summary", "name": "Summary", "custom": False},
    {"id": "customfield_10001", "name": "Squad", "custom": True, "schema": {"custom": "x:atlassian-team"}},
    {"id": "customfield_10002", "name": "Affected services", "custom": True, "schema": {"custom": "x:multiselect"}},
    {"id": "customfield_10003", "name": "Vendor", "custom": True, "schema": {"custom": "x:select"}},
    {"id": "customfield_10004", "name": "Change type", "custom": True, "schema": {"custom": "x:select"}},
    {
        "id": "customfield_10005",
        "name": "Time to resolution",
        "custom": True,
        "schema": {"custom": "com.atlassian.servicedesk:sd-sla-field"},
    },
    {"id": "customfield_10006", "name": "Area", "custom": True, "schema": {"custom": "x:select"}},
    {"id": "customfield_10007", "name": "Area", "custom": True, "schema": {"custom": "x:select"}},
]


def person(number: int) -> Json:
    return {"accountId": f"account-{number}", "displayName": f"Person {number}"}


def issue(number: int, updated: str = "2024-05-01T10:00:00.000+0000", **fields: Any) -> Json:
    return {
        "id": str(10_000 + number),
        "key": f"OPS-{number}",
        "fields": {
            "summary": f"Disk {number} is full",
            "description": None,
            "issuetype": {"name": "Incident"},
            "status": STATUSES[0],
            "resolution": None,
            "priority": {"name": "High"},
            "created": "2024-04-01T09:00:00.000+0000",
            "updated": updated,
            "resolutiondate": None,
            "reporter": person(1),
            "assignee": None,
            "components": [],
            "labels": [],
            "issuelinks": [],
            "subtasks": [],
            "timespent": None,
            "worklog": {"total": 0, "maxResults": 20, "worklogs": []},
            **fields,
        },
    }


def history(number: int, created: str | int, *items: Json, author: int | None = 2) -> Json:
    entry = {"id": str(number), "created": created, "items": list(items)}
    return entry | {"author": person(author)} if author else entry


def change(field: str, old: str | None, new: str | None, **ids: str | None) -> Json:
    return {"field": field, "fieldId": field, "fromString": old, "toString": new, "from": None, "to": None} | ids


def step(old: int, new: int) -> Json:
    """Return a change of status, given by ids."""
    names = {int(str(status["id"])): str(status["name"]) for status in STATUSES}
    return change("status", names[old], names[new], **{"from": str(old), "to": str(new)})


def body(request: httpx.Request) -> Json:
    content: Json = json.loads(request.content)
    return content


def bodies(route: respx.Route) -> list[Json]:
    return [body(call.request) for call in route.calls]


def cloud(*pages: list[Json]) -> respx.Router:
    """Return a Jira Cloud whose search returns these pages, without histories."""
    router = _site("3", {"deploymentType": "Cloud", "version": "1001.0.0"})
    router.post("/rest/api/3/search/jql", name="search").mock(side_effect=token_pages(*pages))
    router.post("/rest/api/3/search/approximate-count", name="count").respond(json={"count": sum(map(len, pages))})
    router.post("/rest/api/3/changelog/bulkfetch", name="bulk").respond(json={"issueChangeLogs": []})
    return router


def datacenter(*issues: Json, cap: int = 1000) -> respx.Router:
    """Return a Jira Data Center with these issues in this order, which takes epoch milliseconds in JQL."""
    router = _site("2", {"deploymentType": "Server", "version": "9.12.15"})
    router.get("/rest/api/3/serverInfo").respond(404, json={})
    router.post("/rest/api/2/search", name="search").mock(side_effect=offset_pages(list(issues), cap))
    return router


def token_pages(*pages: list[Json]) -> Callable[[httpx.Request], httpx.Response]:
    """Answer with one page after the other; the token is the number of the next page."""

    def answer(request: httpx.Request) -> httpx.Response:
        at = int(body(request).get("nextPageToken", 0))
        following = {"nextPageToken": str(at + 1)} if at + 1 < len(pages) else {}
        return httpx.Response(200, json={"issues": pages[at] if pages else [], **following})

    return answer


def offset_pages(issues: list[Json], cap: int = 1000) -> Callable[[httpx.Request], httpx.Response]:
    """Answer `updated >= ...` by offset, with at most `cap` issues a page."""

    def answer(request: httpx.Request) -> httpx.Response:
        search = body(request)
        since, before = _bounds(search["jql"])
        matches = [issue for issue in issues if since <= _updated(issue) < before]
        start, size = search.get("startAt", 0), min(cap, search["maxResults"])
        page = matches[start : start + size]
        return httpx.Response(200, json={"startAt": start, "maxResults": size, "total": len(matches), "issues": page})

    return answer


def _updated(issue: Json) -> datetime:
    fields = issue["fields"] if isinstance(issue["fields"], dict) else {}
    return datetime.fromisoformat(fields.get("updated") or MALFORMED_SINCE)


def _bounds(jql: str) -> tuple[datetime, datetime]:
    """Return the first instant and the end of the period in a JQL query."""
    since = re.search(r"updated >= (\d+|\"[^\"]+\")", jql)
    before = re.search(r"updated < (\d+|\"[^\"]+\")", jql)
    assert since
    return _parse_literal(since[1]), _parse_literal(before[1]) if before else datetime.max.replace(tzinfo=UTC)


def _parse_literal(literal: str) -> datetime:
    if literal.startswith('"'):
        return datetime.strptime(literal, '"%Y-%m-%d %H:%M"').replace(tzinfo=ZONE)
    return datetime.fromtimestamp(int(literal) / 1000, UTC)


def connector(router: respx.Router, **settings: Any) -> JiraConnector:
    transport = httpx.MockTransport(router.async_handler)
    named = settings.pop("person_names", False)
    values = {"url": SITE, "token": SECRET, "user": "bot@jira.example", "since": "2024-01-01"} | settings
    return JiraConnector(
        JiraConnector.Settings(**values),
        Context(source="jira", person_names=named, now=lambda: NOW, transport=transport),
    )


async def pull(jira: JiraConnector, checkpoint: Json | None = None) -> list[Page]:
    try:
        return [page async for page in jira.pages(checkpoint)]
    finally:
        await jira.aclose()


def _site(api: str, info: Json) -> respx.Router:
    router = respx.Router(base_url=SITE, assert_all_called=False)
    router.get(f"/rest/api/{api}/serverInfo", name="info").respond(json={"baseUrl": SITE, **info})
    router.get(f"/rest/api/{api}/myself", name="myself").respond(
        json={**person(9), "key": "bot", "timeZone": str(ZONE)}
    )
    router.get(f"/rest/api/{api}/field", name="field").respond(json=FIELDS)
    router.get(f"/rest/api/{api}/status", name="status").respond(json=STATUSES)
    return router
