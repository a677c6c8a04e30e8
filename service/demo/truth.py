"""What is known about the simulated company: the answers that an analysis of its tickets should find."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from service.demo.record import Record
from service.demo.story.families import Family
from service.demo.story.scenario import Scenario, State

STALLS_TO_COUNT = 2


@dataclass(frozen=True, slots=True)
class Story:
    """What must be found of a family: the state of its cycle, None where it is none; the outcome of its fix; why."""

    cycle: str | None
    fix: str | None
    because: str

    @property
    def is_endless(self) -> bool:
        """Whether its cycle is active and not slowing."""
        return self.cycle in ("steady", "accelerating")


STORIES: Mapping[State, Story] = {
    "endless": Story("steady", None, "Begins again about as long after each end: no trend, and never silent."),
    "accelerating": Story("accelerating", None, "Begins again sooner and sooner, far beyond chance."),
    "slowing": Story("slowing", None, "Begins again later and later, far beyond chance, but is not silent yet."),
    "broken": Story("broken", "held", "Never came back behind its fix, where dozens of returns were due."),
    "not held": Story("steady", "did not hold", "Comes back behind its fix as often as before."),
    "too early": Story("steady", "too early", "Not back yet behind its fix, but fewer than 3 returns were due."),
    "unclear": Story(
        "broken", "unclear", "Silent behind its fix, but it came so seldom before that this may be chance."
    ),
    "seasonal": Story("steady", None, "Somebody has to ask anew at the end of every month: reactive, and regular."),
    "outage": Story(None, None, "However many tickets, one burst is one episode: it never came back."),
}


def describe(
    records: Sequence[Record], families: Iterable[Family], standard_requests: Mapping[str, Sequence[Record]]
) -> dict[str, Any]:
    """JSON-able facts about these tickets: counts and ids by system and kind, planted families, loops.

    `cycles` are those that must be found, with the outcomes of their fixes. `work_classes` is what each ticket was
    written as, `standard_requests` the ids by catalogue item.
    """
    families = list(families)
    tickets = _groups(records, lambda record: record.kind)
    present = {record.id for record in records}
    return {
        "counts": {system: {kind: len(ids) for kind, ids in kinds.items()} for system, kinds in tickets.items()},
        "tickets": tickets,
        "families": [_family(family, present) for family in families],
        "cycles": [_cycle(family, present) for family in families if STORIES[family.plan.state].cycle],
        "reopened": _ids(filter(is_reopened, records)),
        "pingpong_strict": _ids(filter(is_pingpong, records)),
        "stalled": _ids(filter(is_stalled, records)),
        "standard_requests": {
            title: [record.id for record in requests if record.id in present]
            for title, requests in standard_requests.items()
        },
        "work_classes": _groups(records, lambda record: record.work_class),
    }


def expected_verdict(scenario: Scenario | None) -> dict[str, str] | None:
    """The verdict that must come of a scenario, and why; None where there is no scenario."""
    return {"state": scenario.verdict, "because": scenario.because} if scenario else None


def is_reopened(record: Record) -> bool:
    """Whether it left the states in which the work is done."""
    ended = record.workflow.ended
    return any(
        change.field == "status" and change.old in ended and change.new not in ended for change in record.changes
    )


def is_pingpong(record: Record) -> bool:
    """Whether it went from a team to another and straight back."""
    moves = [change for change in record.changes if change.field == "team"]
    return any(first.old == second.new for first, second in pairwise(moves))


def is_stalled(record: Record) -> bool:
    """Whether it went from work to waiting and back at least twice."""
    waits = [change for change in record.changes if change.field == "status" and change.old == record.workflow.waiting]
    return len([change for change in waits if change.new in record.workflow.active]) >= STALLS_TO_COUNT


def _family(family: Family, present: set[str]) -> dict[str, Any]:
    plan = family.plan
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


def _cycle(family: Family, present: set[str]) -> dict[str, Any]:
    story, told = STORIES[family.plan.state], _family(family, present)
    fixes = [family.fix.named] if family.fix and story.fix else []
    return {
        "family": family.plan.id,
        "system": told["system"],
        "tickets": [ticket["id"] for ticket in told["tickets"]],
        "state": story.cycle,
        "endless": story.is_endless,
        "because": story.because,
        "fixes": [{"ticket": fix.id, "key": fix.key, "outcome": story.fix} for fix in fixes],
    }


def _episode(number: int, tickets: Sequence[Record]) -> dict[str, Any]:
    ends = [ticket.resolved_at for ticket in tickets]
    return {
        "number": number,
        "began_at": _text(min(ticket.opened_at for ticket in tickets)),
        "ended_at": None if None in ends else _text(max(end for end in ends if end)),
    }


def _fixes(family: Family) -> list[dict[str, Any]]:
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


def _groups(records: Iterable[Record], group: Callable[[Record], str]) -> dict[str, dict[str, list[str]]]:
    """Ids by system and group."""
    found: dict[str, dict[str, list[str]]] = {"jira": {}, "servicenow": {}}
    for record in records:
        found[record.system].setdefault(group(record), []).append(record.id)
    return found


def _ids(records: Iterable[Record]) -> dict[str, list[str]]:
    """Ids by system."""
    found: dict[str, list[str]] = {"jira": [], "servicenow": []}
    for record in records:
        found[record.system].append(record.id)
    return found


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
