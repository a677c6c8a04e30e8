"""Logarithmic histograms of durations: additive, so that those of weeks sum up to those of a year."""

import math
from collections.abc import Iterable, Mapping
from functools import cache

# 2 % is far less than the interval of any percentile of some hundred tickets; a year then has 872 buckets.
WIDTH = 1.02
PRECISION = "to within 1 %"
_STEP = math.log(WIDTH)


def bucket_number(seconds: int) -> int:
    """Return the bucket of a duration: 0 up to one second, each further one 2 % wider than the one before."""
    return int(math.log(seconds) / _STEP) + 1 if seconds > 1 else 0


@cache
def bucket_middle(number: int) -> float:
    """Return the geometric middle of a bucket in seconds, at most 1 % from any duration in it."""
    return 0.0 if number == 0 else WIDTH ** (number - 0.5)


def read_histograms(sums: Mapping[str, int], prefixes: Iterable[str]) -> dict[str, dict[int, int]]:
    """Return prefix to bucket to count, of the measures `prefix:BUCKET` that are not zero."""
    histograms: dict[str, dict[int, int]] = {prefix: {} for prefix in prefixes}
    for name, count in sums.items():
        prefix, colon, number = name.partition(":")
        if colon and count and prefix in histograms:
            histograms[prefix][int(number)] = count
    return histograms
