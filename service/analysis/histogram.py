"""Logarithmic histograms of durations: additive, so that a percentile of a year is had from those of its weeks."""

import math
from collections.abc import Iterable, Mapping
from functools import cache

WIDTH = 1.02
PRECISION = "to within 1 %"
_STEP = math.log(WIDTH)


def bucket(seconds: int) -> int:
    """The number of the bucket of a duration: 0 up to one second, each further one 2 % wider than the one before."""
    return int(math.log(seconds) / _STEP) + 1 if seconds > 1 else 0


@cache
def middle(number: int) -> float:
    """The duration in seconds that stands for a bucket: its geometric middle, at most 1 % from any in it."""
    return 0.0 if number == 0 else WIDTH ** (number - 0.5)


def histograms(sums: Mapping[str, int], prefixes: Iterable[str]) -> dict[str, dict[int, int]]:
    """Prefix to bucket to count, of the measures `prefix:BUCKET` that are not zero."""
    found: dict[str, dict[int, int]] = {prefix: {} for prefix in prefixes}
    for name, count in sums.items():
        prefix, colon, number = name.partition(":")
        if colon and count and prefix in found:
            found[prefix][int(number)] = count
    return found
