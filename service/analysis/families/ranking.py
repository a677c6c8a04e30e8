"""Ranking of candidates for suggestions, by shared words and their rarity, by place and by time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import exp, log, sqrt

from service.analysis.families.shape import lookup_key
from service.analysis.families.similarity import ShapeContent, compatible, unpack

IN_TITLE, IN_TEXT = 1.6, 1.0
NEAR_PLACE = 0.3
NEAR_TIME = 2.0
FADING_SECONDS = 180 * 86400


@dataclass(frozen=True, slots=True)
class Candidate:
    """A shape that shares a lookup key with the query; `opened_at` is in epoch seconds."""

    id: int
    content: bytes
    opened_at: int


def rank(query: Candidate, candidates: Iterable[Candidate], frequency: Mapping[int, int], shapes: int) -> list[int]:
    """Return the ids of the candidates whose place does not exclude the query's, the likeliest first.

    `frequency` holds how many of the source's `shapes` have each lookup key of the query; only these count. Words weigh
    by inverse document frequency (Robertson and Sparck Jones 1976), as in BM25.
    """
    query_content = unpack(query.content)
    keys = {word: lookup_key(query_content.source, word) for word in query_content.text}
    rarity = {word: _rarity(frequency[key], shapes) for word, key in keys.items() if key in frequency}
    scores = [
        (
            -_score(query_content, rarity, content)
            * _nearness(query_content, content, query.opened_at - candidate.opened_at),
            candidate.id,
        )
        for candidate in candidates
        if compatible(query_content, content := unpack(candidate.content))
    ]
    return [id_ for _, id_ in sorted(scores)]


def _score(query: ShapeContent, rarity: Mapping[int, float], content: ShapeContent) -> float:
    shared = rarity.keys() & content.text
    hit = sum([rarity[word] ** 2 * _field_weight(word, query) * _field_weight(word, content) for word in shared])
    return hit / sqrt(sqrt(1 + sum([_field_weight(word, content) ** 2 for word in content.text])))


def _field_weight(word: int, shape: ShapeContent) -> float:
    return IN_TITLE if word in shape.title else IN_TEXT


def _rarity(holders: int, shapes: int) -> float:
    return log(1 + (shapes - holders + 0.5) / (holders + 0.5))


def _nearness(first: ShapeContent, second: ShapeContent, seconds: int) -> float:
    place = NEAR_PLACE if not first.parts.isdisjoint(second.parts) else 0.0
    # The same problem comes in bursts: what was opened near in time and in the same part is likelier it.
    return (1 + place) * (1 + NEAR_TIME * exp(-abs(seconds) / FADING_SECONDS))
