"""A look at one scope of what was analysed."""

from dataclasses import dataclass
from datetime import date, datetime

from service.analysis.calendar import midnight, mondays, period
from service.analysis.clock import Frame
from service.analysis.evidence import Money
from service.analysis.tally import REOPEN_WINDOW
from service.analysis.trend import WEEKS
from service.analysis.weeks import Weeks
from service.store.database import Database
from service.store.queries.scopes import Scope
from service.store.queries.statistics import Span

JUDGED = Weeks()
"""The weeks that the verdict is about."""


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
    period: Weeks = JUDGED

    @property
    def weeks(self) -> list[date]:
        """The first days of the closed weeks over which trends are looked at, the oldest first."""
        return mondays(self.frame.as_of, WEEKS, self.frame.zone)

    @property
    def reported(self) -> list[date]:
        """The first days of the weeks of the report's period, the oldest first."""
        return self.period.mondays(self.frame.as_of, self.frame.zone)

    @property
    def is_newest(self) -> bool:
        """Whether the report's period ends with the newest closed week, as trends do."""
        return self.reported[-1] == self.weeks[-1]

    @property
    def is_judged(self) -> bool:
        """Whether the report's period is the one that the verdict is about."""
        return self.reported == JUDGED.mondays(self.frame.as_of, self.frame.zone)

    @property
    def drawn(self) -> list[date]:
        """The first days of the weeks that a chart shows: those of trends beside the verdict, else the period's."""
        return self.weeks if self.is_judged else self.reported

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

    @property
    def ripe(self) -> Span:
        """Those of the period's weeks that ended so long ago that a reopen rate counts them; it may be empty."""
        zone, as_of = self.frame.zone, self.frame.as_of
        over = [end for week in self.reported if (end := period(week, "week", zone).end) + REOPEN_WINDOW <= as_of]
        return Span(self.span.begin, int(over[-1].timestamp()) if over else self.span.begin)
