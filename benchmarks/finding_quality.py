"""Comparison of a report on a simulated company with the known truth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.bcubed import BCubedScore, b_cubed

LEAST_F1 = 0.95
CHECKS = ("verdict", "state", "endless", "fix", "no cycle", "count")

Json = Mapping[str, Any]


@dataclass(slots=True)
class Tally:
    """The number of comparisons, and those that failed."""

    compared: int = 0
    misses: list[str] = field(default_factory=list)

    def compare(self, subject: str, expected: object, actual: object) -> None:
        """Count one comparison."""
        self.compared += 1
        if expected != actual:
            self.misses.append(f"{subject}: {expected} expected, {actual} found")

    def __str__(self) -> str:
        return f"{self.compared - len(self.misses)}/{self.compared}" if self.compared else "-"


@dataclass(slots=True)
class FindingQuality:
    """The quality of the findings on one company, or on several; `worst` is the lowest F1 of one company."""

    tallies: dict[str, Tally] = field(default_factory=lambda: {name: Tally() for name in CHECKS})
    score: BCubedScore = field(default_factory=BCubedScore)
    worst: float = 1.0

    def add(self, quality: "FindingQuality", company: str) -> None:
        """Pool another company; its name stands before its misses."""
        for name, tally in quality.tallies.items():
            self.tallies[name].compared += tally.compared
            self.tallies[name].misses += [f"{company}, {miss}" for miss in tally.misses]
        self.score += quality.score
        self.worst = min(self.worst, quality.worst)

    @property
    def misses(self) -> list[str]:
        """Every failed comparison as a line."""
        return [f"{name}: {miss}" for name, tally in self.tallies.items() for miss in tally.misses]

    @property
    def is_met(self) -> bool:
        """True if every target is met."""
        return self.score.f1 >= LEAST_F1 and not self.misses


def compare_report(truth: Json, report: Json) -> FindingQuality:
    """Return the quality of a report. Cycles are compared by the ids of their tickets."""
    planted = [set(cycle["tickets"]) for cycle in truth["cycles"]]
    # What a catalogue offers is asked for again and again: cycles of requests that nobody had to plant.
    catalogue = {ticket for tickets in truth["standard_requests"].values() for ticket in tickets}
    cycles = [cycle for cycle in report["cycles"] if not catalogue.issuperset(cycle["ticket_ids"])]
    quality = FindingQuality(score=b_cubed(planted, [cycle["ticket_ids"] for cycle in cycles]))
    quality.worst = quality.score.f1
    tallies = quality.tallies
    tallies["verdict"].compare("verdict", truth["verdict"]["state"], report["verdict"]["state"])
    for cycle in truth["cycles"]:
        _compare_cycle(tallies, cycle, _closest(cycle, cycles))
    _compare_others(tallies["no cycle"], truth, cycles)
    counted = {source["name"]: source["tickets"] for source in report["sources"]}
    for system, kinds in truth["counts"].items():
        tallies["count"].compare(system, sum(kinds.values()), counted.get(system, 0))
    return quality


def _closest(cycle: Json, reported: Sequence[Json]) -> Json:
    """Return the reported cycle that shares most tickets with a planted one; an empty one where none shares any."""
    members = set(cycle["tickets"])
    closest = max(reported, key=lambda candidate: len(members.intersection(candidate["ticket_ids"])), default=None)
    if closest is None or members.isdisjoint(closest["ticket_ids"]):
        return {"state": None, "endless": None, "fixes": []}
    return closest


def _compare_cycle(tallies: Mapping[str, Tally], cycle: Json, reported: Json) -> None:
    name = cycle["family"]
    tallies["state"].compare(name, cycle["state"], reported["state"])
    tallies["endless"].compare(name, cycle["endless"], reported["endless"])
    outcomes = {fix["ticket"]: fix["outcome"] for fix in reported["fixes"]}
    for fix in cycle["fixes"]:
        tallies["fix"].compare(f"{name} {fix['key']}", fix["outcome"], outcomes.get(fix["key"]))


def _compare_others(tally: Tally, truth: Json, reported: Sequence[Json]) -> None:
    """Compare what must be in no cycle: families that are none, and tickets of no family."""
    cycles = {ticket for cycle in truth["cycles"] for ticket in cycle["tickets"]}
    for family in truth["families"]:
        members = {ticket["id"] for ticket in family["tickets"]}
        if members.isdisjoint(cycles):
            is_cycle = any(not members.isdisjoint(cycle["ticket_ids"]) for cycle in reported)
            tally.compare(family["id"], False, is_cycle)
    unplanted = [cycle["title"] for cycle in reported if cycles.isdisjoint(cycle["ticket_ids"])]
    tally.compare("cycles of nothing", [], unplanted)
