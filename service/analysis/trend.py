"""Trends and changes of level in a weekly series."""

import importlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType
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
POWER = 0.8
STEEPEST = 8.0
"""Slopes beyond so many spreads a week rise from each week to the next for certain."""
HALVINGS = 24
HIGHEST_CORRELATION = 0.95
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Trend:
    """The direction of a weekly series over the last 26 closed weeks: Theil-Sen slope, Mann-Kendall test.

    A bound of the slope is null where the data do not bound it.
    """

    direction: Annotated[Direction, Field(description="Rising or falling at p below 0.05, held to few false ones.")]
    slope_per_week: Annotated[float, Field(description="Change a week, in the unit of the metric.")]
    low: Low
    high: High
    p: PValue
    weeks: Annotated[int, Field(description="The number of weeks with a value.")]
    corrected: Annotated[bool, Field(description="True if autocorrelation was found, which widened interval and p.")]
    visible_per_week: Annotated[
        float | None,
        Field(description="The smallest change a week, up or down, that would be seen in four of five cases."),
    ] = None


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """A change of level in a list of values."""

    index: Annotated[int, Field(description="The place of the first value of the new level, from 0.")]
    before: Annotated[float, Field(description="Median before, in the unit of the metric.")]
    after: Annotated[float, Field(description="Median from then on, in the unit of the metric.")]
    p: PValue

    @property
    def is_significant(self) -> bool:
        """True if chance makes such a change in less than one of twenty series, and the levels differ."""
        return self.p < SIGNIFICANT and self.before != self.after


def fit_trend(weekly: Sequence[float | None], excess: float = 1.0) -> Trend | None:
    """Return the trend over the last 26 weeks of a series; None if fewer than 8 have a value.

    The slope is that of Theil (1950) and Sen (1968), the test that of Mann (1945) and Kendall (1975) with ties, its
    variance multiplied by the largest of 1, Hamed and Rao's (1998) factor, that of an AR(1) process, and `excess`, what
    the caller knows of how weeks hang together. Quantiles are Student's with two weeks fewer than have a value; the
    interval is Sen's with the same variance.
    """
    # A week without a value is left out, and the others keep their distance: closing up would make slopes steeper.
    weeks, values = _measured(weekly[-WEEKS:])
    n = len(values)
    if n < LEAST_WEEKS:
        return None
    earlier, later = np.triu_indices(n, 1)
    rises, distances = values[later] - values[earlier], weeks[later] - weeks[earlier]
    slopes = np.sort(rises / distances)
    slope, score = float(np.median(slopes)), int(np.sign(rises).sum())
    inflation = max(1.0, excess, _inflation(weeks, _residual_ranks(values, slope * weeks)))
    deviation = math.sqrt(_variance(values) * inflation)
    p = 2 * float(_special().stdtr(n - 2, -max(abs(score) - 1, 0) / deviation)) if deviation else 1.0
    quantile = float(_special().stdtrit(n - 2, 1 - SIGNIFICANT / 2))
    low, high = _bounds(slopes, quantile * deviation)
    visible = _visible_slope(
        np.bincount(distances),
        _residual_spread(weeks, values),
        1 + quantile * deviation,
        float(_special().stdtrit(n - 2, POWER)) * deviation,
    )
    return Trend(_direction(score, p), slope, low, high, p, n, inflation > 1, visible)


def likeliest_change(weekly: Sequence[float | None], excess: float = 1.0) -> ChangePoint | None:
    """Return the likeliest change of level within the last 26 weeks, significant or not; None below 8 values.

    Pettitt's test (1979): K is the largest of |U_t|, p = 2 exp(-6 K^2 / (n^3 + n^2)), with K^2 divided by what an AR(1)
    process about the two levels adds to the variance of a sum, or by `excess`, if that is more. A steady slope shows as
    a change of level too. Below 12 values no change is large enough to be significant.
    """
    skipped = max(0, len(weekly) - WEEKS)
    weeks, values = _measured(weekly[skipped:])
    n = len(values)
    if n < LEAST_WEEKS:
        return None
    scores = np.abs(np.cumsum(_ranks(values))[:-1])
    split = int(np.argmax(scores)) + 1
    before, after = float(np.median(values[:split])), float(np.median(values[split:]))
    # Uncorrected, a correlation of 0.4 between weeks makes 17 % false alarms; divided by the excess, 4.4 %.
    ranks = _residual_ranks(values, np.where(np.arange(n) < split, before, after))
    widened = max(excess, _excess(weeks, ranks))
    p = min(1.0, 2 * math.exp(-6 * float(scores[split - 1]) ** 2 / (widened * (n**3 + n**2))))
    return ChangePoint(skipped + int(weeks[split]), before, after, p)


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


def _residual_spread(weeks: NDArray[Any], values: Numbers) -> float:
    """Return the standard deviation of the residuals of least squares; zero where they are rounding alone."""
    centred, deviations = weeks - weeks.mean(), values - values.mean()
    residuals = deviations - float(centred @ deviations) / float(centred @ centred) * centred
    if np.abs(residuals).max() <= ROUNDING * np.abs(values).max():
        return 0.0
    return math.sqrt(float(residuals @ residuals) / (len(values) - 2))


def _visible_slope(pairs: NDArray[Any], spread: float, critical: float, margin: float) -> float | None:
    """Return the slope that lifts Kendall's score beyond a critical one by a margin; None where none does.

    `pairs` counts the pairs of weeks by their distance. Amid normal residuals a pair rises with the probability
    Phi(slope * distance / (spread * root of 2)): the score nears its limit, and its deviation shrinks with that, so
    that in few weeks no slope can be told from chance. Without a spread nothing can be said.
    """
    distances, most = np.arange(len(pairs)) / (math.sqrt(2) * (spread or 1.0)), int(pairs.sum())
    low, high = 0.0, STEEPEST * spread
    if not spread or most <= critical:
        return None
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        score = float(pairs @ (2 * _special().ndtr(middle * distances) - 1))
        is_seen = score >= critical + margin * math.sqrt(max(0.0, 1 - (score / most) ** 2))
        low, high = (low, middle) if is_seen else (middle, high)
    return high


def _inflation(weeks: NDArray[Any], ranks: Numbers) -> float:
    """Return the factor by which autocorrelation inflates the score's variance (Hamed and Rao 1998, formula 7).

    The larger of two: with those autocorrelations of the ranks that are significant, and with the powers of the first
    one, as an AR(1) process has them.
    """
    n, correlations = len(ranks), _autocorrelations(weeks, ranks)
    if not ranks.any():
        return 1.0
    lags = np.arange(1, min(n, len(correlations)))
    weights = (n - lags) * (n - lags - 1) * (n - lags - 2) / (n * (n - 1) * (n - 2))
    by_lag = correlations[1:n]
    significant = np.abs(by_lag) > Z / math.sqrt(n)
    # In 26 weeks few correlations are significant: alone they leave 15 % false trends where neighbours correlate by
    # 0.4. After a line was fitted the first one is too small by (2 + 4 r) / n or so (Marriott and Pope 1954).
    first = float(np.clip((n * correlations[1] + 2) / (n - 4), 0, HIGHEST_CORRELATION))
    return 1 + 2 * max(float(weights[significant] @ by_lag[significant]), float(weights @ first**lags))


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


@cache
def _special() -> ModuleType:
    # SciPy takes longer to load than most commands run; it is loaded at the first trend.
    return importlib.import_module("scipy.special")
