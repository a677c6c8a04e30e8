"""Drivers of a verdict: the problems, teams and loops that contribute most, with ids and numbers."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from service.analysis.catalogue import state_in_words
from service.analysis.evidence import CycleFact, LoopFact, ScopeEvidence, TeamFact
from service.analysis.fields import TicketCount
from service.analysis.formatting import HOUR, count, integer, percent
from service.analysis.interval import wilson
from service.analysis.wording import between, quoted, work_in

CYCLES, TEAMS = 5, 3
LOOPS = {
    "reopened": "were reopened after they had been resolved",
    "pingpong": "went straight back to where they came from",
    "stalled": "stalled twice or more",
}


@dataclass(frozen=True, slots=True)
class Driver:
    """A problem, team or loop that contributes most to the repeats."""

    kind: Literal["cycle", "team", "loop"]
    id: Annotated[str, Field(description="The cycle's id, the team's name, or the loop's.")]
    text: Annotated[str, Field(description="The same as a sentence.")]
    hours: Annotated[float, Field(description="Its hours in the period.")]
    share: Annotated[float | None, Field(description="Its share of all repeats, from 0 to 1; null for loops.")]
    tickets: TicketCount
    ticket_ids: Annotated[tuple[str, ...], Field(description="Ids of its tickets, not always all of them.")]


def rank_drivers(evidence: ScopeEvidence) -> tuple[Driver, ...]:
    """Return the problems, then the teams, then the loops that contribute most, each the greatest first."""
    repeat = evidence.sums.get("repeat", 0)
    # Ties are broken by id, so that the same evidence gives the same bytes.
    teams = sorted(evidence.teams, key=lambda team: (-team.repeat_tickets, team.name))
    loops = sorted(evidence.loops, key=lambda loop: (-loop.seconds, loop.loop))
    return (
        *(_cycle(cycle, repeat) for cycle in driving_cycles(evidence)[:CYCLES]),
        *(_team(team, repeat) for team in teams[:TEAMS] if team.repeat_tickets),
        *(_loop(loop) for loop in loops if loop.tickets),
    )


def driving_cycles(evidence: ScopeEvidence) -> list[CycleFact]:
    """Return the cycles of failures with repeats in the period, those with most first."""
    cycles = (cycle for cycle in failure_cycles(evidence) if cycle.window_tickets)
    return sorted(cycles, key=lambda cycle: (-cycle.window_tickets, -cycle.window_seconds, cycle.id))


def failure_cycles(evidence: ScopeEvidence) -> list[CycleFact]:
    """Return the cycles of failures and rework; requests that recur are demand, not problems that nobody ended."""
    return [cycle for cycle in evidence.cycles if cycle.work == "failure"]


def _cycle(cycle: CycleFact, repeat: int) -> Driver:
    text = (
        f"{quoted(cycle.title)} ({cycle.id}): {_repeats(cycle.window_tickets, repeat)}, "
        f"{count(cycle.episodes, 'flare-up')} so far, {state_in_words(cycle.state, cycle.endless)}."
    )
    share, ids = _share(cycle.window_tickets, repeat), cycle.window_ticket_ids
    return Driver("cycle", cycle.id, text, cycle.window_seconds / HOUR, share, cycle.window_tickets, ids)


def _team(team: TeamFact, repeat: int) -> Driver:
    failures = count(team.failures, "failure")
    text = f"Team {team.name}: {_repeats(team.repeat_tickets, repeat)}, of {failures} in all."
    share = _share(team.repeat_tickets, repeat)
    return Driver("team", team.name, text, team.repeat_seconds / HOUR, share, team.repeat_tickets, team.repeat_ids)


def _loop(loop: LoopFact) -> Driver:
    low, high = wilson(loop.tickets, loop.n)
    text = (
        f"{count(loop.tickets, 'ticket')} of {integer(loop.n)} resolved with a history "
        f"({percent(loop.tickets / loop.n)}, {between(low, high)}) {LOOPS[loop.loop]}; "
        f"they took {work_in(loop.seconds, loop.unknown, loop.tickets)}."
    )
    return Driver("loop", loop.loop, text, loop.seconds / HOUR, None, loop.tickets, loop.ticket_ids)


def _share(tickets: int, repeat: int) -> float | None:
    return tickets / repeat if repeat else None


def _repeats(tickets: int, repeat: int) -> str:
    """Return a number of repeats with its share of all; without one where nothing was counted."""
    return count(tickets, "repeat") + (f" ({percent(tickets / repeat)} of all)" if repeat else "")
