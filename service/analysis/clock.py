"""How an analysis looks at the tickets: its clock, its zone, its hours."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from service.analysis.business_hours import BusinessHours


@dataclass(frozen=True, slots=True)
class FixedClock:
    """The moment from which an analysis looks, the zone in which days are cut, and the business hours."""

    as_of: datetime
    zone: ZoneInfo
    hours: BusinessHours

    @property
    def as_of_s(self) -> int:
        """The moment in seconds since 1970."""
        return int(self.as_of.timestamp())
