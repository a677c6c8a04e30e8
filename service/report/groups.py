"""The teams, services and loops of a scope."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from service.analysis.evidence import CycleFact, LoopFact, LoopKind, ServiceFact, TeamFact, service_fact, team_fact
from service.analysis.weeks import WEEK
from service.report.weekly import period_sums, resolved_by_person
from service.store.queries import statistics
from service.store.queries.snapshot import Snapshot
from service.store.results import cells
from service.store.results.cells import Sums

LOOPS: tuple[LoopKind, ...] = ("reopened", "pingpong", "stalled")


@dataclass(frozen=True, slots=True)
class ScopeServices:
    """The services of a scope, and the reactive tickets that each person resolved, by service."""

    services: tuple[ServiceFact, ...]
    resolved_by_person: Mapping[str, Mapping[str, int]]


def read_loops(connection: Connection, snapshot: Snapshot) -> tuple[LoopFact, ...]:
    """Return the loops inside the tickets that were resolved in the period."""
    counts = {name: statistics.count_loop(connection, name, snapshot.scope, snapshot.span) for name in LOOPS}
    return tuple(
        LoopFact(name, loop.tickets, loop.n, loop.seconds, loop.worst, loop.unknown) for name, loop in counts.items()
    )


def read_teams(connection: Connection, snapshot: Snapshot, cycles: Iterable[CycleFact]) -> tuple[TeamFact, ...]:
    """Return all teams where the scope is everything, or the team that it is."""
    if snapshot.scope.dimension not in ("all", "team"):
        return ()
    pingpong = statistics.pingpong_ids(connection, snapshot.span)
    repeats = statistics.repeat_ids(connection, snapshot.span)
    broken = [cycle for cycle in cycles if cycle.state == "broken" and snapshot.begin <= cycle.last_seen < snapshot.end]
    return tuple(
        team_fact(
            name,
            [period_sums(sums, week, snapshot.clock) for week in snapshot.period_weeks],
            snapshot.clock.as_of,
            # The credit goes to the team with most of its tickets, so that no cycle is counted twice.
            cycles_broken=sum(name == cycle.teams[0] for cycle in broken if cycle.teams),
            pingpong_ids=pingpong.get(name, ()),
            repeat_ids=repeats.get(name, ()),
        )
        for name, sums in _weekly_sums(connection, snapshot, "team").items()
    )


def read_services(connection: Connection, snapshot: Snapshot) -> ScopeServices:
    """Return all services where the scope is everything, or the service that it is."""
    if snapshot.scope.dimension not in ("all", "service"):
        return ScopeServices((), {})
    people = {
        name: resolved_by_person(sums, snapshot.period_weeks)
        for name, sums in _weekly_sums(connection, snapshot, "service").items()
    }
    facts = (service_fact(name, resolved) for name, resolved in people.items())
    return ScopeServices(tuple(fact for fact in facts if fact is not None), people)


def _weekly_sums(connection: Connection, snapshot: Snapshot, dimension: str) -> dict[str, dict[str, Sums]]:
    """Return the sums of the period by the values of a dimension and by week."""
    weeks = snapshot.period_weeks
    by_value = cells.by_value(connection, dimension, weeks[0], weeks[-1] + WEEK)
    if snapshot.scope.dimension == "all":
        return by_value
    return {name: sums for name, sums in by_value.items() if name == snapshot.scope.value}
