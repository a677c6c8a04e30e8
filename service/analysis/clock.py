"""The fixed clock of an analysis."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from service.analysis.business_hours import BusinessCalendar


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
