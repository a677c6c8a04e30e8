"""Ways to find what is the same problem, on real tickets whose duplicates people have linked; links are not used.

python -m benchmarks.matching [--read N]. Needs the replay bench's data. `--read` prints so many of the pairs that
count as false, at most three of one family, to be read: the links of the data are incomplete.
"""

import argparse
import gzip
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from time import process_time
from typing import Any, Protocol

from benchmarks import matchers
from connectors.jira.values import instant
from connectors.model import Ticket
from service.analysis.families.ranking import Candidate, rank
from service.analysis.families.shape import Shape, shape_of
from service.analysis.families.similarity import SAME, similarity

DATA = Path(__file__).parents[2] / "shared" / "data"
PROJECTS = ("STORM", "ZOOKEEPER", "MAPREDUCE")
CHOSEN_ON = PROJECTS[:2]
FIRST = 10
A_FAMILY = 3
THRESHOLDS = [step / 100 for step in range(30, 96, 5)]


class Matcher(Protocol):
    """A way of matching the tickets of one project, which are known by their position in order of time."""

    def rank(self, query: int) -> list[int]:
        """Tickets before this one, the likest first."""

    def alike(self) -> Iterator[tuple[int, int, float]]:
        """Pairs of tickets with how alike they are."""


class Ours:
    """The product's own way."""

    def __init__(self, tickets: Sequence[Ticket]) -> None:
        self.shapes = [shape_of("jira", ticket) for ticket in tickets]
        self._opened = [int(ticket.opened_at.timestamp()) for ticket in tickets]
        self._holders = _holders(shape.lookup_keys for shape in self.shapes)
        self._frequency = {key: len(result) for key, result in self._holders.items()}
        self.compared = 0

    def rank(self, query: int) -> list[int]:
        """The candidates that share a lookup key, as the product ranks them."""
        result = {second for key in self.shapes[query].lookup_keys for second in self._holders[key] if second < query}
        candidates = [self._candidate(second) for second in result]
        frequency = {key: self._frequency[key] for key in self.shapes[query].lookup_keys}
        return rank(self._candidate(query), candidates, frequency, len(self.shapes))

    def alike(self) -> Iterator[tuple[int, int, float]]:
        """Pairs that share a key."""
        holders = _holders(shape.keys for shape in self.shapes)
        pairs = {pair for holder in holders.values() for pair in combinations(holder, 2)}
        self.compared = len(pairs)
        for first, second in sorted(pairs):
            yield first, second, similarity(self.shapes[first].content, self.shapes[second].content)

    def _candidate(self, index: int) -> Candidate:
        return Candidate(index, self.shapes[index].content, self._opened[index])


@dataclass(frozen=True)
class Project:
    """The tickets of one project in order of time, and the duplicates among them by the cluster they are in."""

    name: str
    tickets: list[Ticket]
    cluster: dict[int, int]

    @property
    def texts(self) -> list[str]:
        """Title twice and description."""
        return [f"{ticket.title} {ticket.title} {ticket.description}" for ticket in self.tickets]

    def same(self, first: int, second: int) -> bool:
        """Whether people have linked these two."""
        return first in self.cluster and self.cluster[first] == self.cluster.get(second)


@dataclass(frozen=True)
class Quality:
    """How families agree with what people have linked."""

    precision: float
    recall: float
    b_cubed: float
    largest: int


METHODS: Mapping[str, tuple[Callable[[Project], Matcher], bool]] = {
    "TF-IDF, words": (lambda project: matchers.tfidf(project.texts), True),
    "BM25": (lambda project: matchers.bm25(project.texts), True),
    "TF-IDF, characters": (lambda project: matchers.characters(project.texts), True),
    "MinHash, verified": (lambda project: matchers.MinHash(project.texts), True),
    "ours": (lambda project: Ours(project.tickets), False),
}


def main() -> int:
    """Prints the table; 0 also where there is no data."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--read", type=int, default=0, metavar="N")
    read = options.parse_args().read
    if not DATA.is_dir():
        print(f"no data: {DATA} is not there")
        return 0
    projects = [_project(name) for name in PROJECTS]
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
        made = [make(project) for project in projects]
        hits = [_hits(project, matcher) for project, matcher in zip(projects, made, strict=True)]
        alike = [list(matcher.alike()) for matcher in made]
        least = _best(projects, alike) if is_tuned else SAME
        result = _quality(projects, alike, least)
        shares = "".join(f"{sum(hit) / len(hit):>11.3f}" for hit in hits)
        pooled = sum(map(sum, hits)) / sum(map(len, hits))
        print(
            f"{name:<20}{shares}{pooled:>9.3f}{least:>7.2f}{result.precision:>11.3f}{result.recall:>8.3f}"
            f"{result.b_cubed:>9.3f}{result.largest:>9}",
            flush=True,
        )
    counts = ", ".join(f"{project.name} {len(_queries(project))}" for project in projects)
    print(
        f"\nn of recall: {counts}. The others' least likeness is the best by F1 of pairs on {' and '.join(CHOSEN_ON)}."
    )


def _hits(project: Project, matcher: Matcher) -> list[bool]:
    """For each ticket with an earlier duplicate, whether one is among the first candidates."""
    return [any(project.same(query, second) for second in matcher.rank(query)[:FIRST]) for query in _queries(project)]


def _queries(project: Project) -> list[int]:
    return [index for index, cluster in sorted(project.cluster.items()) if index != cluster]


def _best(projects: Sequence[Project], alike: Sequence[list[tuple[int, int, float]]]) -> float:
    chosen = [(project, pairs) for project, pairs in zip(projects, alike, strict=True) if project.name in CHOSEN_ON]

    def f1(least: float) -> float:
        result = _quality([project for project, _ in chosen], [pairs for _, pairs in chosen], least)
        return 2 * result.precision * result.recall / (result.precision + result.recall or 1)

    return max(THRESHOLDS, key=f1)


def _quality(projects: Sequence[Project], alike: Sequence[list[tuple[int, int, float]]], least: float) -> Quality:
    right = result = true = largest = 0
    precision = recall = 0.0
    for project, pairs in zip(projects, alike, strict=True):
        families = _families(len(project.tickets), pairs, least)
        together = [pair for family in families for pair in combinations(family, 2)]
        right += sum(project.same(*pair) for pair in together)
        result += len(together)
        true += sum(size * (size - 1) // 2 for size in Counter(project.cluster.values()).values())
        largest = max(largest, *map(len, families))
        own_precision, own_recall = _b_cubed(project, families)
        precision, recall = precision + own_precision, recall + own_recall
    tickets = sum(len(project.tickets) for project in projects)
    precision, recall = precision / tickets, recall / tickets
    return Quality(right / (result or 1), right / true, 2 * precision * recall / (precision + recall), largest)


def _b_cubed(project: Project, families: Iterable[list[int]]) -> tuple[float, float]:
    """Sums over all tickets of B-cubed precision and recall (Bagga and Baldwin 1998)."""
    sizes = Counter(project.cluster.values())
    precision = recall = 0.0
    for family in families:
        held = Counter(project.cluster.get(member, -1 - member) for member in family)
        precision += sum(count * count for count in held.values()) / len(family)
        recall += sum(count * count / sizes.get(cluster, 1) for cluster, count in held.items())
    return precision, recall


def _families(count: int, pairs: Iterable[tuple[int, int, float]], least: float) -> list[list[int]]:
    """Connected components of the pairs that are alike enough."""
    parent = list(range(count))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = index = parent[parent[index]]
        return index

    for first, second, likeness in pairs:
        if likeness >= least:
            parent[root(first)] = root(second)
    return list(_holders([root(index)] for index in range(count)).values())


def _print_speed(projects: Sequence[Project]) -> None:
    tickets = [ticket for project in projects for ticket in project.tickets]
    begin = process_time()
    shapes: list[Shape] = [shape_of("jira", ticket) for ticket in tickets]
    shaped = (process_time() - begin) / len(tickets)
    keys = sum(len(shape.keys) for shape in shapes) / len(shapes)
    content = sum(len(shape.content) for shape in shapes) / len(shapes)
    ours = Ours(projects[0].tickets)
    begin = process_time()
    compared = sum(1 for _ in ours.alike())
    print(f"\nshape_of {shaped * 1e6:.0f} microseconds a ticket; {keys:.1f} keys, {content:.0f} bytes of content")
    print(f"similarity {(process_time() - begin) / compared * 1e6:.1f} microseconds a pair, with finding the pairs")


def _print_false_pairs(projects: Sequence[Project], count: int) -> None:
    entries = [
        (project, pair) for project in projects for family in _own_families(project) for pair in _false(project, family)
    ]
    sample = random.Random(1).sample(entries, min(count, len(entries)))
    print(f"{len(sample)} of {len(entries)} pairs, at most {A_FAMILY} a family, that nobody has linked")
    for project, pair in sample:
        print("-" * 100)
        for ticket in (project.tickets[index] for index in pair):
            print(f"{ticket.key} {ticket.opened_at:%Y-%m} {ticket.title}")
            print(f"      {' '.join(ticket.description.split())[:300]}")


def _own_families(project: Project) -> list[list[int]]:
    return _families(len(project.tickets), Ours(project.tickets).alike(), SAME)


def _false(project: Project, family: Sequence[int]) -> list[tuple[int, int]]:
    pairs = [pair for pair in combinations(family, 2) if not project.same(*pair)]
    return random.Random(len(family)).sample(pairs, min(A_FAMILY, len(pairs)))


def _holders(keys: Iterable[Iterable[int]]) -> dict[int, list[int]]:
    """Positions by key."""
    result: dict[int, list[int]] = defaultdict(list)
    for index, shape_keys in enumerate(keys):
        for key in shape_keys:
            result[key].append(index)
    return result


def _project(name: str) -> Project:
    with gzip.open(DATA / "jira" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        tickets = [_ticket(json.loads(line)) for line in lines]
    tickets.sort(key=lambda ticket: (ticket.opened_at, int(ticket.id)))
    position = {ticket.key: index for index, ticket in enumerate(tickets)}
    clusters = json.loads((DATA / "oracle.json").read_text(encoding="utf-8"))["jira"]["duplicate_clusters"]
    clusters_by_position = [sorted(position[key] for key in keys if key in position) for keys in clusters]
    return Project(name, tickets, {index: members[0] for members in clusters_by_position if len(members) > 1 for index in members})


def _ticket(issue: Mapping[str, Any]) -> Ticket:
    """What families know of an issue: its texts, its place and when it was opened."""
    fields = issue["fields"]
    return Ticket(
        id=issue["id"],
        key=issue["key"],
        kind="defect",
        source_kind=fields["issuetype"]["name"],
        title=fields["summary"] or "",
        description=fields["description"] or "",
        status=fields["status"]["name"],
        status_category="closed",
        opened_at=instant(fields["created"]),
        updated_at=instant(fields["updated"]),
        project=fields["project"]["key"],
        components=tuple(component["name"] for component in fields["components"]),
        history_is="none",
    )


if __name__ == "__main__":
    sys.exit(main())
