"""What of a report on a simulated company is right, by what is known about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.bcubed import Score, b_cubed

LEAST_F1 = 0.95
QUESTIONS = ("verdict", "state", "endless", "fix", "no cycle", "count")

Json = Mapping[str, Any]


@dataclass(slots=True)
class Tally:
    """How often something was asked, and what was wrong."""

    asked: int = 0
    misses: list[str] = field(default_factory=list)

    def note(self, what: str, expected: object, found: object) -> None:
        """Counts one answer."""
        self.asked += 1
        if expected != found:
            self.misses.append(f"{what}: {expected} expected, {found} found")

    def __str__(self) -> str:
        return f"{self.asked - len(self.misses)}/{self.asked}" if self.asked else "-"


@dataclass(slots=True)
class Quality:
    """What was right in one company, or in several; `worst` is the lowest F1 of one."""

    tallies: dict[str, Tally] = field(default_factory=lambda: {name: Tally() for name in QUESTIONS})
    score: Score = field(default_factory=Score)
    worst: float = 1.0

    def add(self, other: "Quality", which: str) -> None:
        """Pools another company; `which` stands before what was wrong in it."""
        for name, tally in other.tallies.items():
            self.tallies[name].asked += tally.asked
            self.tallies[name].misses += [f"{which}, {miss}" for miss in tally.misses]
        self.score += other.score
        self.worst = min(self.worst, other.worst)

    @property
    def misses(self) -> list[str]:
        """All that was wrong, in words."""
        return [f"{name}: {miss}" for name, tally in self.tallies.items() for miss in tally.misses]

    @property
    def is_met(self) -> bool:
        """Whether every target is."""
        return self.score.f1 >= LEAST_F1 and not self.misses


def judge(truth: Json, found: Json) -> Quality:
    """What is right in a report. Cycles are compared by the ids of their tickets, which differ between sources."""
    told = [set(cycle["tickets"]) for cycle in truth["cycles"]]
    quality = Quality(score=b_cubed(told, [cycle["ticket_ids"] for cycle in found["cycles"]]))
    quality.worst = quality.score.f1
    tallies = quality.tallies
    tallies["verdict"].note("verdict", truth["verdict"]["state"], found["verdict"]["state"])
    for cycle in truth["cycles"]:
        _cycle(tallies, cycle, _closest(cycle, found["cycles"]))
    _no_cycles(tallies["no cycle"], truth, found["cycles"])
    counted = {source["name"]: source["tickets"] for source in found["sources"]}
    for system, kinds in truth["counts"].items():
        tallies["count"].note(system, sum(kinds.values()), counted.get(system, 0))
    return quality


def _closest(cycle: Json, found: Sequence[Json]) -> Json:
    """The found cycle that shares most tickets with a true one; an empty one where none shares any."""
    own = set(cycle["tickets"])
    closest = max(found, key=lambda other: len(own.intersection(other["ticket_ids"])), default=None)
    missing = closest is None or own.isdisjoint(closest["ticket_ids"])
    return {"state": None, "endless": None, "fixes": []} if missing or closest is None else closest


def _cycle(tallies: Mapping[str, Tally], cycle: Json, found: Json) -> None:
    name = cycle["family"]
    tallies["state"].note(name, cycle["state"], found["state"])
    tallies["endless"].note(name, cycle["endless"], found["endless"])
    outcomes = {fix["ticket"]: fix["outcome"] for fix in found["fixes"]}
    for fix in cycle["fixes"]:
        tallies["fix"].note(f"{name} {fix['key']}", fix["outcome"], outcomes.get(fix["key"]))


def _no_cycles(tally: Tally, truth: Json, found: Sequence[Json]) -> None:
    """What must be in no cycle: a family that is none, and tickets of no family at all."""
    cycles = {ticket for cycle in truth["cycles"] for ticket in cycle["tickets"]}
    for family in truth["families"]:
        own = {ticket["id"] for ticket in family["tickets"]}
        if own.isdisjoint(cycles):
            tally.note(family["id"], False, any(not own.isdisjoint(cycle["ticket_ids"]) for cycle in found))
    strangers = [cycle["title"] for cycle in found if cycles.isdisjoint(cycle["ticket_ids"])]
    tally.note("cycles of nothing", [], strangers)
