"""Clustering of shapes into families: what a batch joins, and what falls apart by what it has taken away.

A family is a connected component: two shapes are connected if they share a key and are similar enough, or if their
tickets share a certain key. Its number is the lowest of its shapes' numbers, so that the same tickets make the same
families in whatever order they come.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from service.analysis.families.shape import Shape
from service.analysis.families.similarity import SAME, similarity
from service.store.results import facts, shapes
from service.store.results.shapes import MAX_SHAPES_PER_KEY, SHAPE, CertainKey, ShapeStore, StoredShape

SHAPES_AT_ONCE = 100
# Beyond so many lost edges, walking through the family once is cheaper than asking the store for each.
MOST_EDGES_ASKED = 20
LostEdge = tuple[int, int | None]
"""A shape that a certain key no longer holds, with one that it still holds, if there is any."""


@dataclass(frozen=True, slots=True)
class Membership:
    """The ties of a ticket to a family: its shape, and the keys that join it with certainty."""

    shape: Shape
    shape_id: int
    certain: frozenset[CertainKey]


@dataclass(slots=True)
class FamilyMoves:
    """The moves of families within one batch.

    `split` exist now and lost tickets to others, or got them from a split; `gone` exist no more. `merged` holds, by
    the family that is left, those that were merged into it; it may have been split since. `origin` is the former
    family of each ticket that moved with its family, by number of ticket.
    """

    split: set[int] = field(default_factory=set)
    merged: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    gone: set[int] = field(default_factory=set)
    origin: dict[int, int] = field(default_factory=dict)


class DisjointSets:
    """Union-find over numbers: sets that are merged one after the other, each named by its lowest number."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}

    def find(self, number: int) -> int:
        """Return the name of the set that contains a number."""
        parent = self._parent
        root = number
        while (above := parent.get(root, root)) != root:
            root = above
        # Path compression: every number on the way points to the root from now on, so that chains stay short.
        while number != root:
            parent[number], number = root, parent.get(number, number)
        return root

    def join(self, left: int, right: int) -> None:
        """Merge the sets that contain two numbers."""
        # By lowest name, not by rank: the name must not depend on the order of the joins. Compression alone keeps
        # look-ups cheap.
        low, high = sorted((self.find(left), self.find(right)))
        self._parent[high] = low

    def renamed(self) -> list[tuple[int, int]]:
        """Return every number that no longer names its set, with the name."""
        return [(number, self.find(number)) for number in list(self._parent) if self.find(number) != number]


class FamilyClustering:
    """Keeps the families of one database in step with its tickets; each step within the caller's transaction."""

    def __init__(self, store: ShapeStore) -> None:
        self._store = store

    def place(self, connection: Connection, memberships: Iterable[Membership]) -> tuple[dict[int, int], list[int]]:
        """Store new shapes; return (the family of each shape before any join, the numbers of the new shapes)."""
        by_id = {membership.shape_id: membership.shape for membership in memberships}
        family_of = self._store.families(connection, list(by_id))
        new = sorted(by_id.keys() - family_of.keys())
        self._store.add(connection, [_stored_shape(id_, by_id[id_]) for id_ in new])
        return family_of | {id_: id_ for id_ in new}, new

    def join(
        self, connection: Connection, new: Sequence[int], memberships: Mapping[int, Membership], moves: FamilyMoves
    ) -> None:
        """Join families by the new shapes and by the certain keys of these tickets, whose facts are written."""
        sets = DisjointSets()
        for start in range(0, len(new), SHAPES_AT_ONCE):
            self._join_similar(connection, new[start : start + SHAPES_AT_ONCE], sets)
        keys = sorted({key for membership in memberships.values() for key in membership.certain})
        for family_numbers in self._store.families_by_certain_key(connection, keys).values():
            first, *rest = sorted(family_numbers)
            for number in rest:
                sets.join(first, number)
        # Written only now, once per family: one that is joined twice in a batch does not move its tickets twice.
        for merged, survivor in sets.renamed():
            self._merge(connection, merged, survivor, moves)

    def _join_similar(self, connection: Connection, new: Sequence[int], sets: DisjointSets) -> None:
        new_shapes = self._store.load(connection, SHAPE.c.id.in_(new))
        keys = sorted({key for shape in new_shapes for key in shape.keys})
        # Only shapes that share a key are compared, and of a common key only the first 500: a new ticket costs the
        # same whatever the store holds.
        by_key = self._store.shapes_by_key(connection, keys)
        candidates = sorted({id_ for shape_ids in by_key.values() for id_ in shape_ids})
        family_of = self._store.families(connection, candidates)
        contents = self._store.contents(connection, candidates)
        for shape in new_shapes:
            for candidate in sorted({id_ for key in shape.keys for id_ in by_key.get(key, ())}):
                # Two that are in one set already need no comparison: most are, in a family of many shapes.
                left, right = sets.find(shape.family_id), sets.find(family_of[candidate])
                if left != right and similarity(shape.content, contents[candidate]) >= SAME:
                    sets.join(left, right)

    def _merge(self, connection: Connection, merged: int, survivor: int, moves: FamilyMoves) -> None:
        for ticket in facts.tickets_of_family(connection, merged):
            # The first origin counts: it is the family by which the ticket was counted before the batch.
            moves.origin.setdefault(ticket, merged)
        shapes.assign_family(connection, SHAPE.c.family_id == merged, survivor)
        facts.reassign_family(connection, merged, survivor)
        moves.gone.add(merged)
        moves.merged[survivor].add(merged)

    def split(
        self, connection: Connection, left: Iterable[int], lost_edges: Collection[LostEdge], moves: FamilyMoves
    ) -> None:
        """Split the families that fall apart, and remove the shapes that no ticket has any more.

        `left` are the shapes that some ticket had and no longer has, `lost_edges` what certain keys no longer hold.
        """
        suspects = sorted(set(left))
        unused = sorted(set(suspects) - facts.shapes_in_use(connection, suspects))
        family_of = self._store.families(connection, sorted({*unused, *(shape_id for shape_id, _ in lost_edges)}))
        edges_of: defaultdict[int, list[LostEdge]] = defaultdict(list)
        for edge in lost_edges:
            edges_of[family_of[edge[0]]].append(edge)
        # A shape that goes may have been the only bridge between others; a lost edge may be held by another key.
        affected = {family_of[shape_id] for shape_id in unused}
        affected |= {family for family, edges in edges_of.items() if _may_break(connection, edges)}
        self._store.remove(connection, unused)
        for family in sorted(affected):
            self._split_family(connection, family, moves)

    def _split_family(self, connection: Connection, family: int, moves: FamilyMoves) -> None:
        components = self._components(connection, family)
        if components.keys() == {family}:
            return
        if family not in components:
            moves.gone.add(family)
        for number, shape_ids in components.items():
            moves.split.add(number)
            if number != family:
                for shape_id in shape_ids:
                    self._move_shape(connection, shape_id, family, number, moves)

    def _move_shape(self, connection: Connection, shape_id: int, old: int, new: int, moves: FamilyMoves) -> None:
        for ticket in facts.tickets_of_shape(connection, shape_id):
            moves.origin.setdefault(ticket, old)
        shapes.assign_family(connection, SHAPE.c.id == shape_id, new)
        facts.assign_shape(connection, shape_id, new)

    def _components(self, connection: Connection, family: int) -> dict[int, list[int]]:
        """Return the connected components of a family's shapes, each by the lowest number in it."""
        members = self._store.of_family(connection, family)
        sets = DisjointSets()
        _connect_similar(members, sets)
        first_shape: dict[CertainKey, int] = {}
        for key, shape_id in self._store.certain_keys_of_family(connection, family):
            sets.join(first_shape.setdefault(key, shape_id), shape_id)
        components: dict[int, list[int]] = defaultdict(list)
        for shape in members:
            components[sets.find(shape.id)].append(shape.id)
        return components


def _may_break(connection: Connection, edges: Sequence[LostEdge]) -> bool:
    """Return whether a family that has lost these edges may fall apart."""
    return len(edges) > MOST_EDGES_ASKED or not all(
        still_held is not None and shapes.share_certain_key(connection, shape_id, still_held)
        for shape_id, still_held in edges
    )


def _stored_shape(id_: int, shape: Shape) -> StoredShape:
    # A new shape is a family of its own until something joins it.
    return StoredShape(id_, id_, shape.keys, shape.lookup_keys, shape.content)


def _connect_similar(members: Sequence[StoredShape], sets: DisjointSets) -> None:
    by_key: dict[int, list[StoredShape]] = defaultdict(list)
    for shape in members:
        for key in shape.keys:
            # Bounded as the joins are: a key that very many shapes share must not make a split quadratic.
            for candidate in by_key[key][:MAX_SHAPES_PER_KEY]:
                is_apart = sets.find(shape.id) != sets.find(candidate.id)
                if is_apart and similarity(shape.content, candidate.content) >= SAME:
                    sets.join(shape.id, candidate.id)
            by_key[key].append(shape)
