"""Drivers of a verdict: the cycles, teams and loops that contribute most, with ids and numbers."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from service.analysis.evidence import CycleFact, LoopFact, ScopeEvidence, TeamFact
from service.analysis.fields import TicketCount
from service.analysis.formatting import HOUR, count, hours, integer, percent
from service.analysis.interval import wilson
from service.analysis.wording import between, quoted

CYCLES, TEAMS = 5, 3
LOOPS = {
    "reopened": "were reopened after they had been resolved",
    "pingpong": "went straight back to where they came from",
    "stalled": "stalled twice or more",
}


@dataclass(frozen=True, slots=True)
class Driver:
    """A cycle, team or loop that contributes most to the repeat hours."""

    kind: Literal["cycle", "team", "loop"]
    id: Annotated[str, Field(description="The cycle's id, the team's name, or the loop's.")]
    text: Annotated[str, Field(description="The same as a sentence.")]
    hours: Annotated[float, Field(description="Its hours in the period.")]
    share: Annotated[float | None, Field(description="Its share of all repeat hours, from 0 to 1; null for loops.")]
    tickets: TicketCount
    ticket_ids: Annotated[tuple[str, ...], Field(description="Ids of its tickets, not always all of them.")]


def rank_drivers(evidence: ScopeEvidence) -> tuple[Driver, ...]:
    """Return the cycles, then the teams, then the loops that contribute most, each the greatest first."""
    repeat = evidence.sums.get("repeat.s", 0)
    # Ties are broken by id, so that the same evidence gives the same bytes.
    cycles = sorted(evidence.cycles, key=lambda cycle: (-cycle.window_seconds, cycle.id))
    teams = sorted(evidence.teams, key=lambda team: (-team.repeat_seconds, team.name))
    loops = sorted(evidence.loops, key=lambda loop: (-loop.seconds, loop.loop))
    return (
        *(_cycle(cycle, repeat) for cycle in cycles[:CYCLES] if cycle.window_tickets),
        *(_team(team, repeat) for team in teams[:TEAMS] if team.repeat_tickets),
        *(_loop(loop) for loop in loops if loop.tickets),
    )


def _cycle(cycle: CycleFact, repeat: int) -> Driver:
    share = _share(cycle.window_seconds, repeat)
    text = (
        f"Cycle {cycle.id}, {quoted(cycle.title)}: {_work(cycle.window_seconds, share)} in "
        f"{count(cycle.window_tickets, 'ticket')}; {count(cycle.episodes, 'episode')} so far, "
        f"{cycle.state}{', endless' if cycle.endless else ''}."
    )
    ids = cycle.window_ticket_ids
    return Driver("cycle", cycle.id, text, cycle.window_seconds / HOUR, share, cycle.window_tickets, ids)


def _team(team: TeamFact, repeat: int) -> Driver:
    share = _share(team.repeat_seconds, repeat)
    text = (
        f"Team {team.name}: {_work(team.repeat_seconds, share)} in {count(team.repeat_tickets, 'repeat ticket')} of "
        f"{count(team.failures, 'failure')}."
    )
    return Driver("team", team.name, text, team.repeat_seconds / HOUR, share, team.repeat_tickets, team.repeat_ids)


def _loop(loop: LoopFact) -> Driver:
    low, high = wilson(loop.tickets, loop.n)
    text = (
        f"{count(loop.tickets, 'ticket')} of {integer(loop.n)} resolved with a history "
        f"({percent(loop.tickets / loop.n)}, {between(low, high)}) {LOOPS[loop.loop]}; "
        f"they took {hours(loop.seconds)} of work in all."
    )
    return Driver("loop", loop.loop, text, loop.seconds / HOUR, None, loop.tickets, loop.ticket_ids)


def _share(seconds: int, repeat: int) -> float | None:
    return seconds / repeat if repeat else None


def _work(seconds: int, share: float | None) -> str:
    """Return work with its share of the repeat hours; without one if no repeat has known hours."""
    return hours(seconds) if share is None else f"{hours(seconds)}, {percent(share)} of the repeat hours,"
