"""The teams, services and loops of a scope."""

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection

from service.analysis.evidence import CycleFact, LoopFact, LoopKind, ServiceFact, TeamFact, service_fact, team_fact
from service.analysis.weeks import WEEK
from service.report.numbers import atom, resolvers
from service.store.queries import statistics
from service.store.queries.snapshot import Snapshot
from service.store.results import cells

LOOPS: tuple[LoopKind, ...] = ("reopened", "pingpong", "stalled")


def loop_facts(connection: Connection, snapshot: Snapshot) -> tuple[LoopFact, ...]:
    """The loops inside the tickets that were resolved in the period."""
    found = {name: statistics.count_loop(connection, name, snapshot.scope, snapshot.span) for name in LOOPS}
    return tuple(LoopFact(name, one.tickets, one.n, one.seconds, one.worst) for name, one in found.items())


def team_facts(connection: Connection, snapshot: Snapshot, cycles: Iterable[CycleFact]) -> tuple[TeamFact, ...]:
    """All teams where the scope is everything, or the team that it is."""
    if snapshot.scope.dimension not in ("all", "team"):
        return ()
    known = cells.by_value(connection, "team", snapshot.period_weeks[0], snapshot.period_weeks[-1] + WEEK)
    pingpong = statistics.pingpong_ids(connection, snapshot.span)
    repeats = statistics.repeat_ids(connection, snapshot.span)
    broken = [cycle for cycle in cycles if cycle.state == "broken" and snapshot.begin <= cycle.last_seen < snapshot.end]
    return tuple(
        team_fact(
            name,
            [atom(weeks, week, snapshot.clock) for week in snapshot.period_weeks],
            snapshot.clock.as_of,
            cycles_broken=sum(name == cycle.teams[0] for cycle in broken if cycle.teams),
            pingpong_ids=pingpong.get(name, ()),
            repeat_ids=repeats.get(name, ()),
        )
        for name, weeks in known.items()
        if snapshot.scope.dimension == "all" or name == snapshot.scope.value
    )


def service_facts(connection: Connection, snapshot: Snapshot) -> tuple[ServiceFact, ...]:
    """All services where the scope is everything, or the service that it is."""
    if snapshot.scope.dimension not in ("all", "service"):
        return ()
    return tuple(_services(connection, snapshot))


def _services(connection: Connection, snapshot: Snapshot) -> Iterator[ServiceFact]:
    for name, weeks in cells.by_value(
        connection, "service", snapshot.period_weeks[0], snapshot.period_weeks[-1] + WEEK
    ).items():
        if snapshot.scope.dimension == "all" or name == snapshot.scope.value:
            found = service_fact(name, resolvers(weeks, snapshot.period_weeks))
            if found is not None:
                yield found
