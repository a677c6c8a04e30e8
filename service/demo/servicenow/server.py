"""The ServiceNow Table API over the simulated company, as far as a connector reads it."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.demo.company import Company
from service.demo.login import Credentials, answer
from service.demo.servicenow.query import QueryError
from service.demo.servicenow.tables import TABLES_BY_NAME, Table, project_columns, select

DEFAULT_LIMIT = 10_000
REQUIRED_PARAMETERS = {"sysparm_display_value": "false", "sysparm_exclude_reference_link": "true"}


class ServiceNowServer:
    """An ASGI application in `app` that answers with database values, references as plain sys_ids."""

    def __init__(self, company: Company, credentials: Credentials) -> None:
        self.credentials = credentials
        self._company = company
        self.app = Starlette(
            routes=[
                self._route("/api/now/table/{table}", self._rows),
                self._route("/api/now/stats/{table}", self._stats),
            ]
        )

    def _route(self, path: str, action: Callable[[Request, Table, list[Any]], Response]) -> Route:
        async def respond(request: Request) -> Response:
            if not self.credentials.match(request):
                return _error(401, "User Not Authenticated", "Required to provide Auth information")
            table = TABLES_BY_NAME.get(request.path_params["table"])
            if table is None:
                return _error(400, f"Invalid table {request.path_params['table']}")
            try:
                rows = select(table, self._company, request.query_params.get("sysparm_query", ""))
                return action(request, table, rows)
            except QueryError as problem:
                return _error(400, str(problem))

        return Route(path, respond, methods=["GET"])

    def _rows(self, request: Request, table: Table, rows: list[Any]) -> Response:
        parameters = request.query_params
        # Display values depend on the language and time zone of the account: no connector should ask for them.
        if any(parameters.get(name) != value for name, value in REQUIRED_PARAMETERS.items()):
            return _error(400, f"This ServiceNow gives database values only: ask for {urlencode(REQUIRED_PARAMETERS)}")
        start, limit = int(parameters.get("sysparm_offset", 0)), int(parameters.get("sysparm_limit", DEFAULT_LIMIT))
        page = project_columns(table, rows[start : start + limit], parameters.get("sysparm_fields", ""))
        headers = {"X-Total-Count": str(len(rows)), "Link": _links(request, start, limit, len(rows))}
        return answer({"result": list(page)}, headers=headers)

    def _stats(self, request: Request, _: Table, rows: list[Any]) -> Response:
        stats = {"count": str(len(rows))} if request.query_params.get("sysparm_count") == "true" else {}
        return answer({"result": {"stats": stats}})


def _links(request: Request, start: int, limit: int, total: int) -> str:
    """Return the Link header with the addresses of the other pages."""
    places = {
        "first": 0,
        "prev": max(0, start - limit),
        "next": start + limit,
        "last": (max(total, 1) - 1) // limit * limit,
    }
    present = {"first", "last", *(["prev"] if start else []), *(["next"] if start + limit < total else [])}
    return ",".join(f'<{_address(request, offset)}>;rel="{rel}"' for rel, offset in places.items() if rel in present)


def _address(request: Request, offset: int) -> str:
    parameters = {**request.query_params, "sysparm_offset": str(offset)}
    return f"{request.url.replace(query='')}?{urlencode(parameters, quote_via=quote)}"


def _error(code: int, message: str, detail: str | None = None) -> Response:
    return answer({"error": {"message": message, "detail": detail}, "status": "failure"}, code)
