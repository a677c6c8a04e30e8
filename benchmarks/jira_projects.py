"""Real Jira projects of the replay bench, with the clusters of duplicates that people have linked."""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Any

from connectors.jira.values import instant
from connectors.model import Ticket

DATA = Path(__file__).parents[2] / "shared" / "data"
PROJECTS = ("STORM", "ZOOKEEPER", "MAPREDUCE")


@dataclass(frozen=True)
class Project:
    """The tickets of one project in order of time, and the cluster of duplicates of each that has one."""

    name: str
    tickets: list[Ticket]
    cluster: dict[int, int]

    @property
    def texts(self) -> list[str]:
        """Title twice and description of each ticket."""
        return [f"{ticket.title} {ticket.title} {ticket.description}" for ticket in self.tickets]

    @cached_property
    def duplicates(self) -> frozenset[tuple[int, int]]:
        """The pairs that people have linked, directly or through others, the earlier ticket first."""
        clusters = holders_of([cluster] for _, cluster in sorted(self.cluster.items())).values()
        members = sorted(self.cluster)
        return frozenset(
            (members[first], members[second]) for cluster in clusters for first, second in combinations(cluster, 2)
        )

    def same(self, first: int, second: int) -> bool:
        """Return whether people have linked two tickets."""
        return first in self.cluster and self.cluster[first] == self.cluster.get(second)


def read_project(name: str) -> Project:
    """Read a project of the replay bench's data."""
    with gzip.open(DATA / "jira" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        tickets = [_ticket(json.loads(line)) for line in lines]
    tickets.sort(key=lambda ticket: (ticket.opened_at, int(ticket.id)))
    position = {ticket.key: index for index, ticket in enumerate(tickets)}
    clusters = json.loads((DATA / "oracle.json").read_text(encoding="utf-8"))["jira"]["duplicate_clusters"]
    clusters_by_position = [sorted(position[key] for key in keys if key in position) for keys in clusters]
    # A cluster of which only one ticket is in the project has no pair to find.
    pairs = [members for members in clusters_by_position if len(members) > 1]
    return Project(name, tickets, {index: members[0] for members in pairs for index in members})


def _ticket(issue: Mapping[str, Any]) -> Ticket:
    """Return an issue as families see it: its texts, its place and its time."""
    fields = issue["fields"]
    return Ticket(
        id=issue["id"],
        key=issue["key"],
        kind="defect",
        source_kind=fields["issuetype"]["name"],
        resolution_code=(fields["resolution"] or {}).get("name"),
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


def connected(count: int, pairs: Iterable[tuple[int, int, float]], least: float) -> list[list[int]]:
    """Return the connected components of the pairs that are similar enough."""
    parent = list(range(count))

    def root(index: int) -> int:
        while parent[index] != index:
            # Path halving keeps the trees flat; a project has hundreds of thousands of pairs.
            parent[index] = index = parent[parent[index]]
        return index

    for first, second, similarity_ in pairs:
        if similarity_ >= least:
            parent[root(first)] = root(second)
    return list(holders_of([root(index)] for index in range(count)).values())


def holders_of(keys: Iterable[Iterable[int]]) -> dict[int, list[int]]:
    """Return positions by key."""
    holders: dict[int, list[int]] = defaultdict(list)
    for index, shape_keys in enumerate(keys):
        for key in shape_keys:
            holders[key].append(index)
    return holders
