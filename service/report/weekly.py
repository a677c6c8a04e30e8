"""The weekly values of a scope: read once, for the metrics of the period, the trends and the charts."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from service.analysis.aftermath import Aftermath, aftermath_metric
from service.analysis.calendar import period
from service.analysis.catalogue import CATALOGUE
from service.analysis.clock import FixedClock
from service.analysis.clusters import FamilyWeeks
from service.analysis.comparison import credible_changes, credible_trends, is_comparable
from service.analysis.coverage import is_before
from service.analysis.formulas import compute_metrics, recurrence_gap, tickets_by_person, weekly_metrics
from service.analysis.hour_shares import CLUSTERED
from service.analysis.metric import Metric, PeriodSums, not_measurable
from service.analysis.recurrence import PartCount, recurrence_shares
from service.analysis.survival import Peace
from service.analysis.trend import WEEKS, ChangePoint, Trend, fit_trend, likeliest_change
from service.analysis.wording import before_data
from service.report.coverage import read_known_from
from service.report.sections.metrics import LevelChange, WeeklyLine, WeeklySeries
from service.store.queries import statistics
from service.store.queries.scopes import Span
from service.store.queries.snapshot import Snapshot
from service.store.results import cells
from service.store.results.cells import Sums
from service.store.tickets.sources import SourceState

CHARTED = ("repeat_hours_share", "reactive_hours_share", "repeat_share", "reactive_share")


@dataclass(frozen=True, slots=True)
class WeeklyResults:
    """The sums of every week of a scope, and the metrics of the weeks that trends and charts show.

    `known_from` is the instant from which all tickets are known; `metrics` begin with the first whole week after it.
    `families` are the tickets of the weeks of trends and of the period, by family; its weeks count from `first_week`.
    """

    clock: FixedClock
    known_from: datetime | None
    sums: Mapping[str, Sums]
    metrics: Mapping[date, Mapping[str, Metric]]
    families: FamilyWeeks
    first_week: date

    def families_of(self, weeks: Iterable[date]) -> FamilyWeeks:
        """Return the tickets of some weeks by family."""
        return _of_weeks(self.families, self.first_week, weeks)

    def excess(self, metric: str, weeks: Iterable[date]) -> float:
        """Return how much more a trend varies than one of independent weeks would, as far as families show it."""
        if metric not in CLUSTERED:
            return 1.0
        comparable = [week for week in weeks if self.is_comparable(metric, week)]
        return self.families_of(comparable).slope_excess(*CLUSTERED[metric])

    def period_sums(self, week: date) -> PeriodSums:
        """Return the sums of one week; they are empty where nothing was counted in it."""
        return period_sums(self.sums, week, self.clock)

    def backlog(self, week: date) -> int:
        """Return the number of tickets open at the end of a week."""
        return backlogs(self.sums, [week])[0]

    def values(self, metric: str, weeks: Sequence[date]) -> list[float | None]:
        """Return the values of a metric by week, None where a week does not compare with the others."""
        return [self.metrics[week][metric].value if self.is_comparable(metric, week) else None for week in weeks]

    def is_comparable(self, metric: str, week: date) -> bool:
        """Return whether a trend of a metric may hold a week."""
        clock = self.clock
        return week in self.metrics and is_comparable(metric, week, self.known_from, clock.as_of, clock.zone)


def read_weekly(connection: Connection, snapshot: Snapshot, states: Sequence[SourceState]) -> WeeklyResults:
    """Return the weekly results of the scope of a snapshot, of the weeks of its trends, its charts and its period."""
    shown = {*snapshot.chart_weeks, *(snapshot.trend_weeks if snapshot.ends_with_newest_week else ())}
    return read_weeks(connection, snapshot, states, sorted(shown), sorted({*shown, *snapshot.period_weeks}))


def read_weeks(
    connection: Connection,
    snapshot: Snapshot,
    states: Sequence[SourceState],
    weeks: Sequence[date],
    by_family: Sequence[date] = (),
) -> WeeklyResults:
    """Return the results of one closed week or more, with tickets by family of these, or of the weeks `by_family`.

    Without the latter no interval of a week clusters by family: trends do not ask for it, and it takes most time.
    """
    sums = cells.weekly_sums_of(connection, snapshot.scope.dimension, snapshot.scope.value)
    known_from = read_known_from(connection, snapshot, states) if sums else None
    # A week before the first ticket is unknown. Taken for one of zeros it would bend every trend.
    whole = [week for week in weeks if known_from and period(week, "week", snapshot.clock.zone).begin >= known_from]
    by_week = [period_sums(sums, week, snapshot.clock) for week in whole]
    read = by_family or weeks
    zone, first, last = snapshot.clock.zone, read[0], read[-1]
    families = statistics.family_weeks(connection, snapshot.scope, _span_of(first, last, zone))
    families_of = [_of_weeks(families, first, [week]) for week in whole] if by_family else None
    metrics = weekly_metrics(by_week, backlogs(sums, whole), snapshot.clock.as_of, families_of)
    by_date = dict(zip(whole, metrics, strict=True))
    return WeeklyResults(snapshot.clock, known_from, sums, by_date, families, first)


def _span_of(first_week: date, last_week: date, zone: ZoneInfo) -> Span:
    begin, end = period(first_week, "week", zone).begin, period(last_week, "week", zone).end
    return Span(int(begin.timestamp()), int(end.timestamp()))


def _of_weeks(families: FamilyWeeks, first_week: date, weeks: Iterable[date]) -> FamilyWeeks:
    return families.within([(week - first_week).days // 7 for week in weeks])


def period_sums(sums: Mapping[str, Sums], week: date, clock: FixedClock) -> PeriodSums:
    """Return the sums of one week; they are empty where nothing was counted in it."""
    span = period(week, "week", clock.zone)
    return PeriodSums(span.begin, span.end, sums.get(week.isoformat(), {}))


def resolved_by_person(sums: Mapping[str, Sums], weeks: Iterable[date]) -> dict[str, int]:
    """Return the number of reactive tickets that each person resolved in these weeks."""
    total: Counter[str] = Counter()
    for week in weeks:
        total.update(tickets_by_person(sums.get(week.isoformat(), {})))
    return dict(total)


def backlogs(sums: Mapping[str, Sums], weeks: Sequence[date]) -> list[int]:
    """Return the number of tickets open at the end of each week: all that opened until then, less all that left."""
    # Over all weeks until then: weeks without a change are not stored, and none stores the backlog before it.
    growth = {start: measures.get("opened", 0) - measures.get("left", 0) for start, measures in sums.items()}
    return [sum(more for start, more in growth.items() if start <= week.isoformat()) for week in weeks]


def trends(weekly: WeeklyResults, snapshot: Snapshot) -> dict[str, Trend | None]:
    """Return the trends of all metrics; empty where the period does not end with the newest week, as trends do."""
    return tested_trends(weekly, snapshot.trend_weeks) if snapshot.ends_with_newest_week else {}


def level_changes(weekly: WeeklyResults, snapshot: Snapshot) -> dict[str, LevelChange]:
    """Return the change of level of every metric in whose weekly values there is a credible one."""
    if not snapshot.ends_with_newest_week:
        return {}
    weeks = snapshot.trend_weeks
    return {
        metric: LevelChange(weeks[change.index], change.before, change.after, change.p)
        for metric, change in tested_changes(weekly, weeks).items()
    }


def tested_trends(weekly: WeeklyResults, weeks: Sequence[date]) -> dict[str, Trend | None]:
    """Return the trends of all metrics over the last 26 of these weeks, held to few false directions together."""
    last, ids = weeks[-WEEKS:], [metric.id for metric in CATALOGUE]
    return credible_trends({id_: fit_trend(weekly.values(id_, last), weekly.excess(id_, last)) for id_ in ids})


def tested_changes(weekly: WeeklyResults, weeks: Sequence[date]) -> dict[str, ChangePoint]:
    """Return the changes of level within the last 26 of these weeks, held to few false ones together."""
    last, ids = weeks[-WEEKS:], [metric.id for metric in CATALOGUE]
    changes = {id_: likeliest_change(weekly.values(id_, last), weekly.excess(id_, last)) for id_ in ids}
    skipped = len(weeks) - len(last)
    return {id_: replace(change, index=skipped + change.index) for id_, change in credible_changes(changes).items()}


def period_metrics(
    weekly: WeeklyResults,
    weeks: Sequence[date],
    peace: Peace | None,
    counts: Mapping[str, PartCount],
    aftermath: Aftermath,
) -> list[Metric]:
    """Return the metrics of a period of these weeks; `peace` is that after the returns of its problems.

    `counts` are those of the shares that no sum of weeks holds, `aftermath` is that of its changes.

    None is measurable in a period before the data begin: not known is not the same as none.
    """
    if is_before(weekly.period_sums(weeks[-1]).end, weekly.known_from):
        why = before_data(weekly.known_from, weekly.clock.zone)
        return [not_measurable(definition.id, why) for definition in CATALOGUE]
    metrics = compute_metrics(
        [weekly.period_sums(week) for week in weeks],
        resolved_by_person(weekly.sums, weeks),
        weekly.backlog(weeks[-1]),
        weekly.clock.as_of,
        weekly.families_of(weeks),
    )
    whole = {
        metric.id: metric for metric in (recurrence_gap(peace), *recurrence_shares(counts), aftermath_metric(aftermath))
    }
    return [whole.get(metric.id, metric) for metric in metrics]


def chart_series(weekly: WeeklyResults, weeks: Sequence[date]) -> WeeklySeries:
    """Return the lines of the charts over these weeks."""
    changes = tested_changes(weekly, weeks)
    return WeeklySeries(tuple(weeks), {metric: _line(weekly, metric, weeks, changes.get(metric)) for metric in CHARTED})


def _line(weekly: WeeklyResults, metric: str, weeks: Sequence[date], change: ChangePoint | None) -> WeeklyLine:
    metrics = [weekly.metrics.get(week, {}).get(metric) for week in weeks]
    values = tuple(each.value if each else None for each in metrics)
    low = tuple(each.low if each else None for each in metrics)
    high = tuple(each.high if each else None for each in metrics)
    comparable = tuple(weekly.is_comparable(metric, week) for week in weeks)
    return WeeklyLine(values, low, high, (change,) if change else (), comparable)
