"""A snapshot: one scope of the analysis as of one moment, over one period."""

from dataclasses import dataclass
from datetime import date, datetime

from service.analysis.calendar import midnight, mondays, period
from service.analysis.clock import FixedClock
from service.analysis.evidence import Money
from service.analysis.tally import REOPEN_WINDOW
from service.analysis.trend import WEEKS
from service.analysis.weeks import Weeks
from service.store.database import Database
from service.store.queries.scopes import Scope, Span

VERDICT_WEEKS = Weeks()
"""The period of the verdict: the last 13 closed weeks."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One scope as of one moment, over one period.

    `tickets` is the database of the sources, `results` that of the analysis: the same one except for a report on the
    past. `number` identifies the analysis in the store; it is 0 where the snapshot is not cached by it.
    """

    tickets: Database
    results: Database
    clock: FixedClock
    scope: Scope
    money: Money | None = None
    number: int = 0
    period: Weeks = VERDICT_WEEKS

    @property
    def trend_weeks(self) -> list[date]:
        """The Mondays of the 26 closed weeks that trends are computed over, the oldest first."""
        return mondays(self.clock.as_of, WEEKS, self.clock.zone)

    @property
    def period_weeks(self) -> list[date]:
        """The Mondays of the weeks of the period, the oldest first."""
        return self.period.mondays(self.clock.as_of, self.clock.zone)

    @property
    def ends_with_newest_week(self) -> bool:
        """True if the period ends with the newest closed week, as trends do."""
        return self.period_weeks[-1] == self.trend_weeks[-1]

    @property
    def is_verdict_period(self) -> bool:
        """True if the period is the one that the verdict is about."""
        return self.period_weeks == VERDICT_WEEKS.mondays(self.clock.as_of, self.clock.zone)

    @property
    def chart_weeks(self) -> list[date]:
        """The Mondays of the weeks that charts show: those of the trend beside a verdict, else those of the period."""
        return self.trend_weeks if self.is_verdict_period else self.period_weeks

    @property
    def begin(self) -> datetime:
        """The first instant of the period."""
        return midnight(self.period_weeks[0], self.clock.zone)

    @property
    def end(self) -> datetime:
        """The instant after the period."""
        return period(self.period_weeks[-1], "week", self.clock.zone).end

    @property
    def span(self) -> Span:
        """The period in seconds since 1970."""
        return Span(int(self.begin.timestamp()), int(self.end.timestamp()))

    @property
    def ripe_span(self) -> Span:
        """The weeks of the period that the reopen rate counts; empty where none is old enough."""
        # A ticket can be reopened for 30 days: a younger week would look better than it will turn out.
        zone, as_of = self.clock.zone, self.clock.as_of
        ripe = [end for week in self.period_weeks if (end := period(week, "week", zone).end) + REOPEN_WINDOW <= as_of]
        return Span(self.span.begin, int(ripe[-1].timestamp()) if ripe else self.span.begin)
