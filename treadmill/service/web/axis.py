"""Moments as places on a line of time."""

from dataclasses import dataclass
from datetime import datetime

Span = tuple[float, float, int]
"""(begin, end, tickets) of an episode; 0 is where the line begins, 1 where it ends."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A line of time."""

    begin: datetime
    end: datetime

    def place(self, at: datetime) -> float:
        """Where a moment lies, from 0 to 1."""
        whole = (self.end - self.begin).total_seconds()
        return min(1.0, max(0.0, (at - self.begin).total_seconds() / whole)) if whole > 0 else 0.0

    def span(self, begin: str, end: str | None, tickets: int) -> Span:
        """Where an episode lies; one that is under way ends where the line does."""
        until = self.end if end is None else datetime.fromisoformat(end)
        return self.place(datetime.fromisoformat(begin)), self.place(until), tickets
