"""Feedback of persons as clustering takes it: keys that join, shapes of their own, names of dismissed families."""

import hashlib
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from connectors.model import Ticket
from service.analysis.families.shape import Shape, certain_keys, shape_of
from service.analysis.families.visibility import BY_WORDS
from service.pipeline.clustering import Membership
from service.store.results import facts, shapes
from service.store.results.feedback import Correction
from service.store.results.links import Target

CACHED_SHAPES = 5000


class ShapeCache:
    """Shapes of the latest texts, since alerts and outages repeat theirs."""

    def __init__(self) -> None:
        self._cache: OrderedDict[tuple[object, ...], Shape] = OrderedDict()

    def of(self, source: str, ticket: Ticket) -> Shape:
        """Return the shape of a ticket."""
        place = ticket.project, ticket.service, ticket.configuration_item, ticket.category, ticket.components
        text = source, ticket.title, ticket.description, *place
        shape = self._cache.get(text)
        if shape is None:
            shape = shape_of(source, ticket)
            # Without an anchor the shape is this ticket's alone, and not that of another with the same text.
            if shape.anchors:
                self._add(text, shape)
        return shape

    def _add(self, text: tuple[object, ...], shape: Shape) -> None:
        self._cache[text] = shape
        if len(self._cache) > CACHED_SHAPES:
            self._cache.popitem(last=False)


@dataclass(frozen=True, slots=True)
class FamilyFeedback:
    """Persons' corrections by ticket. `dismissed` are the family names of tickets whose families are no trouble."""

    joins: Mapping[Target, frozenset[str]] = field(default_factory=dict)
    parts: Mapping[Target, str] = field(default_factory=dict)
    dismissed: frozenset[str] = frozenset()
    shapes: ShapeCache = field(default_factory=ShapeCache)

    def membership(self, source_id: int, source: str, ticket: Ticket) -> Membership:
        """Return what ties a ticket to a family."""
        target = source_id, ticket.id
        keys = set(self.joins.get(target, ()))
        part = self.parts.get(target)
        shape = _separate_shape(part) if part else self.shapes.of(source, ticket)
        # A ticket that a person split off is tied only to what was split off with it: its links would lead back.
        if part is None:
            keys.update(certain_keys(ticket))
        return Membership(shape, shapes.id_of(shape), frozenset((source_id, key) for key in keys))


def interpret_corrections(
    corrections: Iterable[Correction], sources: Mapping[int, str], cache: ShapeCache
) -> FamilyFeedback:
    """Return corrections as clustering takes them, given in the order in which they were made."""
    joins: dict[Target, set[str]] = defaultdict(set)
    parts: dict[Target, str] = {}
    dismissed: set[str] = set()
    for correction in corrections:
        for id_ in correction.external_ids:
            if correction.what in ("merge", "same"):
                joins[correction.source_id, id_].add(f"merge:{correction.id}")
            elif correction.what == "split":
                # Of two splits of one ticket the later counts, and a split undoes the merges before it.
                parts[correction.source_id, id_] = f"{correction.source_id}:split:{correction.id}"
                joins.pop((correction.source_id, id_), None)
            elif correction.what == "dismiss":
                dismissed.add(facts.family_name(sources[correction.source_id], id_))
    return FamilyFeedback(
        {target: frozenset(keys) for target, keys in joins.items()}, parts, frozenset(dismissed), cache
    )


def _separate_shape(part: str) -> Shape:
    """Return a shape that is similar to nothing, one for each split; a person has recognised it."""
    digest = hashlib.blake2b(part.encode(), digest_size=16).digest()
    return Shape(digest=digest, keys=(), content=b"", anchors=(), lookup_keys=(), visibility=BY_WORDS)
