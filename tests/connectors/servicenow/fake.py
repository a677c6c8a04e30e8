"""A fake ServiceNow with invented rows: it ignores conditions it does not know, and hides rows after the limit."""

import asyncio
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx

from connectors.base import Context
from connectors.model import Page, Ticket
from connectors.servicenow.connector import ServiceNowConnector

URL = "https://example.service-now.com"
PASSWORD = "s3cret-password"
NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
CONDITION = re.compile(r"([a-z_.]+)(IN|>=|>|=)(.*)")
CANCELLED = {"error": {"message": "Transaction cancelled: maximum execution time exceeded"}, "status": "failure"}

Row = dict[str, Any]


def sys_id(number: int) -> str:
    return f"{number:032x}"


def incident(number: int, updated: str = "2024-05-01 10:00:00", /, **columns: str) -> Row:
    return {
        "sys_id": sys_id(number),
        "number": f"INC{number:07d}",
        "sys_class_name": "incident",
        "short_description": f"Disk {number} is full",
        "state": "1",
        "priority": "2",
        "opened_at": "2024-05-01 09:00:00",
        "sys_created_on": "2024-05-01 09:00:00",
        "sys_updated_on": updated,
        "reopen_count": "0",
        "reassignment_count": "0",
        **columns,
    }


def audit(
    number: int,
    ticket: int,
    column: str,
    old: str,
    new: str,
    /,
    *,
    at: str = "2024-05-01 08:00:00",
    checkpoint: int = 1,
) -> Row:
    return {
        "sys_id": sys_id(number),
        "tablename": "incident",
        "documentkey": sys_id(ticket),
        "fieldname": column,
        "oldvalue": old,
        "newvalue": new,
        "user": "someone",
        "sys_created_on": at,
        "record_checkpoint": str(checkpoint),
    }


def choice(column: str, value: str, label: str, table: str = "incident", inactive: str = "false") -> Row:
    key = f"{table}{column}{value}{inactive}"
    return {
        "sys_id": f"{sum(key.encode()):032x}",
        "name": table,
        "element": column,
        "value": value,
        "label": label,
        "language": "en",
        "inactive": inactive,
    }


STATES = [
    choice("state", code, label)
    for code, label in {"1": "New", "2": "Active", "4": "Awaiting Vendor", "6": "Resolved", "7": "Closed"}.items()
]


class Instance:
    """Tables by name, and the behaviour of the instance.

    `forbidden`: status and message by table; `hidden`: sys_ids left out of pages; `ignored`: columns that queries do
    not know; `counts`, `links`: send these headers; `visible`: applies field rules to a row; `displayed`: formats a
    value for the account; `afterwards`: runs after each page.
    """

    def __init__(self) -> None:
        self.tables: dict[str, list[Row]] = {
            "incident": [],
            "sys_audit": [],
            "metric_instance": [],
            "sys_choice": list(STATES),
            "sys_user_group": [],
            "sys_user": [],
            "cmdb_ci": [],
            "cmdb_ci_service": [],
        }
        self.forbidden: dict[str, tuple[int, str]] = {}
        self.hidden: set[str] = set()
        self.ignored: set[str] = set()
        self.counts = True
        self.links = True
        self.requests: list[httpx.Request] = []
        self.intercept: Callable[[httpx.Request], httpx.Response | None] = lambda _: None
        self.visible: Callable[[Row], Row] = lambda row: row
        self.displayed: Callable[[str], str] = lambda value: value
        self.afterwards: Callable[[str, Sequence[Row]], None] = lambda table, rows: None

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.intercept(request) or self._answer(request)

    def queries(self, table: str) -> list[httpx.QueryParams]:
        """Return the parameters of all requests for rows of this table."""
        path = f"/api/now/table/{table}"
        return [request.url.params for request in self.requests if request.url.path == path]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        _, _, _, kind, table = request.url.path.split("/")
        if table not in self.tables or table in self.forbidden:
            status, message = self.forbidden.get(table, (400, f"Invalid table {table}"))
            return httpx.Response(status, json={"error": {"message": message, "detail": None}, "status": "failure"})
        rows = self._select(table, request.url.params["sysparm_query"])
        if kind == "stats":
            return httpx.Response(200, json={"result": {"stats": {"count": str(len(rows))}}})
        return self._page(table, rows, request.url.params)

    def _page(self, table: str, matches: Sequence[Row], params: httpx.QueryParams) -> httpx.Response:
        offset, limit = int(params["sysparm_offset"]), int(params["sysparm_limit"])
        fields = params["sysparm_fields"].split(",")
        rows = [row for row in matches[offset : offset + limit] if row["sys_id"] not in self.hidden]
        headers = {"Set-Cookie": "JSESSIONID=kept; Path=/"}
        if self.counts:
            headers["X-Total-Count"] = str(len(matches))
        if self.links and offset + limit < len(matches):
            headers["Link"] = f'<{URL}/next>;rel="next"'
        result = [{name: value for name, value in self.visible(row).items() if name in fields} for row in rows]
        if params["sysparm_display_value"] == "all":
            result = [{name: self._both_forms(value) for name, value in row.items()} for row in result]
        self.afterwards(table, rows)
        return httpx.Response(200, json={"result": result}, headers=headers)

    def _both_forms(self, value: str) -> dict[str, str]:
        return {"value": value, "display_value": self.displayed(value)}

    def _select(self, table: str, query: str) -> list[Row]:
        conditions, *order = query.split("ORDERBY")
        groups = [self._conditions(table, group) for group in conditions.split("^NQ")]
        rows = [row for row in self.tables[table] if any(all(_meets(row, part) for part in group) for group in groups)]
        descending = any(column.startswith("DESC") for column in order)
        columns = [column.removeprefix("DESC").strip("^") for column in order]
        return sorted(rows, key=lambda row: [row.get(column, "") for column in columns], reverse=descending)

    def _conditions(self, table: str, group: str) -> list[tuple[str, str, str]]:
        """Return the conditions that the instance knows."""
        columns = {column for row in self.tables[table] for column in row} - self.ignored
        parts = [CONDITION.fullmatch(part) for part in group.split("^") if part]
        conditions = [(part[1], part[2], part[3]) for part in parts if part is not None]
        return [condition for condition in conditions if condition[0] in columns]


def _meets(row: Row, condition: tuple[str, str, str]) -> bool:
    column, operator, value = condition
    cell = row.get(column, "")
    if operator == "IN":
        return cell in value.split(",")
    return bool({"=": cell == value, ">": cell > value, ">=": cell >= value}[operator])


def connector(**settings: Any) -> ServiceNowConnector:
    """Return a connector to the fake instance that reads incidents, unless the settings name other tables."""
    context = Context("servicenow", person_names=settings.pop("person_names", False), now=lambda: NOW)
    defaults = {"url": URL, "user": "reader", "password": PASSWORD, "since": "2024-01-01", "tables": "incident"}
    values = {name: value for name, value in (defaults | settings).items() if value is not None}
    return ServiceNowConnector(ServiceNowConnector.Settings.model_validate(values), context)


def pull(source: ServiceNowConnector, checkpoint: dict[str, Any] | None = None) -> list[Page]:
    """Return all pages of a pull."""

    async def collect() -> list[Page]:
        try:
            return [page async for page in source.pages(checkpoint)]
        finally:
            await source.aclose()

    return asyncio.run(collect())


def tickets(source: ServiceNowConnector) -> list[Ticket]:
    """Return all tickets of a pull in their order."""
    return [ticket for page in pull(source) for ticket in page.tickets]


def ids(source: ServiceNowConnector) -> list[str]:
    """Return all ids of a census."""

    async def collect() -> list[str]:
        try:
            return [ticket_id async for batch in source.ids() for ticket_id in batch]
        finally:
            await source.aclose()

    return asyncio.run(collect())
