"""From the store to the evidence on which verdict, answers and findings rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.analysis.calendar import Period
from service.analysis.evidence import ScopeEvidence, SourceFact
from service.report.cycles import cycle_facts
from service.report.groups import loop_facts, service_facts, team_facts
from service.report.numbers import Turn, numbers
from service.store.queries import statistics
from service.store.queries.snapshot import Snapshot
from service.store.tickets import sources
from service.store.tickets.sources import SourceState


@dataclass(frozen=True, slots=True)
class Collected:
    """The evidence on one scope, the changes of level of its metrics, and the sources as they stand."""

    evidence: ScopeEvidence
    turns: Mapping[str, Turn]
    sources: Sequence[SourceState]


def collect(snapshot: Snapshot) -> Collected:
    """The evidence on one scope, as of the moment of the look."""
    states = [state for state in sources.states(snapshot.tickets) if _is_inside(snapshot, state)]
    with snapshot.results.read() as connection:
        measured = numbers(connection, snapshot, states)
        cycles, fixes = cycle_facts(connection, snapshot)
        found = ScopeEvidence(
            scope=str(snapshot.scope),
            as_of=snapshot.clock.as_of,
            zone=snapshot.clock.zone,
            period=Period(snapshot.begin, snapshot.end),
            known_from=measured.known_from,
            sums=measured.sums,
            metrics=measured.metrics,
            trends=measured.trends,
            sources=tuple(_source(state) for state in states),
            cycles=tuple(cycles),
            fixes=tuple(fixes),
            teams=team_facts(connection, snapshot, cycles),
            services=service_facts(connection, snapshot),
            loops=loop_facts(connection, snapshot),
            misfiled_ids=statistics.misfiled_ids(connection, snapshot.scope, snapshot.span),
            money=snapshot.money,
        )
    return Collected(found, measured.turns, states)


def _is_inside(snapshot: Snapshot, state: SourceState) -> bool:
    return snapshot.scope.dimension != "source" or state.name == snapshot.scope.value


def _source(state: SourceState) -> SourceFact:
    return SourceFact(
        name=state.name,
        complete=state.complete,
        tickets=state.tickets,
        lacking=sum(max(0, gap.count) for gap in state.gaps),
        gaps=tuple(gap.text for gap in state.gaps),
    )
