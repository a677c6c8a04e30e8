"""Methods of finding tickets of the same problem, on real tickets whose duplicates people have linked.

python -m benchmarks.matching [--read N]. Needs the replay bench's data, of whose links no method sees any. `--read`
prints N of the pairs that count as false, at most three of one family, for a person to read: the links are incomplete.
"""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from time import process_time
from typing import Protocol

from benchmarks import matchers
from benchmarks.jira_projects import DATA, PROJECTS, Project, connected, holders_of, read_project
from connectors.model import Ticket
from service.analysis.families.ranking import Candidate, rank
from service.analysis.families.shape import Shape, shape_of
from service.analysis.families.similarity import SAME, similarity

CHOSEN_ON = PROJECTS[:2]
FIRST = 10
A_FAMILY = 3
THRESHOLDS = [step / 100 for step in range(30, 96, 5)]


class Matcher(Protocol):
    """A method of matching the tickets of one project, given by their position in order of time."""

    def rank(self, query: int) -> list[int]:
        """Return the tickets before this one, the most similar first."""

    def similar_pairs(self) -> Iterator[tuple[int, int, float]]:
        """Yield pairs of tickets with their similarity."""


class ShapeMatcher:
    """The method of the product."""

    def __init__(self, tickets: Sequence[Ticket]) -> None:
        self.shapes = [shape_of("jira", ticket) for ticket in tickets]
        self._opened = [int(ticket.opened_at.timestamp()) for ticket in tickets]
        self._holders = holders_of(shape.lookup_keys for shape in self.shapes)
        self._frequency = {key: len(holders) for key, holders in self._holders.items()}
        self.compared = 0

    def rank(self, query: int) -> list[int]:
        """Return the tickets that share a look-up key, as the product ranks them."""
        keys = self.shapes[query].lookup_keys
        earlier = {index for key in keys for index in self._holders[key] if index < query}
        candidates = [self._candidate(index) for index in earlier]
        frequency = {key: self._frequency[key] for key in keys}
        return rank(self._candidate(query), candidates, frequency, len(self.shapes))

    def similar_pairs(self) -> Iterator[tuple[int, int, float]]:
        """Yield pairs that share a key, with their similarity."""
        holders = holders_of(shape.keys for shape in self.shapes)
        pairs = {pair for holder in holders.values() for pair in combinations(holder, 2)}
        self.compared = len(pairs)
        for first, second in sorted(pairs):
            yield first, second, similarity(self.shapes[first].content, self.shapes[second].content)

    def _candidate(self, index: int) -> Candidate:
        return Candidate(index, self.shapes[index].content, self._opened[index])


@dataclass(frozen=True)
class MatchingQuality:
    """Agreement of families with the links of people."""

    precision: float
    recall: float
    b_cubed: float
    largest: int


METHODS: Mapping[str, tuple[Callable[[Project], Matcher], bool]] = {
    "TF-IDF, words": (lambda project: matchers.tfidf(project.texts), True),
    "BM25": (lambda project: matchers.bm25(project.texts), True),
    "TF-IDF, characters": (lambda project: matchers.characters(project.texts), True),
    "MinHash, verified": (lambda project: matchers.MinHash(project.texts), True),
    "ours": (lambda project: ShapeMatcher(project.tickets), False),
}


def main() -> int:
    """Print the table and return the exit code, which is 0 without data, too."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--read", type=int, default=0, metavar="N")
    read = options.parse_args().read
    if not DATA.is_dir():
        print(f"no data: {DATA} is not there")
        return 0
    projects = [read_project(name) for name in PROJECTS]
    if read:
        _print_false_pairs(projects, read)
        return 0
    _print_table(projects)
    _print_speed(projects)
    return 0


def _print_table(projects: Sequence[Project]) -> None:
    names = "".join(f"{project.name.lower()[:9]:>11}" for project in projects)
    print(f"recall@{FIRST} of the lookup, then families of all projects\n")
    print(f"{'method':<20}{names}{'pooled':>9}{'from':>7}{'precision':>11}{'recall':>8}{'B-cubed':>9}{'largest':>9}")
    for name, (make, is_tuned) in METHODS.items():
        project_matchers = [make(project) for project in projects]
        hits = [_hits(project, matcher) for project, matcher in zip(projects, project_matchers, strict=True)]
        pairs = [list(matcher.similar_pairs()) for matcher in project_matchers]
        least = _best_threshold(projects, pairs) if is_tuned else SAME
        quality = _quality(projects, pairs, least)
        shares = "".join(f"{sum(hit) / len(hit):>11.3f}" for hit in hits)
        pooled = sum(map(sum, hits)) / sum(map(len, hits))
        print(
            f"{name:<20}{shares}{pooled:>9.3f}{least:>7.2f}{quality.precision:>11.3f}{quality.recall:>8.3f}"
            f"{quality.b_cubed:>9.3f}{quality.largest:>9}",
            flush=True,
        )
    counts = ", ".join(f"{project.name} {len(_queries(project))}" for project in projects)
    print(f"\nn of recall: {counts}. The others' thresholds are the best by F1 of pairs on {' and '.join(CHOSEN_ON)}.")


def _hits(project: Project, matcher: Matcher) -> list[bool]:
    """Return for each ticket with an earlier duplicate whether one is among the first candidates."""
    return [
        any(project.same(query, candidate) for candidate in matcher.rank(query)[:FIRST]) for query in _queries(project)
    ]


def _queries(project: Project) -> list[int]:
    return [index for index, cluster in sorted(project.cluster.items()) if index != cluster]


def _best_threshold(projects: Sequence[Project], similar: Sequence[list[tuple[int, int, float]]]) -> float:
    # On two of the three projects: the third then shows what a threshold is worth elsewhere.
    chosen = [(project, pairs) for project, pairs in zip(projects, similar, strict=True) if project.name in CHOSEN_ON]

    def f1(least: float) -> float:
        quality = _quality([project for project, _ in chosen], [pairs for _, pairs in chosen], least)
        return 2 * quality.precision * quality.recall / (quality.precision + quality.recall or 1)

    return max(THRESHOLDS, key=f1)


def _quality(
    projects: Sequence[Project], similar: Sequence[list[tuple[int, int, float]]], least: float
) -> MatchingQuality:
    right = joined = true = largest = 0
    precision = recall = 0.0
    for project, pairs in zip(projects, similar, strict=True):
        families = connected(len(project.tickets), pairs, least)
        together = [pair for family in families for pair in combinations(family, 2)]
        right += sum(project.same(*pair) for pair in together)
        joined += len(together)
        true += sum(size * (size - 1) // 2 for size in Counter(project.cluster.values()).values())
        largest = max(largest, *map(len, families))
        precision_sum, recall_sum = _b_cubed(project, families)
        precision, recall = precision + precision_sum, recall + recall_sum
    tickets = sum(len(project.tickets) for project in projects)
    precision, recall = precision / tickets, recall / tickets
    return MatchingQuality(right / (joined or 1), right / true, 2 * precision * recall / (precision + recall), largest)


def _b_cubed(project: Project, families: Iterable[list[int]]) -> tuple[float, float]:
    """Return the sums over all tickets of B-cubed precision and recall (Bagga and Baldwin 1998)."""
    sizes = Counter(project.cluster.values())
    precision = recall = 0.0
    for family in families:
        # A ticket without duplicates is a cluster of its own, under a number that no cluster has.
        clusters = Counter(project.cluster.get(member, -1 - member) for member in family)
        precision += sum(count * count for count in clusters.values()) / len(family)
        recall += sum(count * count / sizes.get(cluster, 1) for cluster, count in clusters.items())
    return precision, recall


def _print_speed(projects: Sequence[Project]) -> None:
    tickets = [ticket for project in projects for ticket in project.tickets]
    begin = process_time()
    shapes: list[Shape] = [shape_of("jira", ticket) for ticket in tickets]
    shaped = (process_time() - begin) / len(tickets)
    keys = sum(len(shape.keys) for shape in shapes) / len(shapes)
    content = sum(len(shape.content) for shape in shapes) / len(shapes)
    matcher = ShapeMatcher(projects[0].tickets)
    begin = process_time()
    compared = sum(1 for _ in matcher.similar_pairs())
    print(f"\nshape_of {shaped * 1e6:.0f} microseconds a ticket; {keys:.1f} keys, {content:.0f} bytes of content")
    print(f"similarity {(process_time() - begin) / compared * 1e6:.1f} microseconds a pair, with finding the pairs")


def _print_false_pairs(projects: Sequence[Project], count: int) -> None:
    unlinked = [
        (project, pair)
        for project in projects
        for family in _shape_families(project)
        for pair in _unlinked_pairs(project, family)
    ]
    # Seeded: whoever reads them again reads the same pairs.
    sample = random.Random(1).sample(unlinked, min(count, len(unlinked)))
    print(f"{len(sample)} of {len(unlinked)} pairs, at most {A_FAMILY} a family, that nobody has linked")
    for project, pair in sample:
        print("-" * 100)
        for ticket in (project.tickets[index] for index in pair):
            print(f"{ticket.key} {ticket.opened_at:%Y-%m} {ticket.title}")
            print(f"      {' '.join(ticket.description.split())[:300]}")


def _shape_families(project: Project) -> list[list[int]]:
    return connected(len(project.tickets), ShapeMatcher(project.tickets).similar_pairs(), SAME)


def _unlinked_pairs(project: Project, family: Sequence[int]) -> list[tuple[int, int]]:
    pairs = [pair for pair in combinations(family, 2) if not project.same(*pair)]
    return random.Random(len(family)).sample(pairs, min(A_FAMILY, len(pairs)))


if __name__ == "__main__":
    sys.exit(main())
