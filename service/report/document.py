"""The report on one scope, built from its evidence."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from service.analysis.controls import net_of
from service.analysis.drivers import failure_cycles
from service.analysis.evidence import CycleFact, FixFact, LoopFact, ScopeEvidence
from service.analysis.findings import collect_findings
from service.analysis.formatting import HOUR
from service.analysis.money import cycle_money
from service.analysis.questions import answer_questions
from service.analysis.recognition import Recognition
from service.analysis.survival import LEAST_SPELLS, Peace
from service.analysis.verdict import reach_verdict
from service.report.cycles import instant
from service.report.evidence import ReportEvidence, collect
from service.report.sections.base import ReportPeriod
from service.report.sections.cycles import (
    CycleFix,
    CycleSummary,
    EpisodeSpan,
    QuietTimes,
    ReportedCycle,
    Timelines,
)
from service.report.sections.groups import LoopResult, LoopResults
from service.report.sections.metrics import MetricResult
from service.report.sections.report import SCHEMA, Report, ReportedSource
from service.report.serialization import field_values
from service.store.queries.snapshot import Snapshot
from service.store.results.families import Episode
from service.store.tickets.sources import SourceState

TIMELINES = 10
"""The number of cycles with most repeats whose episodes the report shows."""
UNKNOWN_LOOP = LoopResult(tickets=None, n=None, share=None, hours=None, hours_unknown=None, ticket_ids=())


def report(snapshot: Snapshot) -> Report:
    """Return the report on a scope over the 13 closed weeks of the verdict; the same store gives the same report."""
    return build_report(snapshot, collect(snapshot))


def build_report(snapshot: Snapshot, collected: ReportEvidence) -> Report:
    """Return the report that evidence leads to."""
    evidence = collected.evidence
    return Report(
        schema=SCHEMA,
        as_of=evidence.as_of,
        timezone=evidence.zone.key,
        scope=evidence.scope,
        period=ReportPeriod(snapshot.begin, snapshot.end),
        known_from=evidence.known_from,
        verdict=reach_verdict(collected.judged),
        questions=answer_questions(evidence),
        findings=collect_findings(evidence),
        metrics=metric_results(collected),
        cycles=reported_cycles(evidence),
        loops=loop_results(evidence),
        sources=reported_sources(collected),
        money=evidence.money,
        series=collected.series,
        timelines=timelines(collected.episodes, failure_cycles(evidence)[:TIMELINES]),
    )


def metric_results(collected: ReportEvidence) -> Mapping[str, MetricResult]:
    """Return the metrics of the period by id, with their trends and changes of level."""
    evidence = collected.evidence
    return {
        id_: MetricResult(
            value=metric.value,
            low=metric.low,
            high=metric.high,
            n=None if evidence.is_before_data else metric.n,
            unit=metric.unit,
            measurable=metric.measurable,
            why_not=metric.why_not,
            note=metric.note,
            undecided_low=metric.undecided_low,
            undecided_high=metric.undecided_high,
            trend=evidence.trends.get(id_),
            change_point=collected.level_changes.get(id_),
        )
        for id_, metric in evidence.metrics.items()
    }


def cycle_summaries(evidence: ScopeEvidence) -> list[CycleSummary]:
    """Return the cycles of a scope, those with most repeats in the period first, each with its fixes."""
    # Grouped once: going through all fixes for each cycle would be quadratic.
    fixes: dict[str, list[CycleFix]] = defaultdict(list)
    for fix in evidence.fixes:
        fixes[fix.cycle].append(_fix(fix))
    return [_summary(cycle, fixes[cycle.id], evidence) for cycle in evidence.cycles]


def reported_cycles(evidence: ScopeEvidence) -> tuple[ReportedCycle, ...]:
    """Return the cycles of a scope as a report has them, with the ids of all their tickets."""
    pairs = zip(cycle_summaries(evidence), evidence.cycles, strict=True)
    return tuple(ReportedCycle(**field_values(summary), ticket_ids=cycle.ticket_ids) for summary, cycle in pairs)


def _summary(cycle: CycleFact, fixes: Iterable[CycleFix], evidence: ScopeEvidence) -> CycleSummary:
    return CycleSummary(
        id=cycle.id,
        title=cycle.title,
        work=cycle.work,
        state=cycle.state,
        endless=cycle.endless,
        episodes=cycle.episodes,
        tickets=cycle.tickets,
        repeats=cycle.repeats,
        repeats_in_period=None if evidence.is_before_data else cycle.window_tickets,
        first_seen=cycle.first_seen,
        last_seen=cycle.last_seen,
        median_gap_days=cycle.median_gap_days,
        quiet=_quiet(cycle.peace),
        hours=cycle.seconds / HOUR,
        hours_logged_share=cycle.logged_seconds / cycle.seconds if cycle.seconds else None,
        repeat_hours_in_period=None if evidence.is_before_data else cycle.window_seconds / HOUR,
        money=cycle_money(cycle, evidence),
        teams=cycle.teams,
        people=cycle.people,
        absence_factor=cycle.absence_factor,
        fixes=tuple(fixes),
        pending_fixes=cycle.pending_fixes,
    )


def _fix(fix: FixFact) -> CycleFix:
    return CycleFix(
        ticket=fix.ticket,
        at=fix.resolved_at,
        outcome=fix.outcome,
        title=fix.title,
        episodes_before=fix.episodes_before,
        episodes_after=fix.episodes_after,
        ratio=fix.ratio,
        low=fix.low,
        high=fix.high,
        hours_put_in=fix.put_in / HOUR,
        hours_avoided=fix.avoided / HOUR,
        control=fix.control.share,
        control_n=fix.control.n,
        net=net_of(fix.outcome, fix.control),
        quiet_before=_quiet(fix.peace_before),
        quiet_after=_quiet(fix.peace_after),
    )


def _quiet(peace: Peace | None) -> QuietTimes | None:
    """Return how long a problem stays away, without shares and median where the times are too few for them."""
    if peace is None:
        return None
    times = peace.spells, peace.returns, peace.longest_days
    if peace.spells < LEAST_SPELLS:
        return QuietTimes(*times, None, None, None, ())
    return QuietTimes(*times, peace.median_days, peace.low_days, peace.high_days, peace.away)


def loop_results(evidence: ScopeEvidence) -> LoopResults:
    """Return the three loops; without numbers in a period before the data begin."""
    return LoopResults(
        **{loop.loop: UNKNOWN_LOOP if evidence.is_before_data else _loop(loop) for loop in evidence.loops}
    )


def _loop(loop: LoopFact) -> LoopResult:
    share = loop.tickets / loop.n if loop.n else None
    return LoopResult(loop.tickets, loop.n, share, loop.seconds / HOUR, loop.unknown, loop.ticket_ids)


def reported_sources(collected: ReportEvidence) -> tuple[ReportedSource, ...]:
    """Return the sources of the scope as they stand."""
    return tuple(
        _source(source, collected.with_teams, collected.recognition.get(source.id)) for source in collected.sources
    )


def _source(source: SourceState, with_teams: Sequence[str], recognition: Recognition | None) -> ReportedSource:
    return ReportedSource(
        name=source.name,
        connector=source.connector,
        tickets=source.tickets,
        deleted=source.deleted,
        last_sync=source.last_success_at,
        complete=source.complete,
        handoffs_between="teams" if source.name in with_teams else "assignees",
        gaps=source.gaps,
        visibility=recognition.visibility if recognition else None,
        recall=recognition.recall if recognition else None,
    )


def timelines(episodes: Mapping[str, Sequence[Episode]], cycles: Sequence[CycleFact]) -> Timelines:
    """Return the episodes of these cycles by the cycle's id."""
    ids = {cycle.id for cycle in cycles}
    return {id_: tuple(map(_span, episodes_of)) for id_, episodes_of in episodes.items() if id_ in ids}


def _span(episode: Episode) -> EpisodeSpan:
    return EpisodeSpan(instant(episode.start_s), instant(episode.last_s), episode.tickets, episode.seconds / HOUR)
