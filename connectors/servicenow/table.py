"""The Table API: single pages, whole results and counts, with the errors that hide behind status 200."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from connectors.errors import (
    BrokenAnswer,
    ConnectorError,
    MissingPermission,
    TooLarge,
    Transient,
    Truncated,
    Unavailable,
    WrongSettings,
)
from connectors.http import HttpClient
from connectors.responses import Answer
from connectors.servicenow.query import all_of, is_in, order_by
from connectors.servicenow.rows import Row, RowPage, clean_row, fit_chunks
from connectors.streams import gather_all

ROWS_A_PAGE = 2000
SMALLEST_PAGE = 50
MAX_QUOTE = 200
COUNT = re.compile(r"\d{1,18}", re.ASCII)
# Far more than a hundred tickets can have changes: only an answer without end holds so many.
MAX_ROWS = 200_000
# Conditions that match no row. sys_audit may have a billion rows, and this column is the only indexed one.
NO_ROW = "sys_id=0"
NO_ROW_OF = {"sys_audit": "documentkey=0"}


def inspect_answer(answer: Answer) -> None:
    """Raise Truncated or Transient for an answer that is an error although its status is 200."""
    data = answer.data if isinstance(answer.data, dict) else {}
    error = data.get("error")
    if not error and data.get("status") != "failure":
        return
    text = " ".join(str(part) for part in error.values() if part) if isinstance(error, dict) else str(error)
    # After 60 seconds the instance cancels the transaction in the middle of its answer: `result` is there, but partial.
    if "cancelled" in text or "maximum execution time" in text:
        raise Truncated(f"the instance cancelled the transaction: {text[:MAX_QUOTE]}")
    raise Transient(f"the instance sent an error with status 200: {text[:MAX_QUOTE]}")


def is_unreadable(problem: ConnectorError) -> bool:
    """Return True where the instance lacks the table, or the account may not read it."""
    return isinstance(problem, MissingPermission) or (
        isinstance(problem, WrongSettings) and "invalid table" in str(problem).lower()
    )


class TableApi:
    """Read any table. `unreadable` is the error of each table that `is_readable` has rejected."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http
        self._halvings: Counter[str] = Counter()
        self._probed: set[str] = set()
        self.unreadable: dict[str, ConnectorError] = {}

    async def page(
        self, table: str, query: str, fields: str, *, limit: int, offset: int = 0, links: bool = True
    ) -> RowPage:
        """Return at most `limit` rows from `offset` on. Raise ConnectorError.

        Without `links` the answer has no header with the addresses of neighbouring pages.
        """
        while True:
            size = self._page_size(table, limit)
            try:
                return await self._read_page(table, query, fields, limit=size, offset=offset, links=links)
            except (Truncated, TooLarge) as problem:
                if size <= SMALLEST_PAGE:
                    raise Unavailable(
                        f"{table}: even the smallest page, of {size}, is cut off or too large ({problem})"
                    ) from problem
                # For the rest of the run: a table that is too slow for one page is too slow for the next. Requests
                # under way may all fail at the size that the first of them has halved: it is halved once.
                if size == self._page_size(table, limit):
                    self._halvings[table] += 1

    async def all_rows(self, table: str, query: str, fields: str) -> list[Row]:
        """Return all visible rows of a query with a total order, whose rows do not change their positions."""
        rows: list[Row] = []
        offset, more = 0, True
        while more:
            # The links would repeat the query, which lists a hundred ids, four times in a header.
            page = await self.page(table, query, fields, limit=ROWS_A_PAGE, offset=offset, links=False)
            rows += page.rows
            if len(rows) > MAX_ROWS:
                raise BrokenAnswer(f"{table}: more than {MAX_ROWS:,} rows match one query for at most 100 records")
            # By the limit, not by the length of the page: hidden rows take up positions, too.
            offset += page.limit
            more = page.more
        return rows

    async def rows_with(
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
        """Return all visible rows whose `column` has one of the values, read in concurrent chunks.

        An `optional` table that is not readable has no rows.
        """
        ordered = order_by([*order, "sys_id"])
        widest = _parameters(
            all_of(conditions, is_in(column, ())) + ordered, fields, ROWS_A_PAGE, MAX_ROWS, links=False
        )
        room = self._http.room_beside(f"/api/now/table/{table}", widest)
        queries = [all_of(conditions, is_in(column, chunk)) + ordered for chunk in fit_chunks(values, room)]
        if not queries or (optional and not await self.is_readable(table)):
            return []
        answers = await gather_all(self.all_rows(table, query, fields) for query in queries)
        return [row for rows in answers for row in rows]

    async def display_pairs(self, table: str, query: str, column: str, *, limit: int) -> list[tuple[str, str]]:
        """Return pairs of database value and displayed value of a column, from the first rows of a query."""
        parameters = {
            "sysparm_query": query,
            "sysparm_fields": column,
            "sysparm_limit": str(limit),
            "sysparm_offset": "0",
            "sysparm_display_value": "all",
        }
        rows = _rows_of(table, await self._http.get(f"/api/now/table/{table}", parameters))
        cells = [cell for row in rows if isinstance(row, dict) and isinstance(cell := row.get(column), dict)]
        return [(str(cell.get("value")), str(cell.get("display_value"))) for cell in cells]

    async def is_readable(self, table: str) -> bool:
        """Return True if the instance has this table and the account may read it; asks once per run."""
        if table not in self._probed:
            self._probed.add(table)
            try:
                await self.page(table, NO_ROW_OF.get(table, NO_ROW), "sys_id", limit=1)
            except ConnectorError as problem:
                if not is_unreadable(problem):
                    raise
                self.unreadable[table] = problem
        return table not in self.unreadable

    async def count(self, table: str, query: str) -> int:
        """Return the number of rows that match the query, hidden ones included."""
        answer = await self._http.get(f"/api/now/stats/{table}", {"sysparm_count": "true", "sysparm_query": query})
        try:
            return int(answer.data["result"]["stats"]["count"])
        except (KeyError, TypeError, ValueError) as problem:
            raise BrokenAnswer(f"{table}: the answer has no count") from problem

    def _page_size(self, table: str, limit: int) -> int:
        return max(min(limit, SMALLEST_PAGE), limit >> self._halvings[table])

    async def _read_page(self, table: str, query: str, fields: str, *, limit: int, offset: int, links: bool) -> RowPage:
        parameters = _parameters(query, fields, limit, offset, links=links)
        answer = await self._http.get(f"/api/now/table/{table}", parameters)
        rows = [clean_row(row) for row in _rows_of(table, answer)]
        # The limit applies before the access rules: a short page, or an empty one, is not the end.
        count = answer.headers.get("x-total-count", "")
        if COUNT.fullmatch(count):
            return RowPage(rows, int(count), limit, offset + limit < int(count))
        return RowPage(rows, None, limit, bool(rows) or 'rel="next"' in answer.headers.get("link", ""))


def _parameters(query: str, fields: str, limit: int, offset: int, *, links: bool) -> dict[str, str]:
    return {
        "sysparm_query": query,
        "sysparm_fields": fields,
        "sysparm_limit": str(limit),
        "sysparm_offset": str(offset),
        # Displayed values have dates in the time zone and format of the account; database values are UTC.
        "sysparm_display_value": "false",
        "sysparm_exclude_reference_link": "true",
        "sysparm_suppress_pagination_header": "false" if links else "true",
    }


def _rows_of(table: str, answer: Answer) -> list[Any]:
    rows = answer.data.get("result") if isinstance(answer.data, dict) else None
    if not isinstance(rows, list):
        raise BrokenAnswer(f"{table}: the answer has no list of rows")
    return rows
