"""What persons said of families, as the grouping takes it: keys that join, shapes that part, marks of the dismissed."""

import hashlib
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from connectors.model import Ticket
from service.analysis.families.shape import Shape, certain_keys, shape_of
from service.pipeline.clustering import Membership
from service.store.results import facts, shapes
from service.store.results.feedback import Correction

REMEMBERED = 5000
Named = tuple[int, str]
"""A ticket by the number of its source and its id there."""


class ShapeCache:
    """Shapes of tickets; those of the latest texts are remembered, since alerts and outages repeat theirs."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[object, ...], Shape] = OrderedDict()

    def of(self, source: str, ticket: Ticket) -> Shape:
        """The shape of a ticket."""
        place = ticket.project, ticket.service, ticket.configuration_item, ticket.category, ticket.components
        text = source, ticket.title, ticket.description, *place
        shape = self._known.get(text)
        if shape is None:
            shape = shape_of(source, ticket)
            if shape.anchors:
                self._remember(text, shape)
        return shape

    def _remember(self, text: tuple[object, ...], shape: Shape) -> None:
        """A shape without anchors is one ticket's own, and none of another with the same text."""
        self._known[text] = shape
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


@dataclass(frozen=True, slots=True)
class FamilyFeedback:
    """Persons' words by ticket. `dismissed` are the marks of tickets whose families are no trouble."""

    joins: Mapping[Named, frozenset[str]] = field(default_factory=dict)
    parts: Mapping[Named, str] = field(default_factory=dict)
    dismissed: frozenset[str] = frozenset()
    shapes: ShapeCache = field(default_factory=ShapeCache)

    def membership(self, source_id: int, source: str, ticket: Ticket) -> Membership:
        """What puts a ticket into a family. What a person split off is alike only to what was split off with it."""
        named = source_id, ticket.id
        keys = set(self.joins.get(named, ()))
        part = self.parts.get(named)
        shape = _apart(part) if part else self.shapes.of(source, ticket)
        if part is None:
            keys.update(certain_keys(ticket))
        return Membership(shape, shapes.id_of(shape), frozenset((source_id, key) for key in keys))


def interpret(words: Iterable[Correction], sources: Mapping[int, str], remembered: ShapeCache) -> FamilyFeedback:
    """Words in the order in which they were said; of two splits of one ticket the later counts."""
    joins: dict[Named, set[str]] = defaultdict(set)
    parts: dict[Named, str] = {}
    dismissed: set[str] = set()
    for word in words:
        for id_ in word.external_ids:
            if word.what == "merge":
                joins[word.source_id, id_].add(f"merge:{word.id}")
            elif word.what == "split":
                parts[word.source_id, id_] = f"{word.source_id}:split:{word.id}"
                joins.pop((word.source_id, id_), None)
            elif word.what == "dismiss":
                dismissed.add(facts.family_name(sources[word.source_id], id_))
    return FamilyFeedback(
        {named: frozenset(keys) for named, keys in joins.items()}, parts, frozenset(dismissed), remembered
    )


def _apart(part: str) -> Shape:
    digest = hashlib.blake2b(part.encode(), digest_size=16).digest()
    return Shape(digest=digest, keys=(), content=b"", anchors=(), lookup_keys=())
