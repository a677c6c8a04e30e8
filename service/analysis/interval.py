"""95 % intervals of shares, percentiles, ratios and counts."""

import importlib
import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate
from types import ModuleType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

Z = 1.959963984540054
UPPER = 0.975
LOWER = 0.025


class RatioSums(NamedTuple):
    """The sums that a ratio of parts to wholes needs of its units (tickets): they add up, and can be subtracted.

    `n` units; `whole` and `part` are the sums of w and p with 0 <= p <= w for each unit, `wholes2` of w * w, `products`
    of p * w, `parts2` of p * p. All are integers, hence exact.
    """

    n: int
    whole: int
    part: int
    wholes2: int
    products: int
    parts2: int


def wilson(successes: int, n: int, quantile: float = Z) -> tuple[float, float]:
    """Return the Wilson score interval of a share (Wilson 1927), 95 % unless another normal quantile is given.

    Raises ValueError if n is not positive.
    """
    if n <= 0:
        raise ValueError("a share needs a denominator above zero")
    return _wilson(successes / n, n, quantile)


def share_interval(successes: int, n: int) -> tuple[float, float]:
    """Return the exact interval of a share (Clopper and Pearson 1934), 95 %; n is 1 or more."""
    quantile = _special().betaincinv
    low = quantile(successes, n - successes + 1, LOWER) if successes else 0.0
    high = quantile(successes + 1, n - successes, UPPER) if successes < n else 1.0
    return float(low), float(high)


def share_at_most(successes: int, n: int, share: float) -> float:
    """Return the chance of at most so many successes in n trials: the exact one-sided binomial test."""
    return float(_special().bdtr(successes, n, share))


def poisson(count: int) -> tuple[float, float]:
    """Return the exact interval of the mean of a count (Garwood 1936), 95 %; divide it by the exposure for a rate."""
    quantile = _special().gammaincinv
    return (float(quantile(count, LOWER)) if count else 0.0), float(quantile(count + 1, UPPER))


def percentile(ordered: Sequence[float], q: float) -> tuple[float, float | None, float | None]:
    """Return (value, low, high) of the q-quantile of ordered values, interpolated between order statistics.

    The interval is that of the order statistics, by the normal approximation of the binomial (Conover 1999, 3.2). It
    contains the value; a bound beyond the sample is None.
    """
    return _percentile(ordered.__getitem__, len(ordered), q)


def histogram_percentile(bins: Sequence[tuple[float, int]], q: float) -> tuple[float, float | None, float | None]:
    """Return the same as `percentile`, from (value, count) in the order of the values.

    Raises ValueError if the counts sum to zero.
    """
    upto = list(accumulate(count for _, count in bins))
    if not upto or not upto[-1]:
        raise ValueError("a percentile needs a value")
    return _percentile(lambda place: bins[bisect_left(upto, place + 1)][0], upto[-1], q)


def ratio_of_sums(sums: RatioSums) -> tuple[float, float, float]:
    """Return (value, low, high) of all parts by all wholes, with the ticket as the unit; 95 %.

    The variance is that of a ratio estimator (Cochran 1977, 6.4). The interval is Wilson's for as many tickets as would
    give a share that variance, at most whole^2 / wholes2 (Kish 1965). Raises ValueError if the wholes sum to zero.
    """
    n, whole, part, wholes2, products, parts2 = sums
    if whole <= 0:
        raise ValueError("a ratio needs a denominator above zero")
    squares = (parts2 * whole * whole - 2 * part * whole * products + part * part * wholes2) / whole**2
    # One ticket has no spread to estimate a variance from.
    if n == 1:
        return part / whole, 0.0, 1.0
    # Hours are skewed: a symmetric interval around a small share is too short, and says nothing at 0 or 1.
    return _effective(part / whole, n / (n - 1) * squares / whole**2, whole * whole / wholes2, Z)


def ratio_over_weeks(weeks: Sequence[RatioSums]) -> tuple[float, float, float]:
    """Return (value, low, high) of all parts by all wholes, with the week as the unit; 95 %.

    The variance is that of a ratio estimator over the weeks that are not empty (Cochran 1977, 6.4 and 9A), the quantile
    Student's with one degree of freedom fewer than those, the interval Wilson's as in `ratio_of_sums`. Raises
    ValueError if the wholes sum to zero.
    """
    filled = [week for week in weeks if week.whole > 0]
    value, low, high = ratio_of_sums(_added(filled))
    if len(filled) == 1:
        return value, 0.0, 1.0
    whole, k = sum(week.whole for week in filled), len(filled)
    squares = sum((week.part - value * week.whole) ** 2 for week in filled)
    student = float(_special().stdtrit(k - 1, UPPER))
    _, least, most = _effective(value, k / (k - 1) * squares / whole**2, math.inf, student)
    # Tickets of one week are not independent, but weeks that happen to agree prove nothing: the interval is never
    # narrower than the one over tickets.
    return value, min(low, least), max(high, most)


def total_over_clusters(totals: Numbers, least_variance: float) -> tuple[float, float, float, float]:
    """Return (total, low, high, p) of independent clusters, 95 %; `p` is the chance of so large a total around zero.

    The variance is that of the clusters, never below `least_variance`; the quantile and the test are Student's with one
    degree of freedom fewer than clusters. Raises ValueError for fewer than two clusters, or without any variance.
    """
    k, total = len(totals), float(totals.sum())
    variance = max(least_variance, k / (k - 1) * float(((totals - totals.mean()) ** 2).sum())) if k > 1 else 0.0
    if not variance:
        raise ValueError("a total needs two clusters or more, and a variance")
    deviation = math.sqrt(variance)
    half = float(_special().stdtrit(k - 1, UPPER)) * deviation
    return total, total - half, total + half, float(_special().stdtr(k - 1, -total / deviation))


def clustered_ratio(
    tickets: RatioSums, by_family: Numbers, by_week: Numbers, by_both: Numbers
) -> tuple[float, float, float]:
    """Return (value, low, high) of all parts by all wholes, with families and weeks as the units; 95 %.

    Each array has two rows, wholes and parts, and a column for each family, each week, or each family in a week. The
    variance of the ratio estimator is that over families plus that over weeks less that over both (Cameron, Gelbach and
    Miller 2011), never below the one over families or the one over tickets. The quantile is Student's with one degree
    of freedom fewer than effective families or weeks, (sum of wholes)^2 / sum of their squares (Kish 1965), whichever
    are fewer; the interval is Wilson's as in `ratio_of_sums`. Over one week the family alone is the unit. Raises
    ValueError if the wholes sum to zero.
    """
    value, low, high = ratio_of_sums(tickets)
    if not by_both[0].any():
        return value, low, high
    families = _cluster_variance(by_family, value)
    weeks = _cluster_variance(by_week, value) - _cluster_variance(by_both, value)
    effective = [_effective_clusters(by_family), *([_effective_clusters(by_week)] if by_week.shape[1] > 1 else [])]
    freedom = max(1.0, min(effective) - 1)
    student = float(_special().stdtrit(freedom, UPPER))
    _, least, most = _effective(value, max(families, families + weeks), math.inf, student)
    # Problems that happen to agree prove nothing: the interval is never narrower than the one over tickets.
    return value, min(low, least), max(high, most)


def _cluster_variance(sums: Numbers, value: float) -> float:
    """Return the variance of a ratio estimator over clusters (Cochran 1977, 6.4 and 9A); zero for one cluster."""
    wholes, parts = sums
    k = len(wholes)
    return float(np.sum((parts - value * wholes) ** 2)) * k / (k - 1) / float(wholes.sum()) ** 2 if k > 1 else 0.0


def _effective_clusters(sums: Numbers) -> float:
    return float(sums[0].sum()) ** 2 / float(sums[0] @ sums[0])


def _added(weeks: Sequence[RatioSums]) -> RatioSums:
    return RatioSums(*(sum(column) for column in zip(*weeks, strict=True))) if weeks else RatioSums(0, 0, 0, 0, 0, 0)


def _effective(value: float, variance: float, most: float, quantile: float) -> tuple[float, float, float]:
    """Return Wilson's interval for the number of units, at most `most`, that would give a share that variance."""
    spread = value * (1 - value)
    n = min(most, spread / variance if variance > 0 else math.inf)
    return (value, value, value) if n == math.inf else (value, *_wilson(value, n, quantile))


def _wilson(share: float, n: float, quantile: float) -> tuple[float, float]:
    z2 = quantile * quantile
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = quantile / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return (0.0 if share == 0 else max(0.0, centre - half)), (1.0 if share == 1 else min(1.0, centre + half))


def _percentile(at: Callable[[int], float], n: int, q: float) -> tuple[float, float | None, float | None]:
    place = q * (n - 1)
    below = math.floor(place)
    value = at(below) + (place - below) * (at(min(below + 1, n - 1)) - at(below))
    half = Z * math.sqrt(n * q * (1 - q))
    low = min(math.floor(n * q - half), below + 1)
    high = max(math.ceil(n * q + half), math.ceil(place) + 1)
    return value, (at(low - 1) if low >= 1 else None), (at(high - 1) if high <= n else None)


@cache
def _special() -> ModuleType:
    # SciPy takes longer to load than most commands run; it is loaded at the first interval.
    return importlib.import_module("scipy.special")
