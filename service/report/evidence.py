"""Reads the evidence of a report from the store: everything once, from one state of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection

from service.analysis.aftermath import Aftermath, Bounds, measure_aftermath
from service.analysis.calendar import Period
from service.analysis.evidence import ScopeEvidence, SourceFact
from service.analysis.formulas import compute_metrics
from service.analysis.metric import sum_periods
from service.analysis.recognition import Recognition
from service.analysis.sufficiency import LEAST_FAILURES, failure_tickets
from service.analysis.survival import estimate_peace
from service.analysis.weeks import Weeks
from service.report.coverage import scope_sources
from service.report.cycles import read_cycles
from service.report.groups import read_loops, read_services, read_teams
from service.report.recognition import read_recognition
from service.report.sections.metrics import LevelChange, WeeklySeries
from service.report.weekly import (
    WeeklyResults,
    chart_series,
    level_changes,
    period_metrics,
    read_weekly,
    trends,
)
from service.store.queries import spells, statistics
from service.store.queries.aftermath import service_courses
from service.store.queries.recurrence import count_recurrence
from service.store.queries.scopes import Scope
from service.store.queries.snapshot import Snapshot
from service.store.results import cells, state
from service.store.results.families import Episode
from service.store.tickets.sources import SourceState
from service.store.tickets.vocabulary import unknown_tickets

WIDER_WEEKS = 26
"""The weeks of a verdict where 13 hold too few failures for one."""


@dataclass(frozen=True, slots=True)
class ReportEvidence:
    """All that the sections of a report are built from, for one scope.

    `judged` is the evidence over the weeks of the verdict: `evidence` itself, or that of 26 weeks where 13 hold too few
    failures. `before` is that of the 13 weeks before, as far as repeats and their money go; None beside another period
    than that of the verdict, and where the look-back of those weeks reaches before the data. `episodes` are by the id
    of the cycle, `resolved_by_person` by service; `with_teams` are the sources whose tickets have teams, `recognition`
    is by the id of the source.
    """

    evidence: ScopeEvidence
    judged: ScopeEvidence
    before: ScopeEvidence | None
    level_changes: Mapping[str, LevelChange]
    series: WeeklySeries
    episodes: Mapping[str, Sequence[Episode]]
    resolved_by_person: Mapping[str, Mapping[str, int]]
    sources: Sequence[SourceState]
    with_teams: Sequence[str]
    recognition: Mapping[int, Recognition]


def collect(snapshot: Snapshot) -> ReportEvidence:
    """Return the evidence on the scope of a snapshot, as of its moment."""
    # One state: numbers from before and after an analysis would contradict.
    with snapshot.results.consistent_reads(), snapshot.results.read() as connection:
        return _collected(connection, snapshot, scope_sources(snapshot))


def _collected(connection: Connection, snapshot: Snapshot, states: Sequence[SourceState]) -> ReportEvidence:
    weekly = read_weekly(connection, snapshot, states)
    scope_cycles = read_cycles(connection, snapshot)
    scope_services = read_services(connection, snapshot)
    peace = estimate_peace(spells.after_returns(connection, snapshot.scope, snapshot.span))
    counts, aftermath = count_recurrence(connection, snapshot), _aftermath(connection, snapshot, weekly)
    metrics = period_metrics(weekly, snapshot.period_weeks, peace, counts, aftermath)
    recognition = read_recognition(connection, snapshot)
    evidence = ScopeEvidence(
        scope=str(snapshot.scope),
        as_of=snapshot.clock.as_of,
        zone=snapshot.clock.zone,
        period=Period(snapshot.begin, snapshot.end),
        known_from=weekly.known_from,
        sums=sum_periods([weekly.period_sums(week) for week in snapshot.period_weeks]),
        metrics={metric.id: metric for metric in metrics},
        trends=trends(weekly, snapshot),
        sources=_sources(snapshot, states),
        cycles=tuple(scope_cycles.cycles),
        fixes=tuple(scope_cycles.fixes),
        teams=read_teams(connection, snapshot, scope_cycles.cycles),
        services=scope_services.services,
        loops=read_loops(connection, snapshot),
        misfiled_ids=statistics.misfiled_ids(connection, snapshot.scope, snapshot.span),
        peace=peace,
        money=snapshot.money,
        recognition=recognition.whole,
        opened_in_all=_opened_in_all(connection, snapshot, snapshot.period_weeks),
        aftermath=aftermath,
    )
    return ReportEvidence(
        evidence,
        _judged(connection, snapshot, weekly, evidence),
        _before(connection, snapshot, weekly, evidence),
        level_changes(weekly, snapshot),
        chart_series(weekly, snapshot.chart_weeks),
        scope_cycles.episodes,
        scope_services.resolved_by_person,
        states,
        state.load(connection).with_teams,
        recognition.by_source,
    )


def _judged(
    connection: Connection, snapshot: Snapshot, weekly: WeeklyResults, evidence: ScopeEvidence
) -> ScopeEvidence:
    """Return the evidence over 26 weeks where only these hold enough failures, else that of the period."""
    wider = replace(snapshot, period=Weeks(WIDER_WEEKS))
    sums = sum_periods([weekly.period_sums(week) for week in wider.period_weeks])
    is_narrow = snapshot.is_verdict_period and failure_tickets(evidence.sums) < LEAST_FAILURES
    if not is_narrow or failure_tickets(sums) < LEAST_FAILURES:
        return evidence
    scope_cycles, counts = read_cycles(connection, wider), count_recurrence(connection, wider)
    peace = estimate_peace(spells.after_returns(connection, wider.scope, wider.span))
    aftermath = _aftermath(connection, wider, weekly)
    metrics = period_metrics(weekly, wider.period_weeks, peace, counts, aftermath)
    return replace(
        evidence,
        period=Period(wider.begin, wider.end),
        sums=sums,
        metrics={metric.id: metric for metric in metrics},
        cycles=tuple(scope_cycles.cycles),
        teams=read_teams(connection, wider, scope_cycles.cycles),
        loops=read_loops(connection, wider),
        peace=peace,
        recognition=read_recognition(connection, wider).whole,
        opened_in_all=_opened_in_all(connection, wider, wider.period_weeks),
        aftermath=aftermath,
    )


def _before(
    connection: Connection, snapshot: Snapshot, weekly: WeeklyResults, evidence: ScopeEvidence
) -> ScopeEvidence | None:
    """Return the evidence over the weeks before the period, if all that repeats rest on is known of them."""
    # The weeks of trends, which are read anyway, end with those of the verdict.
    weeks = [week for week in snapshot.trend_weeks if week not in snapshot.period_weeks]
    if not snapshot.is_verdict_period or not all(weekly.is_comparable("repeat_share", week) for week in weeks):
        return None
    sums = [weekly.period_sums(week) for week in weeks]
    metrics = compute_metrics(sums, {}, weekly.backlog(weeks[-1]), evidence.as_of, weekly.families_of(weeks))
    return replace(
        evidence,
        period=Period(sums[0].begin, sums[-1].end),
        sums=sum_periods(sums),
        metrics={metric.id: metric for metric in metrics},
        trends={},
        opened_in_all=_opened_in_all(connection, snapshot, weeks),
    )


def _aftermath(connection: Connection, snapshot: Snapshot, weekly: WeeklyResults) -> Aftermath:
    """Return the aftermath of the changes of the period, compared with weeks of which all tickets are known."""
    as_of = snapshot.clock.as_of
    covered = Bounds(int((weekly.known_from or as_of).timestamp()), int(as_of.timestamp()))
    span = Bounds(snapshot.span.begin, snapshot.span.end)
    return measure_aftermath(service_courses(connection, snapshot), span, covered)


def _opened_in_all(connection: Connection, snapshot: Snapshot, weeks: Sequence[date]) -> int | None:
    """Return the tickets opened in these weeks whatever their scope; None where the scope is all."""
    if snapshot.scope == Scope():
        return None
    sums = cells.weekly_sums_of(connection, Scope().dimension, Scope().value)
    return sum(sums.get(week.isoformat(), {}).get("opened", 0) for week in weeks)


def _sources(snapshot: Snapshot, states: Sequence[SourceState]) -> tuple[SourceFact, ...]:
    unknown = unknown_tickets(snapshot.tickets)
    return tuple(_source(state, unknown.get(state.id, 0)) for state in states)


def _source(source: SourceState, unknown: int) -> SourceFact:
    return SourceFact(
        name=source.name,
        complete=source.complete,
        tickets=source.tickets,
        # A gap may be negative, where more tickets are in the store than the source counts; that adds none elsewhere.
        lacking=sum(max(0, gap.count) for gap in source.gaps),
        gaps=tuple(gap.text for gap in source.gaps),
        unknown_share=unknown / source.tickets if source.tickets else None,
        pulled_at=source.last_success_at,
    )
