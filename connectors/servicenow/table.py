"""The Table API: one page of rows, a whole answer, a count; and what counts as an answer."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from connectors.errors import (
    BrokenAnswer,
    ConnectorError,
    MissingPermission,
    Transient,
    Truncated,
    Unavailable,
    WrongSettings,
)
from connectors.http import HttpClient
from connectors.responses import Answer
from connectors.servicenow.query import among, both, ordered
from connectors.servicenow.row import Row
from connectors.streams import gather_all

T = TypeVar("T")
IDS_AT_A_TIME = 100
ROWS_AT_A_TIME = 2000
SMALLEST_PAGE = 50
NOTHING = "sys_id=0"
NOTHING_IN = {"sys_audit": "documentkey=0"}  # the column by which this table is indexed


def inspect(answer: Answer) -> None:
    """Raises for an answer that is an error although its status is 200.

    Truncated: the transaction was cancelled while it was answering, so `result` is a part.
    """
    data = answer.data if isinstance(answer.data, dict) else {}
    error = data.get("error")
    if error or data.get("status") == "failure":
        said = " ".join(str(part) for part in error.values() if part) if isinstance(error, dict) else str(error)
        if "cancelled" in said or "maximum execution time" in said:
            raise Truncated(f"the instance cancelled the transaction: {said[:200]}")
        raise Transient(f"an error came with status 200: {said[:200]}")


def is_refusal(problem: ConnectorError) -> bool:
    """Whether the instance does not have this table, or the account may not read it."""
    return isinstance(problem, MissingPermission) or (
        isinstance(problem, WrongSettings) and "invalid table" in str(problem).lower()
    )


@dataclass(frozen=True, slots=True)
class Rows:
    """One page. `total`: what the query finds, invisible rows included, where the instance tells.

    `limit`: how many rows were asked for. Fewer may have come, even none, without this being the end:
    access rules apply after the limit. `more` says whether something lies behind.
    """

    rows: list[Row]
    total: int | None
    limit: int
    more: bool


class TableApi:
    """Reads any table. After an answer that stays cut, all later pages of its table are half as large in this run."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http
        self._halvings: Counter[str] = Counter()
        self._asked: set[str] = set()
        self.refused: dict[str, ConnectorError] = {}

    async def page(
        self, table: str, query: str, fields: str, *, limit: int, offset: int = 0, links: bool = True
    ) -> Rows:
        """At most `limit` rows behind `offset`. Raises ConnectorError.

        Without `links` the answer does not repeat the query in a header for each neighbouring page.
        """
        while True:
            size = self._size(table, limit)
            try:
                return await self._page(table, query, fields, limit=size, offset=offset, links=links)
            except Truncated as problem:
                if size <= SMALLEST_PAGE:
                    raise Unavailable(f"{table}: even {size} rows came cut ({problem})") from problem
                if size == self._size(table, limit):
                    self._halvings[table] += 1

    async def all(self, table: str, query: str, fields: str) -> list[Row]:
        """All visible rows of a query whose order is total and whose rows stay where they are."""
        found: list[Row] = []
        offset, more = 0, True
        while more:
            page = await self.page(table, query, fields, limit=ROWS_AT_A_TIME, offset=offset, links=False)
            found += page.rows
            offset += page.limit
            more = page.more
        return found

    async def matching(
        self,
        table: str,
        fields: str,
        column: str,
        values: Iterable[str],
        *,
        conditions: str = "",
        order: Sequence[str] = (),
        optional: bool = False,
    ) -> list[Row]:
        """All visible rows whose `column` holds one of the values; asked in batches at the same time.

        Nothing for an `optional` table that is not readable.
        """
        queries = [both(conditions, among(column, batch)) + ordered([*order, "sys_id"]) for batch in batches(values)]
        if not queries or (optional and not await self.is_readable(table)):
            return []
        answers = await gather_all(self.all(table, query, fields) for query in queries)
        return [row for rows in answers for row in rows]

    async def both_forms(self, table: str, query: str, column: str, *, limit: int) -> list[tuple[str, str]]:
        """A column of the first rows, as the database holds it and as the account is shown it."""
        parameters = {
            "sysparm_query": query,
            "sysparm_fields": column,
            "sysparm_limit": str(limit),
            "sysparm_offset": "0",
            "sysparm_display_value": "all",
        }
        rows = _rows(table, await self._http.get(f"/api/now/table/{table}", parameters))
        cells = [cell for cell in (row.get(column) for row in rows) if isinstance(cell, dict)]
        return [(str(cell.get("value")), str(cell.get("display_value"))) for cell in cells]

    async def is_readable(self, table: str) -> bool:
        """Whether the instance has this table and the account may read it; asked once, `refused` keeps why not."""
        if table not in self._asked:
            self._asked.add(table)
            try:
                await self.page(table, NOTHING_IN.get(table, NOTHING), "sys_id", limit=1)
            except ConnectorError as problem:
                if not is_refusal(problem):
                    raise
                self.refused[table] = problem
        return table not in self.refused

    async def count(self, table: str, query: str) -> int:
        """How many rows the query finds, invisible ones included."""
        answer = await self._http.get(f"/api/now/stats/{table}", {"sysparm_count": "true", "sysparm_query": query})
        try:
            return int(answer.data["result"]["stats"]["count"])
        except (KeyError, TypeError, ValueError) as problem:
            raise BrokenAnswer(f"{table}: the answer holds no count") from problem

    def _size(self, table: str, limit: int) -> int:
        return max(min(limit, SMALLEST_PAGE), limit >> self._halvings[table])

    async def _page(self, table: str, query: str, fields: str, *, limit: int, offset: int, links: bool) -> Rows:
        parameters = {
            "sysparm_query": query,
            "sysparm_fields": fields,
            "sysparm_limit": str(limit),
            "sysparm_offset": str(offset),
            "sysparm_display_value": "false",
            "sysparm_exclude_reference_link": "true",
            "sysparm_suppress_pagination_header": "false" if links else "true",
        }
        answer = await self._http.get(f"/api/now/table/{table}", parameters)
        rows = _rows(table, answer)
        count = answer.headers.get("x-total-count", "")
        if count.isdigit():
            return Rows(rows, int(count), limit, offset + limit < int(count))
        return Rows(rows, None, limit, bool(rows) or 'rel="next"' in answer.headers.get("link", ""))


def _rows(table: str, answer: Answer) -> list[Any]:
    rows = answer.data.get("result") if isinstance(answer.data, dict) else None
    if not isinstance(rows, list):
        raise BrokenAnswer(f"{table}: the answer holds no list of rows")
    return rows


def batches(values: Iterable[T], size: int = IDS_AT_A_TIME) -> Iterator[list[T]]:
    """The values in lists of at most `size`."""
    rest = iter(values)
    while batch := list(islice(rest, size)):
        yield batch
