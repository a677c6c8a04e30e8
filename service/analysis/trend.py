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
    """The direction of a weekly series over the last 26 closed weeks: Theil-Sen slope, Mann-Kendall test.

    A bound of the slope is null where the data do not bound it.
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
    """A change of level in a list of values."""

    index: Annotated[int, Field(description="The place of the first value of the new level, from 0.")]
    before: Annotated[float, Field(description="Median before, in the unit of the metric.")]
    after: Annotated[float, Field(description="Median from then on, in the unit of the metric.")]
    p: PValue


def fit_trend(weekly: Sequence[float | None]) -> Trend | None:
    """Return the trend over the last 26 weeks of a series; None if fewer than 8 have a value.

    The slope is that of Theil (1950) and Sen (1968), the test that of Mann (1945) and Kendall (1975) with ties, its
    variance corrected for autocorrelation (Hamed and Rao 1998) where that makes it larger; the interval is Sen's with
    the same variance.
    """
    # A week without a value is left out, and the others keep their distance: closing up would make slopes steeper.
    weeks, values = _measured(weekly[-WEEKS:])
    if len(values) < LEAST_WEEKS:
        return None
    earlier, later = np.triu_indices(len(values), 1)
    rises = values[later] - values[earlier]
    slopes = np.sort(rises / (weeks[later] - weeks[earlier]))
    slope, score = float(np.median(slopes)), int(np.sign(rises).sum())
    inflation = _inflation(weeks, _residual_ranks(values, slope * weeks))
    deviation = math.sqrt(_variance(values) * inflation)
    p = math.erfc(max(abs(score) - 1, 0) / deviation / math.sqrt(2)) if deviation else 1.0
    low, high = _bounds(slopes, Z * deviation)
    return Trend(_direction(score, p), slope, low, high, p, len(values), inflation > 1)


def find_change_points(weekly: Sequence[float | None]) -> list[ChangePoint]:
    """Return the change of level within the last 26 weeks, if there is a significant one.

    Pettitt's test (1979): K is the largest of |U_t|, p = 2 exp(-6 K^2 / (n^3 + n^2)), with K^2 divided by what an AR(1)
    process about the two levels adds to the variance of a sum. A steady slope shows as a change of level too. With
    fewer than 8 values there is none; below 12 no change is large enough to be significant.
    """
    skipped = max(0, len(weekly) - WEEKS)
    weeks, values = _measured(weekly[skipped:])
    n = len(values)
    if n < LEAST_WEEKS:
        return []
    scores = np.abs(np.cumsum(_ranks(values))[:-1])
    split = int(np.argmax(scores)) + 1
    before, after = float(np.median(values[:split])), float(np.median(values[split:]))
    # Uncorrected, a correlation of 0.4 between weeks makes 17 % false alarms; divided by the excess, 4.4 %.
    excess = _excess(weeks, _residual_ranks(values, np.where(np.arange(n) < split, before, after)))
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
    """Return the variance of Kendall's score with ties (Kendall 1975)."""
    n = len(values)
    _, ties = np.unique(values, return_counts=True)
    return float(n * (n - 1) * (2 * n + 5) - np.sum(ties * (ties - 1) * (2 * ties + 5))) / 18


def _bounds(slopes: Numbers, spread: float) -> tuple[float | None, float | None]:
    """Return the interval of the median slope; without ties it excludes zero if the test is significant."""
    outside = math.ceil((len(slopes) - spread - 1) / 2) - 1
    if outside < 0:
        return None, None
    return float(slopes[outside]), float(slopes[-1 - outside])


def _inflation(weeks: NDArray[Any], ranks: Numbers) -> float:
    """Return the factor by which significant autocorrelations of the ranks inflate the score's variance.

    Hamed and Rao (1998), formula 7.
    """
    n, correlations = len(ranks), _autocorrelations(weeks, ranks)
    lags = np.arange(1, min(n, len(correlations)))
    by_lag = correlations[1:n]
    weights = (n - lags) * (n - lags - 1) * (n - lags - 2)
    significant = np.abs(by_lag) > Z / math.sqrt(n)
    # Never below 1: in 26 weeks the estimate is noise. Taken as it comes, it may even be negative, and 9.3 % of white
    # noise would be called a trend instead of 4.7 %.
    return max(1.0, 1 + 2 * float(np.sum(weights[significant] * by_lag[significant])) / (n * (n - 1) * (n - 2)))


def _excess(weeks: NDArray[Any], ranks: Numbers) -> float:
    """Return the factor by which a positive AR(1) correlation widens the variance of a sum, never below 1."""
    n = len(ranks)
    # The estimate r of about n / 2 weeks a level is biased by -(1 + 3 r) / (n / 2) (Marriott and Pope 1954).
    correlation = (n * float(_autocorrelations(weeks, ranks)[1]) + 2) / (n - 6)
    lags = np.arange(1, n)
    return 1 + 2 * float(np.sum((n - lags) * np.clip(correlation, 0, HIGHEST_CORRELATION) ** lags)) / n


def _autocorrelations(weeks: NDArray[Any], ranks: Numbers) -> Numbers:
    """Return the autocorrelations of the ranks by distance in weeks; all zero if the ranks do not differ."""
    centred = np.zeros(int(weeks[-1] - weeks[0]) + 1)
    # A missing week stays at zero: it adds nothing, and the distances remain true.
    centred[weeks - weeks[0]] = ranks
    products: Numbers = np.correlate(centred, centred, "full")[len(centred) - 1 :]
    return products / (float(products[0]) or 1.0)


def _ranks(values: Numbers, noise: float = 0.0) -> Numbers:
    """Return twice the centred rank: how many values are smaller less how many are larger, beyond the noise."""
    rises = values[:, None] - values[None, :]
    ranks: Numbers = np.where(np.abs(rises) > noise, np.sign(rises), 0.0).sum(axis=1)
    return ranks


def _residual_ranks(values: Numbers, fitted: Numbers) -> Numbers:
    """Return the ranks of the residuals of a fit."""
    # Residuals that differ by rounding alone are tied: breaking such ties would invent correlations.
    return _ranks(values - fitted, ROUNDING * float(np.abs(values).max()))
