"""95 % intervals of shares and of percentiles."""

import math
from collections.abc import Sequence

Z = 1.959963984540054


def wilson(successes: int, n: int) -> tuple[float, float]:
    """The Wilson score interval of a share (Wilson 1927), 95 %. Raises ValueError where n is not positive."""
    if n <= 0:
        raise ValueError("a share needs a denominator above zero")
    share, z2 = successes / n, Z * Z
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return (0.0 if successes == 0 else centre - half), (1.0 if successes == n else centre + half)


def percentile(ordered: Sequence[float], q: float) -> tuple[float, float | None, float | None]:
    """(value, low, high) of the q-quantile of ordered values, linearly interpolated between order statistics.

    The interval is that of the order statistics, by the normal approximation of the binomial (Conover 1999, 3.2);
    it holds the value, and a bound that lies beyond the sample is None.
    """
    n = len(ordered)
    place = q * (n - 1)
    below = math.floor(place)
    value = ordered[below] + (place - below) * (ordered[min(below + 1, n - 1)] - ordered[below])
    half = Z * math.sqrt(n * q * (1 - q))
    low = min(math.floor(n * q - half), below + 1)
    high = max(math.ceil(n * q + half), math.ceil(place) + 1)
    return value, (ordered[low - 1] if low >= 1 else None), (ordered[high - 1] if high <= n else None)


def ratio(parts: Sequence[float], wholes: Sequence[float]) -> tuple[float, float, float]:
    """(value, low, high) of sum(parts) / sum(wholes), each pair one ticket's, 0 <= part <= whole; 95 %.

    The variance is that of a ratio estimator (Cochran 1977, 6.4); with one ticket the interval is all of [0, 1].
    Raises ValueError where the wholes sum to nothing.
    """
    n, whole = len(wholes), sum(wholes)
    if whole <= 0:
        raise ValueError("a ratio needs a denominator above zero")
    value = sum(parts) / whole
    if n == 1:
        return value, 0.0, 1.0
    squares = sum((part - value * size) ** 2 for part, size in zip(parts, wholes, strict=True))
    half = Z * math.sqrt(n / (n - 1) * squares) / whole
    return value, max(0.0, value - half), min(1.0, value + half)
