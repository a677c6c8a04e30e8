"""Days, ISO weeks and months, cut in a time zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Grain = Literal["day", "week", "month"]
GRAINS: tuple[Grain, ...] = ("day", "week", "month")


@dataclass(frozen=True, slots=True)
class Period:
    """From `begin` up to, and without, `end`, both in UTC."""

    begin: datetime
    end: datetime

    def __contains__(self, at: datetime | None) -> bool:
        return at is not None and self.begin <= at < self.end


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """The local day on which an instant falls."""
    return at.astimezone(zone).date()


def first_day(day: date, grain: Grain) -> date:
    """The first day of the day, ISO week or month that holds this day."""
    if grain == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if grain == "month" else day


def following(first: date, grain: Grain) -> date:
    """The first day of the next day, week or month, given the first day of one."""
    if grain == "month":
        return (first + timedelta(days=31)).replace(day=1)
    return first + timedelta(days=7 if grain == "week" else 1)


def period(first: date, grain: Grain, zone: ZoneInfo) -> Period:
    """The day, week or month that begins with this day, as instants in UTC; a change of the clock moves its length."""
    return Period(midnight(first, zone), midnight(following(first, grain), zone))


def is_closed(span: Period, as_of: datetime) -> bool:
    """Whether a period had ended by `as_of`; the current one is unfinished."""
    return span.end <= as_of


def closed_weeks(as_of: datetime, weeks: int, zone: ZoneInfo) -> Period:
    """The last `weeks` ISO weeks that had ended by `as_of`, as one period in UTC."""
    monday = first_day(day_of(as_of, zone), "week")
    return Period(midnight(monday - timedelta(weeks=weeks), zone), midnight(monday, zone))


def mondays(as_of: datetime, weeks: int, zone: ZoneInfo) -> list[date]:
    """The first days of the last `weeks` ISO weeks that had ended by `as_of`, the oldest first."""
    monday = first_day(day_of(as_of, zone), "week")
    return [monday - timedelta(weeks=back) for back in range(weeks, 0, -1)]


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which a local day begins."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)
