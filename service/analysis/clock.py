"""The fixed clock of an analysis, with the business hours that it counts in."""

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Weekly business hours: spans of (weekday, from, to) in local time, Monday is 0."""

    spans: tuple[tuple[int, time, time], ...]
    zone: ZoneInfo

    def contains(self, at: datetime) -> bool:
        """Return whether an instant falls into business hours."""
        local = at.astimezone(self.zone)
        return any(day == local.weekday() and begin <= local.time() < end for day, begin, end in self.spans)


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
