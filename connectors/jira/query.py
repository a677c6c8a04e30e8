"""JQL: bounds of the update time, and whole queries."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

BY_UPDATE = "updated ASC, key ASC"
BY_CREATION = "created ASC, key ASC"


@dataclass(frozen=True, slots=True)
class Bound:
    """A lower bound of the update time: how JQL writes it, and the earliest instant it can mean."""

    literal: str
    floor: datetime


BoundOf: TypeAlias = Callable[[datetime], Bound]


def in_milliseconds(at: datetime) -> Bound:
    """The bound as epoch milliseconds, which mean the same in every time zone."""
    floor = at.replace(microsecond=at.microsecond // 1000 * 1000)
    return Bound(str(round(floor.timestamp() * 1000)), floor)


def in_minutes(at: datetime, zone: ZoneInfo) -> Bound:
    """The bound as a minute of the zone's wall clock, never later than `at`.

    Where the clock is set back a minute occurs twice and Jira may mean either: then an hour is added.
    """
    while True:
        wall = at.astimezone(zone).replace(second=0, microsecond=0, tzinfo=None)
        readings = [wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
        if max(readings) <= at:
            return Bound(f'"{wall:%Y-%m-%d %H:%M}"', min(readings))
        at -= timedelta(hours=1)


def updated_since(literal: str, restriction: str | None, order: str | None = None, before: str | None = None) -> str:
    """JQL for all issues updated since, and before, within the operator's restriction."""
    upper = f"updated < {before}" if before else None
    query = " AND ".join(filter(None, (restriction, f"updated >= {literal}", upper)))
    return f"{query} ORDER BY {order}" if order else query
