"""The closed weeks of a report."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from service.analysis.calendar import first_day, local_date

DEFAULT_WEEKS = 13
MOST_WEEKS = 104
EARLIEST, LATEST = date(1980, 1, 1), date(2200, 1, 1)
WEEK = timedelta(weeks=1)


class PeriodError(ValueError):
    """A period that cannot be shown."""


@dataclass(frozen=True, slots=True)
class Weeks:
    """A number of closed weeks; the last one ended on or before the day `until`, or is the newest without one."""

    count: int = DEFAULT_WEEKS
    until: date | None = None

    def mondays(self, as_of: datetime, zone: ZoneInfo) -> list[date]:
        """Return their first days, the oldest first, among the weeks that had ended by `as_of`."""
        end = first_day(local_date(as_of, zone), "week")
        if self.until is not None:
            end = min(end, first_day(self.until + timedelta(days=1), "week"))
        return [end - back * WEEK for back in range(self.count, 0, -1)]


def parse_day(text: str) -> date | None:
    """Return the day of an ISO date; None where there is no such day, or none from EARLIEST to LATEST."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if EARLIEST <= day < LATEST else None


def parse_weeks(count: str | None, until: str | None) -> Weeks:
    """Return the weeks given by two texts; an empty one stands for the default. Raises PeriodError."""
    return Weeks(_count(count) if count else DEFAULT_WEEKS, _last_day(until) if until else None)


def _count(text: str) -> int:
    # ASCII digits only, and few: int() accepts other scripts, and would take seconds on a text of a million digits.
    weeks = int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(MOST_WEEKS)) else 0
    if not 1 <= weeks <= MOST_WEEKS:
        raise PeriodError(f"'{text}' is not a number of weeks: weeks must be a whole number from 1 to {MOST_WEEKS}")
    return weeks


def _last_day(text: str) -> date:
    day = parse_day(text)
    if day is None:
        raise PeriodError(f"'{text}' is not a day on which a period can end: until must be a day such as 2026-03-29")
    return day
