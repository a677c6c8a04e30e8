"""Forecasts: how many tickets a problem will bring in the next 13 weeks if nothing is done, with an 80 % interval."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BASE_WEEKS, HORIZON_WEEKS = 26, 13
HALF_LIFE = 26
"""Weeks after which a week counts half: problems change, and the latest weeks say most of the next ones."""
BLOCK = 2
"""Weeks in which tickets are counted together, since a flare-up may reach into the next week."""
PRIOR_BLOCKS, PRIOR_DISPERSION = 4, 1.5
"""Before anything is seen, counts are taken to vary half as much again as those of a Poisson process."""
LOW, HIGH = 0.1, 0.9

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Forecast:
    """The expected tickets of the next 13 weeks, and the bounds between which they lie in 80 % of cases."""

    expected: float
    low: int
    high: int


def forecast(weeks: Sequence[int]) -> Forecast:
    """Return the forecast from the tickets of the last 26 closed weeks, the oldest first. Raises ValueError otherwise.

    The rate is the weighted mean. The tickets to come are taken to be negative binomial with the variance of a
    quasi-Poisson prediction, dispersion x mean x (1 + horizon / effective weeks), where the dispersion is that of pairs
    of weeks, drawn towards the prior one.
    """
    if len(weeks) != BASE_WEEKS:
        raise ValueError(f"a forecast needs {BASE_WEEKS} weeks, not {len(weeks)}")
    counts = np.array(weeks, np.float64)
    weights = 0.5 ** (np.arange(BASE_WEEKS)[::-1] / HALF_LIFE)
    expected = float(HORIZON_WEEKS * (weights @ counts) / weights.sum())
    effective = float(weights.sum() ** 2 / (weights**2).sum())
    variance = expected * _dispersion(counts, weights) * (1 + HORIZON_WEEKS / effective)
    return Forecast(expected, _quantile(expected, variance, LOW), _quantile(expected, variance, HIGH))


def _dispersion(counts: Numbers, weights: Numbers) -> float:
    """Return by how much pairs of weeks vary more than a Poisson process, at least 1."""
    blocks, block_weights = counts.reshape(-1, BLOCK).sum(axis=1), weights.reshape(-1, BLOCK).mean(axis=1)
    mean = float(block_weights @ blocks / block_weights.sum())
    if not mean:
        return PRIOR_DISPERSION
    n = len(blocks)
    variance = float(block_weights @ (blocks - mean) ** 2 / block_weights.sum()) * n / (n - 1)
    return max(1.0, (PRIOR_BLOCKS * PRIOR_DISPERSION + n * variance / mean) / (PRIOR_BLOCKS + n))


def _quantile(mean: float, variance: float, share: float) -> int:
    """Return the least count that a share of a negative binomial distribution does not exceed."""
    if not mean:
        return 0
    # The variance is above the mean: the dispersion is 1 or more, and the rate itself is an estimate.
    successes, failure = mean**2 / (variance - mean), 1 - mean / variance
    count, log_chance = 0, successes * float(np.log1p(-failure))
    reached = float(np.exp(log_chance))
    while reached < share:
        log_chance += float(np.log((successes + count) / (count + 1) * failure))
        count += 1
        reached += float(np.exp(log_chance))
    return count
