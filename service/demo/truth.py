"""The truth about the simulated company: the answers that an analysis of its tickets should find."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from service.demo.record import SimulatedTicket
from service.demo.story.families import PlantedFamily
from service.demo.story.scenario import Scenario, State

STALLS_TO_COUNT = 2


@dataclass(frozen=True, slots=True)
class ExpectedCycle:
    """The expected state of a family's cycle (None: no cycle), the expected outcome of its fix, and the reason."""

    cycle: str | None
    fix: str | None
    because: str
    is_endless: bool = False


EXPECTED_CYCLES: Mapping[State, ExpectedCycle] = {
    "endless": ExpectedCycle(
        "recurring", None, "Begins again about as long after each end: no trend, and never silent.", is_endless=True
    ),
    "accelerating": ExpectedCycle(
        "accelerating", None, "Begins again sooner and sooner, far beyond chance.", is_endless=True
    ),
    "slowing": ExpectedCycle(
        "slowing", None, "Begins again later and later, far beyond chance, but is not silent yet."
    ),
    "chronic": ExpectedCycle("chronic", None, "Comes nearly every week, and is resolved as often.", is_endless=True),
    "rare": ExpectedCycle("recurring", None, "Comes back, but less than five times in half a year."),
    "passing": ExpectedCycle("quiet", None, "Ended by itself, without a fix."),
    "fixed late": ExpectedCycle(
        "broken", "held", "Ended by itself and got its fix right behind: held, as problems without a fix end, too."
    ),
    "broken": ExpectedCycle(
        "broken", "held", "Never came back after its fix, where dozens of returns were to be expected."
    ),
    "not held": ExpectedCycle(
        "recurring", "did not hold", "Comes back after its fix as often as before.", is_endless=True
    ),
    "too early": ExpectedCycle(
        "recurring", "too early", "Not back yet after its fix, but fewer than 3 returns were to be expected.",
        is_endless=True,
    ),
    "unclear": ExpectedCycle(
        "broken", "unclear", "Silent after its fix, but it came so seldom before that this may be chance."
    ),
    "seasonal": ExpectedCycle(
        "recurring", None, "Somebody has to ask anew at the end of every month: reactive, and regular.",
        is_endless=True,
    ),
    "outage": ExpectedCycle(None, None, "However many tickets, one burst is one episode: it never came back."),
}  # fmt: skip


def describe(
    records: Sequence[SimulatedTicket],
    families: Iterable[PlantedFamily],
    standard_requests: Mapping[str, Sequence[SimulatedTicket]],
    duplicates: Sequence[SimulatedTicket],
) -> dict[str, Any]:
    """Return JSON-able facts about tickets: counts and ids by system and kind, planted families, loops.

    `cycles` are those that an analysis must find, with the outcomes of their fixes. `work_classes` holds the ids by the
    class that each ticket was written as, `standard_requests` those by catalogue item, `duplicates` those of one-off
    incidents and bugs that people closed as duplicates of an earlier one.
    """
    families = list(families)
    tickets = _groups(records, lambda record: record.kind)
    present = {record.id for record in records}
    return {
        "counts": {system: {kind: len(ids) for kind, ids in kinds.items()} for system, kinds in tickets.items()},
        "tickets": tickets,
        "families": [_family(family, present) for family in families],
        "cycles": [_cycle(family, present) for family in families if EXPECTED_CYCLES[family.plan.state].cycle],
        "reopened": _ids(filter(is_reopened, records)),
        "pingpong_strict": _ids(filter(is_pingpong, records)),
        "stalled": _ids(filter(is_stalled, records)),
        "standard_requests": {
            title: [record.id for record in requests if record.id in present]
            for title, requests in standard_requests.items()
        },
        "duplicates": _ids(record for record in duplicates if record.id in present),
        "work_classes": _groups(records, lambda record: record.work_class),
    }


def expected_verdict(scenario: Scenario | None) -> dict[str, str] | None:
    """Return the expected verdict of a scenario with its reason; None without a scenario."""
    return {"state": scenario.verdict, "because": scenario.because} if scenario else None


def is_reopened(record: SimulatedTicket) -> bool:
    """Return whether a ticket left the states in which the work is done."""
    ended = record.workflow.ended
    return any(
        change.field == "status" and change.old in ended and change.new not in ended for change in record.changes
    )


def is_pingpong(record: SimulatedTicket) -> bool:
    """Return whether a ticket went from a team to another and straight back."""
    moves = [change for change in record.changes if change.field == "team"]
    return any(first.old == second.new for first, second in pairwise(moves))


def is_stalled(record: SimulatedTicket) -> bool:
    """Return whether a ticket went from work to waiting and back at least twice."""
    waits = [change for change in record.changes if change.field == "status" and change.old == record.workflow.waiting]
    return len([change for change in waits if change.new in record.workflow.active]) >= STALLS_TO_COUNT


def _family(family: PlantedFamily, present: set[str]) -> dict[str, Any]:
    plan = family.plan
    # Tickets beyond the end of the simulated time were written and then left out of the company.
    episodes = [[ticket for ticket in episode if ticket.id in present] for episode in family.episodes]
    episodes = [episode for episode in episodes if episode]
    return {
        "id": plan.id,
        "title": plan.title,
        "state": plan.state,
        "system": "jira" if plan.kind == "Bug" else "servicenow",
        "kind": plan.kind,
        "service": plan.service,
        "tickets": [
            {"id": ticket.id, "key": ticket.key, "episode": number}
            for number, episode in enumerate(episodes, 1)
            for ticket in episode
        ],
        "episodes": [_episode(number, episode) for number, episode in enumerate(episodes, 1)],
        "fixes": _fixes(family),
    }


def _cycle(family: PlantedFamily, present: set[str]) -> dict[str, Any]:
    expected, planted = EXPECTED_CYCLES[family.plan.state], _family(family, present)
    # A fix without an expected outcome was planted for a family that is no cycle: nothing judges it.
    fixes = [family.fix.named] if family.fix and expected.fix else []
    return {
        "family": family.plan.id,
        "system": planted["system"],
        "tickets": [ticket["id"] for ticket in planted["tickets"]],
        "state": expected.cycle,
        "endless": expected.is_endless,
        "because": expected.because,
        "fixes": [{"ticket": fix.id, "key": fix.key, "outcome": expected.fix} for fix in fixes],
    }


def _episode(number: int, tickets: Sequence[SimulatedTicket]) -> dict[str, Any]:
    ends = [ticket.resolved_at for ticket in tickets]
    return {
        "number": number,
        "began_at": _text(min(ticket.opened_at for ticket in tickets)),
        # An episode with one open ticket is open, however many others are done.
        "ended_at": None if None in ends else _text(max(end for end in ends if end)),
    }


def _fixes(family: PlantedFamily) -> list[dict[str, Any]]:
    fix = family.fix
    if fix is None:
        return []
    return [
        {
            "problem": fix.problem.id,
            "change": fix.change.id,
            "problem_resolved_at": _text(fix.problem.resolved_at),
            "change_resolved_at": _text(fix.at),
        }
    ]


def _groups(
    records: Iterable[SimulatedTicket], group: Callable[[SimulatedTicket], str]
) -> dict[str, dict[str, list[str]]]:
    """Return ids by system and group."""
    groups: dict[str, dict[str, list[str]]] = {"jira": {}, "servicenow": {}}
    for record in records:
        groups[record.system].setdefault(group(record), []).append(record.id)
    return groups


def _ids(records: Iterable[SimulatedTicket]) -> dict[str, list[str]]:
    """Return ids by system."""
    ids: dict[str, list[str]] = {"jira": [], "servicenow": []}
    for record in records:
        ids[record.system].append(record.id)
    return ids


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
