"""Clusters of tickets: those of one problem, and those of one week, which do not come independently of each other."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.analysis.interval import RatioSums, clustered_ratio

Numbers = NDArray[np.float64]
LEAST_WEEKS_OF_A_LINE = 3


@dataclass(frozen=True, slots=True)
class FamilyWeeks:
    """The tickets of a span by family and week: one entry for each family in each week in which it has tickets.

    `weeks` counts from the begin of the span. `sums` holds the measures of the tally by name.
    """

    families: NDArray[np.int64]
    weeks: NDArray[np.int64]
    sums: Mapping[str, Numbers]

    def within(self, weeks: Collection[int]) -> "FamilyWeeks":
        """Return the entries of some weeks."""
        chosen = np.isin(self.weeks, list(weeks))
        sums = {name: values[chosen] for name, values in self.sums.items()}
        return FamilyWeeks(self.families[chosen], self.weeks[chosen], sums)

    def ratio(self, whole: str, part: str, tickets: RatioSums) -> tuple[float, float, float]:
        """Return (value, low, high) of all parts by all wholes, clustered by family and by week; 95 %.

        `tickets` are the sums of the same tickets, each for itself.
        """
        pairs = np.stack([self.sums[whole], self.sums[part]])
        by_family, by_week = _grouped(self.families, pairs), _grouped(self.weeks, pairs)
        return clustered_ratio(tickets, by_family, by_week, pairs)

    def slope_excess(self, whole: str, part: str) -> float:
        """Return the variance of the slope of the weekly share over families, by that over independent weeks.

        Each family has its influence on the least squares slope, the sum of what it adds to the residuals of its weeks;
        families are independent, so the squares of the influences add up (Liang and Zeger 1986). 1 below 3 weeks.
        """
        wholes = np.bincount(self.weeks, self.sums[whole])
        weeks = np.flatnonzero(wholes)
        if len(weeks) < LEAST_WEEKS_OF_A_LINE:
            return 1.0
        shares = np.bincount(self.weeks, self.sums[part])[weeks] / wholes[weeks]
        centred = weeks - weeks.mean()
        slope = float(centred @ shares) / float(centred @ centred)
        line = shares.mean() + slope * centred
        spread = float(np.sum((shares - line) ** 2)) / (len(weeks) - 2)
        place = np.zeros(len(wholes), dtype=np.int64)
        place[weeks] = np.arange(len(weeks))
        has_any = self.sums[whole] > 0
        at = place[self.weeks[has_any]]
        residuals = self.sums[part][has_any] - line[at] * self.sums[whole][has_any]
        influences = _grouped(self.families[has_any], (centred[at] * residuals / wholes[weeks][at])[None, :])
        return float(np.sum(influences**2)) / (spread * float(centred @ centred)) if spread else 1.0


def _grouped(keys: NDArray[Any], values: Numbers) -> Numbers:
    """Return the sums of each row of values by key, one column a key."""
    _, groups = np.unique(keys, return_inverse=True)
    return np.stack([np.bincount(groups, row) for row in values])
