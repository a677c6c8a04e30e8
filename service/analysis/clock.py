"""The fixed clock of an analysis, with the business hours that it counts in."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Weekly business hours: spans of (weekday, from, to) in local time, Monday is 0."""

    spans: tuple[tuple[int, time, time], ...]
    zone: ZoneInfo

    def contains(self, at: datetime) -> bool:
        """Return whether an instant falls into business hours."""
        local = at.astimezone(self.zone)
        return any(day == local.weekday() and begin <= local.time() < end for day, begin, end in self.spans)

    def hours(self, begin: datetime, end: datetime, *, day_limit: float, limit: float) -> float:
        """Return the business hours between two instants, at most `day_limit` a local day, up to `limit`."""
        total = 0.0
        day = begin.astimezone(self.zone).date()
        last = end.astimezone(self.zone).date()
        # A ticket may be active for years: counting ends as soon as the limit is reached.
        while day <= last and total < limit:
            worked = sum(
                _overlap(begin, end, datetime.combine(day, opens, self.zone), datetime.combine(day, closes, self.zone))
                for weekday, opens, closes in self.spans
                if weekday == day.weekday()
            )
            total += min(worked, day_limit)
            day += timedelta(days=1)
        return min(total, limit)


@dataclass(frozen=True, slots=True)
class FixedClock:
    """The moment as of which an analysis runs, the zone in which days are cut, and the business hours."""

    as_of: datetime
    zone: ZoneInfo
    hours: BusinessCalendar

    @property
    def as_of_s(self) -> int:
        """The moment in whole seconds since 1970."""
        return int(self.as_of.timestamp())


def _overlap(begin: datetime, end: datetime, opens: datetime, closes: datetime) -> float:
    """Return the hours that two spans share."""
    # In UTC, so that the hour that a change of the clock adds or drops is counted as it passes.
    first = max(begin, opens.astimezone(UTC))
    last = min(end, closes.astimezone(UTC))
    return max(0.0, (last - first) / HOUR)
