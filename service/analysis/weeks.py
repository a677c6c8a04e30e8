"""Which closed weeks a report is of."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from service.analysis.calendar import day_of, first_day

DEFAULT_WEEKS = 13
MOST_WEEKS = 104
EARLIEST, LATEST = date(1980, 1, 1), date(2200, 1, 1)
WEEK = timedelta(weeks=1)


class PeriodError(ValueError):
    """A period that means nothing."""


@dataclass(frozen=True, slots=True)
class Weeks:
    """So many closed weeks. The last one ended on or before the day `until`; without a day it is the newest."""

    count: int = DEFAULT_WEEKS
    until: date | None = None

    def mondays(self, as_of: datetime, zone: ZoneInfo) -> list[date]:
        """Their first days, the oldest first, among the weeks that had ended by `as_of`."""
        end = first_day(day_of(as_of, zone), "week")
        if self.until is not None:
            end = min(end, first_day(self.until + timedelta(days=1), "week"))
        return [end - back * WEEK for back in range(self.count, 0, -1)]


def parse_weeks(count: str | None, until: str | None) -> Weeks:
    """The weeks that two texts mean; nothing stands for the usual ones. Raises PeriodError."""
    return Weeks(_count(count) if count else DEFAULT_WEEKS, _day(until) if until else None)


def _count(text: str) -> int:
    found = int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(MOST_WEEKS)) else 0
    if not 1 <= found <= MOST_WEEKS:
        raise PeriodError(f"'{text}' weeks cannot be shown: weeks is a whole number from 1 to {MOST_WEEKS}")
    return found


def _day(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.min
    if not EARLIEST <= found < LATEST:
        raise PeriodError(f"'{text}' is no day on which a period can end: until is a day such as 2026-03-29")
    return found
