"""Calendar: days, ISO weeks and months, cut in a time zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

Grain = Literal["day", "week", "month"]
GRAINS: tuple[Grain, ...] = ("day", "week", "month")
FIRST_MONDAY = date(1969, 12, 29)
"""The Monday of week 0: weeks are numbered where their number is to be calculated with."""


@dataclass(frozen=True, slots=True)
class Period:
    """A span from `begin` up to, and without, `end`, both in UTC."""

    begin: datetime
    end: datetime

    def __contains__(self, at: datetime | None) -> bool:
        return at is not None and self.begin <= at < self.end


def local_date(at: datetime, zone: ZoneInfo) -> date:
    """Return the local day on which an instant falls."""
    return at.astimezone(zone).date()


def first_day(day: date, grain: Grain) -> date:
    """Return the first day of the day, ISO week or month that contains a day."""
    if grain == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if grain == "month" else day


def following(first: date, grain: Grain) -> date:
    """Return the first day of the next day, week or month, given the first day of one."""
    if grain == "month":
        # From the first of a month, 31 days on always lie in the next one.
        return (first + timedelta(days=31)).replace(day=1)
    return first + timedelta(days=7 if grain == "week" else 1)


def period(first: date, grain: Grain, zone: ZoneInfo) -> Period:
    """Return the day, week or month that begins with a day, as instants in UTC."""
    # Both ends are local midnights, so a day of a clock change has 23 or 25 hours.
    return Period(midnight(first, zone), midnight(following(first, grain), zone))


def is_closed(span: Period, as_of: datetime) -> bool:
    """Return whether a period had ended by `as_of`."""
    return span.end <= as_of


def closed_weeks(as_of: datetime, weeks: int, zone: ZoneInfo) -> Period:
    """Return the last `weeks` ISO weeks that had ended by `as_of`, as one period in UTC."""
    monday = first_day(local_date(as_of, zone), "week")
    return Period(midnight(monday - timedelta(weeks=weeks), zone), midnight(monday, zone))


def mondays(as_of: datetime, weeks: int, zone: ZoneInfo) -> list[date]:
    """Return the first days of the last `weeks` ISO weeks that had ended by `as_of`, the oldest first."""
    monday = first_day(local_date(as_of, zone), "week")
    return [monday - timedelta(weeks=back) for back in range(weeks, 0, -1)]


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant, in UTC, at which a local day begins."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def week_number(day: date) -> int:
    """Return the number of the ISO week that contains a local day."""
    return (day - FIRST_MONDAY).days // 7


@lru_cache(maxsize=20_000)
def week_begin(number: int, zone: ZoneInfo) -> int:
    """Return the second since 1970 at which a week begins in a zone."""
    return int(midnight(FIRST_MONDAY + timedelta(weeks=number), zone).timestamp())
