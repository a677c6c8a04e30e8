"""In which order candidates are suggested: what they share, weighed by how rare it is, where and when they are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import exp, log, sqrt

from service.analysis.families.shape import lookup_key
from service.analysis.families.similarity import ShapeContent, compatible, unpack

IN_TITLE, IN_TEXT = 1.6, 1.0
NEAR_PLACE = 0.3
NEAR_TIME = 2.0
FADES = 180 * 86400


@dataclass(frozen=True, slots=True)
class Candidate:
    """A shape that shares a lookup key with the query; `opened_at` is in epoch seconds."""

    id: int
    content: bytes
    opened_at: int


def rank(query: Candidate, candidates: Iterable[Candidate], frequency: Mapping[int, int], shapes: int) -> list[int]:
    """Ids of the candidates whose place does not exclude the query's, the likeliest first.

    `frequency` tells how many of the source's `shapes` have each lookup key of the query; only these count. Words weigh
    by inverse document frequency (Robertson and Sparck Jones 1976), as in BM25; what was opened near in time and in
    the same part weighs more, because the same problem comes in bursts.
    """
    own = unpack(query.content)
    keys = {word: lookup_key(own.source, word) for word in own.text}
    wanted = {word: _rarity(frequency[key], shapes) for word, key in keys.items() if key in frequency}
    scores = [
        (
            -_score(own, wanted, other) * _near(own, other, query.opened_at - found.opened_at),
            found.id,
        )
        for found in candidates
        if compatible(own, other := unpack(found.content))
    ]
    return [id_ for _, id_ in sorted(scores)]


def _score(own: ShapeContent, wanted: Mapping[int, float], other: ShapeContent) -> float:
    shared = wanted.keys() & other.text
    hit = sum([wanted[word] ** 2 * _field(word, own) * _field(word, other) for word in shared])
    return hit / sqrt(sqrt(1 + sum([_field(word, other) ** 2 for word in other.text])))


def _field(word: int, shape: ShapeContent) -> float:
    return IN_TITLE if word in shape.title else IN_TEXT


def _rarity(holders: int, shapes: int) -> float:
    return log(1 + (shapes - holders + 0.5) / (holders + 0.5))


def _near(one: ShapeContent, other: ShapeContent, seconds: int) -> float:
    place = NEAR_PLACE if not one.parts.isdisjoint(other.parts) else 0.0
    return (1 + place) * (1 + NEAR_TIME * exp(-abs(seconds) / FADES))
