"""Likelihood that two shapes are the same problem: a logistic regression over readable features."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from service.analysis.families.candidates import Flags, Floats, Integers, ShapeTable

DAY = 86400
SEASON, WEEK = 180 * DAY, 7 * DAY
PAIRS_AT_ONCE = 50_000

# Learnt from the duplicates that people linked among 7,488 issues of three projects, by benchmarks/likelihood.py.
INTERCEPT = -11.8540
COEFFICIENTS: Mapping[str, float] = MappingProxyType(
    {
        "shared": 1.1446,
        "shared_title": 0.5078,
        "overlap": 0.1038,
        "title_overlap": 0.1473,
        "least_cover": 2.8939,
        "most_cover": 2.7710,
        "shared_words": 0.1240,
        "same_part": 0.5258,
        "different_part": -0.2080,
        "title_length": 0.2579,
        "text_length": -0.1110,
        "near_180_days": 2.2239,
        "near_7_days": 0.4113,
    }
)
MARKED = 4.0548
"""By how much it raises the log-odds of a pair that people closed one of its tickets as a duplicate."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The intercept and the coefficients of a regression, in the order of `COEFFICIENTS`."""

    intercept: float
    coefficients: Floats


SHIPPED = Weights(INTERCEPT, np.array(list(COEFFICIENTS.values())))


def log_odds(values: Floats, weights: Weights = SHIPPED) -> Floats:
    """Return the log-odds that people would link each pair as duplicates, from `feature_values`."""
    return np.asarray(weights.intercept + values @ weights.coefficients)


def feature_values(table: ShapeTable, first: Integers, second: Integers) -> Floats:
    """Return the features of pairs of the table, one row a pair, in the order of `COEFFICIENTS`."""
    parts = [
        _rows(features(table, first[begin : begin + PAIRS_AT_ONCE], second[begin : begin + PAIRS_AT_ONCE]))
        for begin in range(0, len(first), PAIRS_AT_ONCE)
    ]
    return np.concatenate([np.zeros((0, len(COEFFICIENTS))), *parts])


def probability(odds: Floats) -> Floats:
    """Return the probabilities that belong to log-odds."""
    return np.asarray(1 / (1 + np.exp(-odds)))


def features(table: ShapeTable, first: Integers, second: Integers) -> dict[str, Floats]:
    """Return the features of pairs by name, as `COEFFICIENTS` weighs them."""
    rarity = table.rarity
    whole, titles = _scaled(table.words, rarity), _scaled(table.title_words, rarity)
    shared, shared_title = _common(whole, table.words, first, second), _common(titles, table.title_words, first, second)
    covers = [
        _ratio(_common(titles, table.words, left, right), _total(titles)[left])
        for left, right in ((first, second), (second, first))
    ]
    same_part = _common(table.parts, table.parts, first, second) > 0
    title_counts, counts = _total(table.title_words), _total(table.words)
    seconds = np.abs(table.opened_at[first] - table.opened_at[second])
    return {
        "shared": np.log1p(shared),
        "shared_title": np.log1p(shared_title),
        "overlap": _jaccard(shared, _total(whole), first, second),
        "title_overlap": _jaccard(shared_title, _total(titles), first, second),
        "least_cover": np.minimum(*covers),
        "most_cover": np.maximum(*covers),
        "shared_words": np.log1p(_common(table.words, table.words, first, second)),
        "same_part": same_part.astype(float),
        "different_part": (~same_part & _both(_total(table.parts) > 0, first, second)).astype(float),
        "title_length": np.log1p(np.minimum(title_counts[first], title_counts[second])),
        "text_length": np.log1p(np.minimum(*((counts - title_counts)[side] for side in (first, second)))),
        "near_180_days": np.exp(-seconds / SEASON),
        "near_7_days": np.exp(-seconds / WEEK),
    }


def _rows(values: Mapping[str, Floats]) -> Floats:
    return np.stack([values[name] for name in COEFFICIENTS], axis=1)


def _common(weighted: Any, sets: Any, first: Integers, second: Integers) -> Floats:
    """Return the weight of what both shapes of each pair have."""
    return np.asarray(weighted[first].multiply(sets[second]).sum(axis=1)).ravel()


def _scaled(sets: Any, rarity: Floats) -> Any:
    weighted = sets.copy()
    weighted.data = rarity[weighted.indices]
    return weighted


def _total(matrix: Any) -> Floats:
    return np.asarray(matrix.sum(axis=1)).ravel()


def _jaccard(shared: Floats, totals: Floats, first: Integers, second: Integers) -> Floats:
    return _ratio(shared, totals[first] + totals[second] - shared)


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)


def _both(flags: Flags, first: Integers, second: Integers) -> Flags:
    return np.asarray(flags[first] & flags[second])
