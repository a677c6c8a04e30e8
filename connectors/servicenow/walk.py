"""The keyset walk: every row of a table once, in the order of a key, while rows change."""

from collections.abc import AsyncGenerator, Sequence

from connectors.errors import BrokenAnswer
from connectors.servicenow.query import after_key, all_of, any_of, order_by
from connectors.servicenow.rows import Row, is_sys_id
from connectors.servicenow.table import TableApi

# Bulk jobs write thousands of rows in one second: only with the sys_id is the order total.
BY_UPDATE = ("sys_updated_on", "sys_id")
BY_ID = ("sys_id",)
NEVER = "sys_updated_on>2999-01-01 00:00:00"


async def verify_filter(api: TableApi, table: str, base: str) -> None:
    """Raise BrokenAnswer where the instance ignores conditions on the update time of a table."""
    # ServiceNow drops the invalid part of a query and runs the rest. Without its condition on the time, a walk would
    # read the whole table again and again, in any order, and never notice.
    page = await api.page(table, all_of(base, NEVER) + order_by(BY_UPDATE), "sys_id", limit=1)
    if page.rows or page.total:
        raise BrokenAnswer(
            f"{table}: the instance ignores the condition {NEVER} and finds {page.total or len(page.rows)} rows",
            "Grant the account read access to sys_updated_on of this table, and check that TABLES names task tables.",
        )


async def walk_rows(
    api: TableApi, table: str, base: str, *, start: str = "", key: Sequence[str], fields: str, limit: int
) -> AsyncGenerator[list[Row], None]:
    """Yield all visible rows that meet `base`, from `start` on, in pages of at most `limit`.

    A row that changes during the walk comes again at its new position.
    """
    groups, offset, more = [start], 0, True
    previous: list[str] | None = None
    while more:
        query = any_of(base, groups) + order_by(key)
        page = await api.page(table, query, fields, limit=limit, offset=offset)
        more, last = page.more, _last_key(page.rows, key)
        if last is None:
            # Access rules may hide a whole page: it has no key to go on from. By offset the pages overlap by a tenth,
            # since a row that moves away draws later ones forward.
            offset += max(1, page.limit * 9 // 10)
        else:
            # Each page begins behind the last row of the one before: the same row again means a walk in a circle.
            if last == previous:
                raise BrokenAnswer(f"{table}: the instance sent a page a second time, after {', '.join(last)}")
            groups, offset, previous = after_key(key, last), 0, last
        if page.rows:
            yield page.rows


def _last_key(rows: Sequence[Row], key: Sequence[str]) -> list[str] | None:
    """Return the key of the last row that shows one fit for a query; None if no row does."""
    for row in reversed(rows):
        if all(_is_fit(row.get(column, "")) for column in key):
            return [row[column] for column in key]
    return None


def _is_fit(value: str) -> bool:
    return is_sys_id(value.replace(" ", "-").replace(":", "-"))
