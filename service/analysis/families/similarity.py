"""Similarity of two shapes: a pure, symmetric function of the two alone."""

from array import array
from dataclasses import dataclass
from functools import lru_cache

from service.analysis.families.shape import HEAD
from service.analysis.families.words import BITS, mass

SAME = 0.65
CONTRARY_FACTOR = 0.5
LEAST_SHARED_MASS = 7
LEAST_NAMING_WORD = 2 << BITS


@dataclass(frozen=True, slots=True)
class ShapeContent:
    """The content of a shape, unpacked. `keys` includes the anchors."""

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
    """Return the content of a shape, unpacked."""
    source, project, service, category, named, pieces, rest, parts, anchors, pairs = HEAD.unpack_from(content)
    titled = named + pieces
    words, keys = array("I"), array("q")
    end = HEAD.size + 4 * (titled + rest + parts)
    words.frombytes(content[HEAD.size : end])
    keys.frombytes(content[end : end + 8 * (anchors + pairs)])
    return ShapeContent(
        source=source,
        project=project,
        service=service,
        category=category,
        named=frozenset(words[:named]),
        title=frozenset(words[:titled]),
        text=frozenset(words[: titled + rest]),
        parts=frozenset(words[titled + rest :]),
        keys=frozenset(keys),
        anchors=frozenset(keys[:anchors]),
    )


def similarity(first_content: bytes, second_content: bytes) -> float:
    """Return the similarity from 0 to 1; from SAME on it is the same problem.

    It is 0 if the places exclude each other or no key is shared, and 1 if an anchor is shared. Titles that each name
    something unknown to the other ticket stay below SAME, however many words they share. A title within the other
    counts by the weighted share of their words (Jaccard); a title within the other's whole text also by the agreement
    of the whole texts.
    """
    # It looks at two shapes alone and knows nothing of other tickets, such as how rare a word is. Only so does an
    # unrelated ticket change nothing, and families are the same in whatever order the tickets come.
    first, second = unpack(first_content), unpack(second_content)
    if not compatible(first, second) or first.keys.isdisjoint(second.keys):
        return 0.0
    if not first.anchors.isdisjoint(second.anchors):
        return 1.0
    alike = mass(first.title & second.title) / (mass(first.title | second.title) or 1)
    # Two titles that share only common words share form, not topic.
    if mass([word for word in first.named & second.named if word >= LEAST_NAMING_WORD]) < LEAST_SHARED_MASS:
        return alike * CONTRARY_FACTOR
    if _names_within(first.title, second.title) or _names_within(second.title, first.title):
        return alike
    if _names_within(first.title, second.text) or _names_within(second.title, first.text):
        whole = mass(first.text & second.text) / mass(first.text | second.text)
        return max(alike * CONTRARY_FACTOR, (_title_coverage(first, second) + whole) / 2)
    return alike * CONTRARY_FACTOR


def compatible(first: ShapeContent, second: ShapeContent) -> bool:
    """Return whether two places can be the same: what both know of project and service, else category, is equal."""
    if first.source != second.source or (first.project and second.project and first.project != second.project):
        return False
    # Team and configuration item are no part of a place: teams are renamed, and configuration items are mostly empty in
    # real data.
    if first.service and second.service:
        return first.service == second.service
    return not (first.category and second.category) or first.category == second.category


def _names_within(title: frozenset[int], words: frozenset[int]) -> bool:
    """Return whether everything that a title names is among these words."""
    return not [word for word in title - words if word >= LEAST_NAMING_WORD]


def _title_coverage(first: ShapeContent, second: ShapeContent) -> float:
    """Return how much of the titles the other's text knows, by weight: the lesser share of the two."""
    return min(
        mass(first.title & second.text) / mass(first.title), mass(second.title & first.text) / mass(second.title)
    )
