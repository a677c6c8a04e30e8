"""The sections that pages and the API read, so that none of them reads more than it shows."""

from collections.abc import Sequence

from service.analysis.drivers import failure_cycles
from service.analysis.evidence import ScopeEvidence, ServiceFact, TeamFact
from service.analysis.formatting import HOUR
from service.analysis.interval import wilson
from service.analysis.money import repeat_money, team_money
from service.analysis.steps import next_step
from service.analysis.sufficiency import failure_tickets
from service.report.document import (
    build_report,
    cycle_summaries,
    loop_results,
    metric_results,
    reported_sources,
    timelines,
)
from service.report.evidence import ReportEvidence, collect
from service.report.sections.base import ReportPeriod
from service.report.sections.cycles import CyclesSection, ListedCycle
from service.report.sections.groups import (
    GroupsSection,
    HandoffFlow,
    LoopsSection,
    ServiceResult,
    Share,
    TeamResult,
)
from service.report.sections.report import Overview, QuarterBefore, Report
from service.report.serialization import Section, field_values
from service.store.queries import export, ticket_lists
from service.store.queries.snapshot import Snapshot

COSTLIEST = 3
REQUESTS = 5
FLOWS = 400
"""Enough for twenty teams that all hand over to each other; the page shows twelve."""
PEOPLE_SHOWN = 8


def build_sections(snapshot: Snapshot) -> list[Section]:
    """Return all sections of a snapshot, from evidence that is read and judged once for all of them.

    The report is one of them over the weeks of the verdict only.
    """
    with snapshot.results.consistent_reads():
        return _sections(snapshot, collect(snapshot))


def _sections(snapshot: Snapshot, collected: ReportEvidence) -> list[Section]:
    report = build_report(snapshot, collected) if snapshot.is_verdict_period else None
    cycles = _cycles(snapshot, collected)
    return [
        *([report] if report else []),
        _overview(collected, report, cycles),
        cycles,
        _groups(collected, cycles.period),
        _loops(snapshot, collected, cycles.period),
    ]


def _cycles(snapshot: Snapshot, collected: ReportEvidence) -> CyclesSection:
    summaries = cycle_summaries(collected.evidence)
    with snapshot.results.read() as connection:
        sources = export.family_sources(connection, snapshot.tickets, [cycle.id for cycle in summaries])
        services = ticket_lists.cycle_services(connection, snapshot.scope)
    listed = (
        ListedCycle(**field_values(cycle), source=sources.get(cycle.id), services=tuple(services.get(cycle.id, ())))
        for cycle in summaries
    )
    return CyclesSection(
        as_of=collected.evidence.as_of,
        scope=collected.evidence.scope,
        period=ReportPeriod(snapshot.begin, snapshot.end),
        known_from=collected.evidence.known_from,
        cycles=tuple(listed),
    )


def _overview(collected: ReportEvidence, report: Report | None, section: CyclesSection) -> Overview:
    evidence = collected.evidence
    # Whatever the report already has is taken from it, so that nothing is judged twice.
    metrics = report.metrics if report else metric_results(collected)
    failures = [cycle for cycle in section.cycles if cycle.work == "failure"]
    requests = [cycle for cycle in section.cycles if cycle.work == "request"]
    episodes = timelines(collected.episodes, failure_cycles(evidence)[:COSTLIEST])
    return Overview(
        as_of=evidence.as_of,
        scope=evidence.scope,
        period=section.period,
        verdict=report.verdict if report else None,
        questions=report.questions if report else (),
        findings=report.findings if report else (),
        metrics=metrics,
        loops=report.loops if report else loop_results(evidence),
        sources=report.sources if report else reported_sources(collected),
        known_from=evidence.known_from,
        repeat_hours=None if evidence.is_before_data else evidence.sums.get("repeat.s", 0) / HOUR,
        money=evidence.money,
        paid_again=repeat_money(evidence),
        failures=None if evidence.is_before_data else failure_tickets(evidence.sums),
        repeats=None if evidence.is_before_data else evidence.sums.get("repeat", 0),
        before=_quarter_before(collected.before) if collected.before else None,
        cycles=len(failures),
        endless=sum(cycle.endless for cycle in failures),
        costliest=tuple(failures[:COSTLIEST]),
        next_steps={cycle.id: next_step(cycle, evidence) for cycle in failure_cycles(evidence)[:COSTLIEST]},
        requests=tuple(requests[:REQUESTS]),
        timelines={cycle.id: episodes[cycle.id] for cycle in failures[:COSTLIEST]},
        series=collected.series,
    )


def _quarter_before(evidence: ScopeEvidence) -> QuarterBefore:
    return QuarterBefore(failure_tickets(evidence.sums), evidence.sums.get("repeat", 0), repeat_money(evidence))


def _groups(collected: ReportEvidence, period: ReportPeriod) -> GroupsSection:
    evidence = collected.evidence
    # By volume, not by outcome: the order of the rows must not be a ranking.
    teams = sorted(evidence.teams, key=lambda team: (-team.closed, team.name))
    services = sorted(evidence.services, key=lambda service: (-service.resolved, service.name))
    if evidence.is_before_data:
        # A stray ticket of a period of which nothing is known says nothing about its team.
        teams, services = [], []
    return GroupsSection(
        as_of=evidence.as_of,
        scope=evidence.scope,
        period=period,
        known_from=evidence.known_from,
        teams=tuple(_team(team, evidence) for team in teams),
        services=tuple(
            _service(service, list(collected.resolved_by_person[service.name].values())) for service in services
        ),
    )


def _team(team: TeamFact, evidence: ScopeEvidence) -> TeamResult:
    return TeamResult(
        name=team.name,
        closed=team.closed,
        hours=team.seconds / HOUR,
        logged=team.logged_seconds / team.seconds if team.seconds else None,
        stayed=_share(team.stayed, team.ripe),
        pingpong=_share(team.pingpong, team.with_history),
        repeats=_share(team.repeat_tickets, team.failures),
        repeat_hours=team.repeat_seconds / HOUR,
        money=team_money(team, evidence),
        cycles_broken=team.cycles_broken,
    )


def _service(service: ServiceFact, resolved_by_person: Sequence[int]) -> ServiceResult:
    resolved = service.resolved
    most = sorted(resolved_by_person, reverse=True)[:PEOPLE_SHOWN]
    return ServiceResult(
        name=service.name,
        resolved=resolved,
        absence_factor=service.absence_factor,
        people=len(resolved_by_person),
        one=_share(service.most_by_one, resolved),
        shares=tuple(tickets / resolved for tickets in most) if resolved else (),
    )


def _share(part: int, n: int) -> Share | None:
    return Share(part / n, *wilson(part, n), n) if n else None


def _loops(snapshot: Snapshot, collected: ReportEvidence, period: ReportPeriod) -> LoopsSection:
    with snapshot.results.read() as connection:
        flows = ticket_lists.handoffs(connection, snapshot.scope, snapshot.span, FLOWS)
    known_flows = () if collected.evidence.is_before_data else flows
    return LoopsSection(
        as_of=collected.evidence.as_of,
        scope=collected.evidence.scope,
        period=period,
        known_from=collected.evidence.known_from,
        loops=loop_results(collected.evidence),
        handoffs=tuple(HandoffFlow(*flow) for flow in known_flows),
    )
