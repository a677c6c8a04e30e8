"""The keyset walk: every row of a table once, in the order of a key, while rows move."""

from collections.abc import AsyncGenerator, Sequence

from connectors.errors import BrokenAnswer
from connectors.servicenow.query import any_of, beyond, both, ordered
from connectors.servicenow.row import Row
from connectors.servicenow.table import TableApi

BY_UPDATE = ("sys_updated_on", "sys_id")
BY_ID = ("sys_id",)
NEVER = "sys_updated_on>2999-01-01 00:00:00"


async def prove_filter(api: TableApi, table: str, base: str) -> None:
    """Raises BrokenAnswer where a condition on the time of update finds what it cannot find.

    ServiceNow ignores an invalid part of a query and runs the rest: a walk would read the whole table again
    and again, in any order.
    """
    page = await api.page(table, both(base, NEVER) + ordered(BY_UPDATE), "sys_id", limit=1)
    if page.rows or page.total:
        raise BrokenAnswer(
            f"{table}: the instance ignores the condition {NEVER} and finds {page.total or len(page.rows)} rows",
            "See that the account may read sys_updated_on of this table, and that TABLES names a table of tasks.",
        )


async def walk(
    api: TableApi, table: str, base: str, *, start: str = "", key: Sequence[str], fields: str, limit: int
) -> AsyncGenerator[list[Row], None]:
    """All visible rows that meet `base`, from those that meet `start` on, in pages of at most `limit`.

    A row that moves while the walk is under way comes again where it has gone to. Behind a page without any
    visible key the walk goes on by offset; pages overlap there, since a row that moves away draws others forward.
    """
    groups, offset, more = [start], 0, True
    while more:
        query = any_of(base, groups) + ordered(key)
        page = await api.page(table, query, fields, limit=limit, offset=offset)
        more, last = page.more, _last_key(page.rows, key)
        if last is None:
            offset += max(1, page.limit * 9 // 10)
        else:
            groups, offset = beyond(key, last), 0
        if page.rows:
            yield page.rows


def _last_key(rows: Sequence[Row], key: Sequence[str]) -> list[str] | None:
    """The key of the last row that shows one; None where all are invisible."""
    for row in reversed(rows):
        if all(row.get(column) for column in key):
            return [row[column] for column in key]
    return None
