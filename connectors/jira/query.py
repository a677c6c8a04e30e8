"""JQL: lower bounds of the update time, and whole queries."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

# The key breaks ties: issues of one update time have no stable order, and pages would skip or repeat some of them.
BY_UPDATE = "updated ASC, key ASC"
BY_CREATION = "created ASC, key ASC"


# Gateways bound queries as they bound addresses, in a body as well.
MAX_LIST = 1900


@dataclass(frozen=True, slots=True)
class Bound:
    """A lower bound of the update time: its form in JQL, and the earliest instant that this form can mean."""

    literal: str
    floor: datetime


MakeBound: TypeAlias = Callable[[datetime], Bound]


def millisecond_bound(at: datetime) -> Bound:
    """Return the bound in epoch milliseconds, which mean the same in every time zone."""
    floor = at.replace(microsecond=at.microsecond // 1000 * 1000)
    return Bound(str(round(floor.timestamp() * 1000)), floor)


def minute_bound(at: datetime, zone: ZoneInfo) -> Bound:
    """Return the bound as a minute of the zone's wall clock, never later than `at`.

    JQL reads such a text in the time zone of the account.
    """
    while True:
        wall = at.astimezone(zone).replace(second=0, microsecond=0, tzinfo=None)
        readings = [wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
        # A minute occurs twice where clocks are set back, and Jira may mean the later one: that could skip an hour.
        if max(readings) <= at:
            return Bound(f'"{wall:%Y-%m-%d %H:%M}"', min(readings))
        at -= timedelta(hours=1)


def jql_updated_since(
    literal: str, restriction: str | None, order: str | None = None, before: str | None = None
) -> str:
    """Return the JQL for issues updated from `literal` on, and before `before`, within the operator's restriction."""
    upper = f"updated < {before}" if before else None
    query = " AND ".join(filter(None, (restriction, f"updated >= {literal}", upper)))
    return f"{query} ORDER BY {order}" if order else query


def split_ids(ids: Iterable[str], size: int) -> Iterator[list[str]]:
    """Yield the ids in lists of at most `size`, each of which fits into one query."""
    part: list[str] = []
    length = 0
    for uid in ids:
        if part and (len(part) == size or length + len(uid) > MAX_LIST):
            yield part
            part, length = [], 0
        part.append(uid)
        length += len(uid) + len(", ")
    if part:
        yield part
