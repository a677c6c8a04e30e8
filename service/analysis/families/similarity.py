"""How alike two shapes are: a pure, symmetric function of the two alone."""

from array import array
from dataclasses import dataclass
from functools import lru_cache

from service.analysis.families.shape import HEAD
from service.analysis.families.words import BITS, mass

SAME = 0.65
CONTRARY = 0.5
ENOUGH = 7
TOPIC = 2 << BITS


@dataclass(frozen=True, slots=True)
class ShapeContent:
    """The content of a shape, opened. `keys` holds the anchors too."""

    source: int
    project: int
    service: int
    category: int
    named: frozenset[int]
    title: frozenset[int]
    text: frozenset[int]
    parts: frozenset[int]
    keys: frozenset[int]
    anchors: frozenset[int]


@lru_cache(maxsize=4096)
def unpack(content: bytes) -> ShapeContent:
    """The content of a shape, opened."""
    source, project, service, category, named, pieces, rest, parts, anchors, pairs = HEAD.unpack_from(content)
    titled = named + pieces
    words, found = array("I"), array("q")
    end = HEAD.size + 4 * (titled + rest + parts)
    words.frombytes(content[HEAD.size : end])
    found.frombytes(content[end : end + 8 * (anchors + pairs)])
    return ShapeContent(
        source=source,
        project=project,
        service=service,
        category=category,
        named=frozenset(words[:named]),
        title=frozenset(words[:titled]),
        text=frozenset(words[: titled + rest]),
        parts=frozenset(words[titled + rest :]),
        keys=frozenset(found),
        anchors=frozenset(found[:anchors]),
    )


def similarity(one: bytes, other: bytes) -> float:
    """From 0 to 1; the same problem from SAME on. 0 where the places exclude each other or no key is shared.

    Titles that each name something the other ticket does not know of speak of different things, however many words
    they share: such a pair stays below SAME. One title within the other counts by the weighted share of their words
    (Jaccard); a title within the other's whole text also by how far the whole texts agree.
    """
    first, second = unpack(one), unpack(other)
    if not compatible(first, second) or first.keys.isdisjoint(second.keys):
        return 0.0
    if not first.anchors.isdisjoint(second.anchors):
        return 1.0
    alike = mass(first.title & second.title) / (mass(first.title | second.title) or 1)
    if mass([word for word in first.named & second.named if word >= TOPIC]) < ENOUGH:
        return alike * CONTRARY
    if _within(first.title, second.title) or _within(second.title, first.title):
        return alike
    if _within(first.title, second.text) or _within(second.title, first.text):
        whole = mass(first.text & second.text) / mass(first.text | second.text)
        return max(alike * CONTRARY, (_told(first, second) + whole) / 2)
    return alike * CONTRARY


def compatible(one: ShapeContent, other: ShapeContent) -> bool:
    """Whether the places do not exclude each other: what both know of project and service, else category, is equal."""
    if one.source != other.source or (one.project and other.project and one.project != other.project):
        return False
    if one.service and other.service:
        return one.service == other.service
    return not (one.category and other.category) or one.category == other.category


def _within(title: frozenset[int], words: frozenset[int]) -> bool:
    """Whether everything that a title names is among these words."""
    return not [word for word in title - words if word >= TOPIC]


def _told(one: ShapeContent, other: ShapeContent) -> float:
    """How much of the titles the other's text knows of, by weight: the lesser share of the two."""
    return min(mass(one.title & other.text) / mass(one.title), mass(other.title & one.text) / mass(other.title))
