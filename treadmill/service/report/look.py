"""A look at one scope of what was analysed."""

from dataclasses import dataclass
from datetime import date, datetime

from treadmill.service.analysis.calendar import midnight, mondays, period
from treadmill.service.analysis.evidence import Money
from treadmill.service.analysis.trend import WEEKS
from treadmill.service.pipeline.frame import Frame
from treadmill.service.store.database import Database
from treadmill.service.store.looking import Span
from treadmill.service.store.scopes import Scope

WEEKS_OF_A_REPORT = 13


@dataclass(frozen=True, slots=True)
class Look:
    """One scope, as of one moment. `tickets` holds the sources, `results` what was analysed: often the same.

    `number` is that of the analysis in the store; 0 where it does not matter which one it is.
    """

    tickets: Database
    results: Database
    frame: Frame
    scope: Scope
    money: Money | None = None
    number: int = 0

    @property
    def weeks(self) -> list[date]:
        """The first days of the closed weeks over which trends are looked at, the oldest first."""
        return mondays(self.frame.as_of, WEEKS, self.frame.zone)

    @property
    def reported(self) -> list[date]:
        """The first days of the weeks of the report's period, the oldest first."""
        return self.weeks[-WEEKS_OF_A_REPORT:]

    @property
    def begin(self) -> datetime:
        """Where the report's period begins."""
        return midnight(self.reported[0], self.frame.zone)

    @property
    def end(self) -> datetime:
        """Where the report's period ends."""
        return period(self.reported[-1], "week", self.frame.zone).end

    @property
    def span(self) -> Span:
        """The report's period in seconds since 1970."""
        return Span(int(self.begin.timestamp()), int(self.end.timestamp()))
