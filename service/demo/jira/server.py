"""Jira Cloud REST v3 over the simulated company, as far as a connector reads it."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.demo.company import Company
from service.demo.jira.issue import catalogue, histories, issue, worklogs
from service.demo.jira.jql import JqlError, JqlQuery, parse
from service.demo.jira.paging import WrongToken, take
from service.demo.jira.values import PROJECTS, STATUSES, ZONE, Json, person, project, status, timestamp
from service.demo.login import Credentials, answer
from service.demo.organisation import AUTOMATION
from service.demo.record import SimulatedTicket

API = "/rest/api/3"
IDS_A_PAGE, HISTORIES_A_PAGE, WORKLOGS_A_PAGE = 5000, 100, 5000
ISSUES_A_FETCH, ISSUES_A_CHANGELOG = 100, 1000
SEARCH = {"jql", "fields", "expand", "properties", "fieldsByKeys", "reconcileIssues", "nextPageToken", "maxResults"}
CHANGELOG = {"issueIdsOrKeys", "fieldIds", "nextPageToken", "maxResults"}
FETCH = {"issueIdsOrKeys", "fields", "expand", "fieldsByKeys", "properties"}
INVALID = "Invalid request payload. Refer to the REST API documentation and try again."
REMOVED = "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. See CHANGE-2046."
LOGIN_REASON = "X-Seraph-LoginReason"


class Refused(Exception):
    """A request that Jira answers with an error, and its status code."""

    def __init__(self, message: str, code: int = 400) -> None:
        super().__init__(message)
        self.code = code


UNAUTHENTICATED = Refused("Client must be authenticated to access this resource.", 401)
HIDDEN = Refused("Issue does not exist or you do not have permission to see it.", 404)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A path, the action that answers it, and the answer for clients without login: some JSON, or a refusal."""

    methods: tuple[str, ...]
    path: str
    action: Callable[[Request], Awaitable[Any]]
    anonymous: Any


class JiraServer:
    """An ASGI application in `app`; `page_size` is the largest page of issues with fields."""

    def __init__(self, company: Company, credentials: Credentials, *, page_size: int = 100) -> None:
        self.credentials = credentials
        self._company = company
        self._page_size = page_size
        self.app = Starlette(routes=[self._route(endpoint) for endpoint in self._endpoints()])

    def _endpoints(self) -> list[Endpoint]:
        none: Json = {"issues": [], "isLast": True}
        return [
            Endpoint(("GET",), "/serverInfo", self._server_info, None),
            Endpoint(("GET",), "/myself", self._myself, UNAUTHENTICATED),
            Endpoint(("GET",), "/field", self._fields, []),
            Endpoint(("GET",), "/status", self._statuses, []),
            Endpoint(("GET",), "/project/search", self._projects, _page("values", [], 0, 50)),
            Endpoint(("GET", "POST"), "/search/jql", self._search, none),
            Endpoint(("GET", "POST"), "/search", self._old_search, Refused(REMOVED, 410)),
            Endpoint(("POST",), "/search/approximate-count", self._count, {"count": 0}),
            Endpoint(("POST",), "/changelog/bulkfetch", self._bulk_changelog, UNAUTHENTICATED),
            Endpoint(("POST",), "/issue/bulkfetch", self._bulk_issues, {"issues": [], "issueErrors": []}),
            Endpoint(("GET",), "/issue/{id}/changelog", self._changelog, HIDDEN),
            Endpoint(("GET",), "/issue/{id}/worklog", self._worklogs, HIDDEN),
        ]

    def _route(self, endpoint: Endpoint) -> Route:
        async def respond(request: Request) -> Response:
            is_known = self.credentials.match(request)
            headers = {LOGIN_REASON: "OK" if is_known else "AUTHENTICATED_FAILED"}
            try:
                # Wrong credentials are no error: Jira answers as to an anonymous client, mostly with nothing.
                if is_known or endpoint.path == "/serverInfo":
                    return answer(await endpoint.action(request), headers=headers)
                if isinstance(endpoint.anonymous, Refused):
                    raise endpoint.anonymous
                return answer(endpoint.anonymous, headers=headers)
            except Refused as refused:
                return answer({"errorMessages": [str(refused)], "errors": {}}, refused.code, headers)

        return Route(API + endpoint.path, respond, methods=list(endpoint.methods))

    async def _server_info(self, request: Request) -> Json:
        return {
            "baseUrl": str(request.url).removesuffix(f"{API}/serverInfo"),
            "version": "1001.0.0-SNAPSHOT",
            "deploymentType": "Cloud",
            "serverTime": timestamp(self._company.clock()),
            "serverTitle": "Jira",
        }

    async def _myself(self, _: Request) -> Json:
        return {**(person(AUTOMATION) or {}), "emailAddress": self.credentials.user, "timeZone": ZONE}

    async def _fields(self, _: Request) -> list[Json]:
        return catalogue()

    async def _statuses(self, _: Request) -> list[Json]:
        return [status(name) for name in STATUSES]

    async def _projects(self, request: Request) -> Json:
        start, size = _span(request, 50)
        return _page("values", [project(key) for key in PROJECTS], start, size)

    async def _old_search(self, _: Request) -> Json:
        raise Refused(REMOVED, 410)

    async def _search(self, request: Request) -> Json:
        payload = await _body(request, SEARCH) if request.method == "POST" else _search_parameters(request)
        query, fields = _query(payload), payload.get("fields") or ["id"]
        # A page is large only while it holds nothing but ids; any field more, and Jira cuts it short.
        most = IDS_A_PAGE if set(fields) <= {"id", "key"} else self._page_size
        size = min(_size(payload, 50), most)
        page, token = _take(self._matching(query), query.key, size, [payload["jql"], fields], payload)
        result: Json = {"issues": [issue(record, fields) for record in page], "isLast": token is None}
        return result | ({"nextPageToken": token} if token else {})

    async def _count(self, request: Request) -> Json:
        return {"count": len(self._matching(_query(await _body(request, {"jql"}))))}

    def _matching(self, query: JqlQuery) -> list[SimulatedTicket]:
        return [record for record in self._company.records("jira").values() if query.holds(record)]

    async def _bulk_changelog(self, request: Request) -> Json:
        payload = await _body(request, CHANGELOG)
        records, fields = self._named(payload, ISSUES_A_CHANGELOG), set(payload.get("fieldIds") or ())
        entries = [
            (record.id, history)
            for record in records
            for history in histories(record)
            if not fields or history["items"][0]["fieldId"] in fields
        ]
        page, token = _take(
            entries,
            lambda entry: (entry[1]["created"], int(entry[1]["id"])),
            _size(payload, 1000),
            [payload["issueIdsOrKeys"], sorted(fields)],
            payload,
        )
        # Ordered by time over all issues, so that the history of one issue may continue on a later page.
        logs: dict[str, list[Json]] = {}
        for issue_id, history in page:
            logs.setdefault(issue_id, []).append(history)
        return {
            "issueChangeLogs": [{"issueId": issue_id, "changeHistories": log} for issue_id, log in logs.items()],
            "nextPageToken": token,
        }

    async def _bulk_issues(self, request: Request) -> Json:
        payload = await _body(request, FETCH)
        fields = payload.get("fields") or ["*all"]
        issues = [issue(record, fields) for record in self._named(payload, ISSUES_A_FETCH)]
        return {"issues": issues, "issueErrors": []}

    async def _changelog(self, request: Request) -> Json:
        start, size = _span(request, HISTORIES_A_PAGE)
        return _page("values", histories(self._issue(request)), start, size)

    async def _worklogs(self, request: Request) -> Json:
        start, size = _span(request, WORKLOGS_A_PAGE)
        return _page("worklogs", worklogs(self._issue(request)), start, size)

    def _issue(self, request: Request) -> SimulatedTicket:
        matches = self._by_name([request.path_params["id"]])
        if not matches:
            raise HIDDEN
        return matches[0]

    def _named(self, payload: Json, most: int) -> list[SimulatedTicket]:
        names = payload.get("issueIdsOrKeys")
        if not isinstance(names, list) or not 1 <= len(names) <= most:
            raise Refused(f"issueIdsOrKeys must hold between 1 and {most} issue ids or keys.")
        return self._by_name(names)

    def _by_name(self, names: Collection[str]) -> list[SimulatedTicket]:
        """Return the issues with these ids or keys; others are silently absent."""
        records = self._company.records("jira")
        by_id = {name: records[name] for name in names if name in records}
        keys = set(names) - set(by_id)
        return [*by_id.values(), *(record for record in records.values() if keys and record.key in keys)]


async def _body(request: Request, allowed: set[str]) -> Json:
    try:
        payload = orjson.loads(await request.body())
    except orjson.JSONDecodeError as problem:
        raise Refused(INVALID) from problem
    # A body with an unknown member is refused; in a URL the same is ignored. A connector may rely on neither.
    if not isinstance(payload, dict) or not set(payload) <= allowed:
        raise Refused(INVALID)
    return payload


def _search_parameters(request: Request) -> Json:
    """Return a search given in the URL; unknown parameters are silently ignored."""
    search: Json = {name: value for name, value in request.query_params.items() if name in SEARCH}
    if "fields" in search:
        search["fields"] = search["fields"].split(",")
    if "maxResults" in search:
        search["maxResults"] = int(search["maxResults"])
    return search


def _query(payload: Json) -> JqlQuery:
    try:
        return parse(payload.get("jql") or "")
    except JqlError as problem:
        raise Refused(str(problem)) from problem


def _size(payload: Json, default: int) -> int:
    size = payload.get("maxResults", default)
    if not isinstance(size, int) or size < 1:
        raise Refused(INVALID)
    return size


def _take(rows: Any, key: Any, size: int, query: Any, payload: Json) -> Any:
    try:
        return take(rows, key, size, query, payload.get("nextPageToken"))
    except WrongToken as problem:
        raise Refused("The provided next page token is invalid or belongs to another query.") from problem


def _span(request: Request, most: int) -> tuple[int, int]:
    start = int(request.query_params.get("startAt", 0))
    return start, min(most, int(request.query_params.get("maxResults", most)))


def _page(name: str, rows: list[Json], start: int, size: int) -> Json:
    page = {"startAt": start, "maxResults": size, "total": len(rows), name: rows[start : start + size]}
    return page | {"isLast": start + size >= len(rows)}
