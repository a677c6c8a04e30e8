"""Trends and changes of level in a weekly series."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from service.analysis.fields import High, Low, PValue

Direction = Literal["rising", "falling", "flat"]
Numbers = NDArray[np.float64]

Z = 1.959963984540054
WEEKS = 26
LEAST_WEEKS = 8
SIGNIFICANT = 0.05
HIGHEST_CORRELATION = 0.95
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Trend:
    """Where a weekly series is going.

    `slope_per_week` is in the series' unit with its 95 % interval `low` to `high` (None: the data do not bound it);
    `p` is two-sided, `weeks` how many weeks had a value. `corrected`: autocorrelation was found and widened both.
    """

    direction: Annotated[Direction, Field(description="Rising or falling at p below 0.05.")]
    slope_per_week: Annotated[float, Field(description="Change a week, in the unit of the metric.")]
    low: Low
    high: High
    p: PValue
    weeks: Annotated[int, Field(description="The number of weeks with a value.")]
    corrected: Annotated[bool, Field(description="True if autocorrelation was found, which widened interval and p.")]


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """A change of level: `index` is the first week of the new one in the series given; levels are medians."""

    index: Annotated[int, Field(description="The place of the first value of the new level, from 0.")]
    before: Annotated[float, Field(description="Median before, in the unit of the metric.")]
    after: Annotated[float, Field(description="Median from then on, in the unit of the metric.")]
    p: PValue


def trend(weekly: Sequence[float | None]) -> Trend | None:
    """The trend over the last 26 weeks of a series without gaps in time; None where fewer than 8 have a value.

    The slope is that of Theil (1950) and Sen (1968), the test that of Mann (1945) and Kendall (1975) with ties, its
    variance corrected for autocorrelation (Hamed and Rao 1998) where that makes it larger; the interval is Sen's
    with the same variance. A week without a value (None) is left out, and the others keep their distance.
    """
    weeks, values = _measured(weekly[-WEEKS:])
    if len(values) < LEAST_WEEKS:
        return None
    one, other = np.triu_indices(len(values), 1)
    rises = values[other] - values[one]
    slopes = np.sort(rises / (weeks[other] - weeks[one]))
    slope, score = float(np.median(slopes)), int(np.sign(rises).sum())
    inflation = _inflation(weeks, _left(values, slope * weeks))
    deviation = math.sqrt(_variance(values) * inflation)
    p = math.erfc(max(abs(score) - 1, 0) / deviation / math.sqrt(2)) if deviation else 1.0
    low, high = _bounds(slopes, Z * deviation)
    return Trend(_direction(score, p), slope, low, high, p, len(values), inflation > 1)


def change_points(weekly: Sequence[float | None]) -> list[ChangePoint]:
    """The change of level within the last 26 weeks, where there is a significant one; else nothing.

    Pettitt's test (1979): K is the largest of |U_t|, p = 2 exp(-6 K^2 / (n^3 + n^2)), with K^2 divided by what an
    AR(1) process about the two levels adds to the variance of a sum. A steady slope shows as a change of level too.
    Fewer than 8 weeks with a value: nothing; below 12 no change is large enough to be significant.
    """
    skipped = max(0, len(weekly) - WEEKS)
    weeks, values = _measured(weekly[skipped:])
    n = len(values)
    if n < LEAST_WEEKS:
        return []
    scores = np.abs(np.cumsum(_ranks(values))[:-1])
    split = int(np.argmax(scores)) + 1
    before, after = float(np.median(values[:split])), float(np.median(values[split:]))
    excess = _excess(weeks, _left(values, np.where(np.arange(n) < split, before, after)))
    p = min(1.0, 2 * math.exp(-6 * float(scores[split - 1]) ** 2 / (excess * (n**3 + n**2))))
    changed = p < SIGNIFICANT and before != after
    return [ChangePoint(skipped + int(weeks[split]), before, after, p)] if changed else []


def _measured(weekly: Sequence[float | None]) -> tuple[NDArray[Any], Numbers]:
    pairs = [(week, value) for week, value in enumerate(weekly) if value is not None]
    return np.array([week for week, _ in pairs], dtype=np.int64), np.array([value for _, value in pairs], dtype=float)


def _direction(score: int, p: float) -> Direction:
    if p >= SIGNIFICANT:
        return "flat"
    return "rising" if score > 0 else "falling"


def _variance(values: Numbers) -> float:
    """Variance of Kendall's score with ties (Kendall 1975)."""
    n = len(values)
    _, ties = np.unique(values, return_counts=True)
    return float(n * (n - 1) * (2 * n + 5) - np.sum(ties * (ties - 1) * (2 * ties + 5))) / 18


def _bounds(slopes: Numbers, spread: float) -> tuple[float | None, float | None]:
    """The interval of the median slope: it leaves zero out when the test is significant and nothing is tied."""
    outside = math.ceil((len(slopes) - spread - 1) / 2) - 1
    if outside < 0:
        return None, None
    return float(slopes[outside]), float(slopes[-1 - outside])


def _inflation(weeks: NDArray[Any], ranks: Numbers) -> float:
    """By what the variance of Kendall's score grows, from the significant autocorrelations of the ranks.

    Hamed and Rao (1998), formula 7. Never below 1: in 26 weeks the estimate is too rough to make a test sharper.
    """
    n, correlations = len(ranks), _autocorrelations(weeks, ranks)
    lags = np.arange(1, min(n, len(correlations)))
    found = correlations[1:n]
    weights = (n - lags) * (n - lags - 1) * (n - lags - 2)
    significant = np.abs(found) > Z / math.sqrt(n)
    return max(1.0, 1 + 2 * float(np.sum(weights[significant] * found[significant])) / (n * (n - 1) * (n - 2)))


def _excess(weeks: NDArray[Any], ranks: Numbers) -> float:
    """By what a positive AR(1) correlation widens the variance of a sum, never below 1.

    The estimate r of about n / 2 weeks a level is biased by -(1 + 3 r) / (n / 2) (Marriott and Pope 1954).
    """
    n = len(ranks)
    correlation = (n * float(_autocorrelations(weeks, ranks)[1]) + 2) / (n - 6)
    lags = np.arange(1, n)
    return 1 + 2 * float(np.sum((n - lags) * np.clip(correlation, 0, HIGHEST_CORRELATION) ** lags)) / n


def _autocorrelations(weeks: NDArray[Any], ranks: Numbers) -> Numbers:
    """Of the ranks, by distance in weeks; a missing week adds nothing. All zero where the ranks do not differ."""
    centred = np.zeros(int(weeks[-1] - weeks[0]) + 1)
    centred[weeks - weeks[0]] = ranks
    products: Numbers = np.correlate(centred, centred, "full")[len(centred) - 1 :]
    return products / (float(products[0]) or 1.0)


def _ranks(values: Numbers, noise: float = 0.0) -> Numbers:
    """Twice the centred rank: how many are smaller less how many are larger, by more than the noise of rounding."""
    rises = values[:, None] - values[None, :]
    ranks: Numbers = np.where(np.abs(rises) > noise, np.sign(rises), 0.0).sum(axis=1)
    return ranks


def _left(values: Numbers, fitted: Numbers) -> Numbers:
    """The ranks of what a fit leaves of the values."""
    return _ranks(values - fitted, ROUNDING * float(np.abs(values).max()))
