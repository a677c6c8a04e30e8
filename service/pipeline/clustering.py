"""Putting tickets into families: which families are joined by what has come, and which fall apart by what has gone.

A family is a set of shapes that hang together: two shapes that share a key and are similar enough, or whose tickets
share a certain key. Its number is the lowest of its shapes' numbers, so that the same tickets make the same families
in whatever order they come.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from service.analysis.families.shape import Shape
from service.analysis.families.similarity import SAME, similarity
from service.store.results import facts, shapes
from service.store.results.shapes import COMPARED_AT_MOST, SHAPE, CertainName, ShapeStore, StoredShape

SHAPES_AT_ONCE = 100
EDGES_AT_MOST = 20
Edge = tuple[int, int | None]
"""A shape that a certain key holds no longer, with one that it still holds, if there is any."""


@dataclass(frozen=True, slots=True)
class Membership:
    """What puts a ticket into a family: its shape, and the keys that join it with certainty."""

    shape: Shape
    shape_id: int
    certain: frozenset[CertainName]


@dataclass(slots=True)
class FamilyMoves:
    """What became of families: `split` exist now and have lost tickets to others, or got them so, `gone` exist no more.

    `merged` are those that were put together, by the one that is left of them, which may have been split since.
    `origin` is the former family of each ticket that was moved with its family, by number of ticket.
    """

    split: set[int] = field(default_factory=set)
    merged: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    gone: set[int] = field(default_factory=set)
    origin: dict[int, int] = field(default_factory=dict)


class DisjointSets:
    """Sets of numbers that are joined one after the other (union-find); the lowest number names its set."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}

    def find(self, one: int) -> int:
        """The name of the set that holds this number."""
        parent = self._parent
        root = one
        while (above := parent.get(root, root)) != root:
            root = above
        while one != root:
            parent[one], one = root, parent.get(one, one)
        return root

    def join(self, one: int, other: int) -> None:
        """Makes one set of the two that hold these numbers."""
        low, high = sorted((self.find(one), self.find(other)))
        self._parent[high] = low

    def joined(self) -> list[tuple[int, int]]:
        """Every number that no longer names its set, with the name."""
        return [(one, self.find(one)) for one in list(self._parent) if self.find(one) != one]


class FamilyClustering:
    """Keeps the families of one database in step with its tickets; each step within the caller's transaction."""

    def __init__(self, store: ShapeStore) -> None:
        self._store = store

    def place(self, connection: Connection, memberships: Iterable[Membership]) -> tuple[dict[int, int], list[int]]:
        """(the family of each shape as far as it is known yet, the shapes that are new and now stored)."""
        by_id = {one.shape_id: one.shape for one in memberships}
        known = self._store.families(connection, list(by_id))
        new = sorted(by_id.keys() - known.keys())
        self._store.add(connection, [_stored(id_, by_id[id_]) for id_ in new])
        return known | {id_: id_ for id_ in new}, new

    def join(
        self, connection: Connection, new: Sequence[int], memberships: Mapping[int, Membership], moves: FamilyMoves
    ) -> None:
        """Joins families by the new shapes, and by the certain keys of these tickets, whose facts are written."""
        forest = DisjointSets()
        for start in range(0, len(new), SHAPES_AT_ONCE):
            self._compare(connection, new[start : start + SHAPES_AT_ONCE], forest)
        names = sorted({name for one in memberships.values() for name in one.certain})
        for families in self._store.families_by_certain_key(connection, names).values():
            first, *others = sorted(families)
            for other in others:
                forest.join(first, other)
        for old, kept in forest.joined():
            self._merge(connection, old, kept, moves)

    def _compare(self, connection: Connection, new: Sequence[int], forest: DisjointSets) -> None:
        fresh = self._store.load(connection, SHAPE.c.id.in_(new))
        sharing = self._store.shapes_by_key(connection, sorted({key for shape in fresh for key in shape.keys}))
        candidates = sorted({id_ for found in sharing.values() for id_ in found})
        families = self._store.families(connection, candidates)
        contents = self._store.contents(connection, candidates)
        for shape in fresh:
            for other in sorted({id_ for key in shape.keys for id_ in sharing.get(key, ())}):
                mine, theirs = forest.find(shape.family_id), forest.find(families[other])
                if mine != theirs and similarity(shape.content, contents[other]) >= SAME:
                    forest.join(mine, theirs)

    def _merge(self, connection: Connection, old: int, kept: int, moves: FamilyMoves) -> None:
        for ticket in facts.tickets_of_family(connection, old):
            moves.origin.setdefault(ticket, old)
        shapes.assign_family(connection, SHAPE.c.family_id == old, kept)
        facts.reassign_family(connection, old, kept)
        moves.gone.add(old)
        moves.merged[kept].add(old)

    def loosen(
        self, connection: Connection, left: Iterable[int], loosened: Collection[Edge], moves: FamilyMoves
    ) -> None:
        """Splits the families that fall apart, and takes out the shapes that no ticket has any more.

        `left` are the shapes that some ticket had and has no longer, `loosened` those that a certain key held to
        others and does so no longer: where another key holds such a shape to the other one, nothing falls apart.
        """
        suspects = sorted(set(left))
        dead = sorted(set(suspects) - facts.shapes_in_use(connection, suspects))
        family_of = self._store.families(connection, sorted({*dead, *(one for one, _ in loosened)}))
        lost: defaultdict[int, list[Edge]] = defaultdict(list)
        for edge in loosened:
            lost[family_of[edge[0]]].append(edge)
        families = {family_of[one] for one in dead}
        families |= {family for family, edges in lost.items() if _may_break(connection, edges)}
        self._store.remove(connection, dead)
        for family in sorted(families):
            self._split(connection, family, moves)

    def _split(self, connection: Connection, family: int, moves: FamilyMoves) -> None:
        parts = self._parts(connection, family)
        if parts.keys() == {family}:
            return
        if family not in parts:
            moves.gone.add(family)
        for name, members in parts.items():
            moves.split.add(name)
            if name != family:
                for shape_id in members:
                    self._move_shape(connection, shape_id, family, name, moves)

    def _move_shape(self, connection: Connection, shape_id: int, old: int, name: int, moves: FamilyMoves) -> None:
        for ticket in facts.tickets_of_shape(connection, shape_id):
            moves.origin.setdefault(ticket, old)
        shapes.assign_family(connection, SHAPE.c.id == shape_id, name)
        facts.assign_shape(connection, shape_id, name)

    def _parts(self, connection: Connection, family: int) -> dict[int, list[int]]:
        """The sets of shapes into which a family falls, by the lowest number of each."""
        members = self._store.of_family(connection, family)
        forest = DisjointSets()
        _join_similar(members, forest)
        first: dict[CertainName, int] = {}
        for name, shape_id in self._store.certain_keys_of_family(connection, family):
            forest.join(first.setdefault(name, shape_id), shape_id)
        parts: dict[int, list[int]] = defaultdict(list)
        for shape in members:
            parts[forest.find(shape.id)].append(shape.id)
        return parts


def _may_break(connection: Connection, lost: Sequence[Edge]) -> bool:
    """Whether a family that has lost these edges may fall apart; of many, walking through it is cheaper to tell."""
    return len(lost) > EDGES_AT_MOST or not all(
        other is not None and shapes.share_certain_key(connection, one, other) for one, other in lost
    )


def _stored(id_: int, shape: Shape) -> StoredShape:
    """A new shape is a family of its own."""
    return StoredShape(id_, id_, shape.keys, shape.lookup_keys, shape.content)


def _join_similar(members: Sequence[StoredShape], forest: DisjointSets) -> None:
    sharing: dict[int, list[StoredShape]] = defaultdict(list)
    for shape in members:
        for key in shape.keys:
            for other in sharing[key][:COMPARED_AT_MOST]:
                apart = forest.find(shape.id) != forest.find(other.id)
                if apart and similarity(shape.content, other.content) >= SAME:
                    forest.join(shape.id, other.id)
            sharing[key].append(shape)
