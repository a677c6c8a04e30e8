"""Desks whose changes break something, and desks whose changes do not: how often each is told so.

python -m benchmarks.aftermath [--seeds N]
"""

import argparse
from collections.abc import Iterator

import numpy as np

from service.analysis.aftermath import Aftermath, Bounds, ServiceCourse, measure_aftermath
from service.analysis.episodes import DAY, HOUR, WEEK

MONDAY = 4 * DAY
"""The first Monday of 1970."""
SERVICES, CHANGES_A_WEEK, WEEKS = 12, 0.5, 13
FAILURES_A_WEEK = 4.0
BY_WEEKDAY = np.array([1.4, 1.1, 1.0, 1.0, 0.9, 0.3, 0.3])
PERIOD = Bounds(MONDAY + 26 * WEEK, MONDAY + (26 + WEEKS) * WEEK)
COVERED = Bounds(MONDAY, MONDAY + (26 + WEEKS) * WEEK)
BREAKS = 0.5
"""The share of the changes of a desk with an aftermath that break something."""


def measure(seed: int, *, breaks: float) -> Aftermath:
    """Return what the product says of a desk; a share of its changes each bring one to three failures."""
    rng = np.random.default_rng(seed)
    return measure_aftermath(list(_courses(rng, breaks)), PERIOD, COVERED)


def _courses(rng: np.random.Generator, breaks: float) -> Iterator[ServiceCourse]:
    """Yield services with changes on weekday evenings and failures by the weekday, some of which come in floods."""
    weeks = (COVERED.end - COVERED.begin) // WEEK
    outage = COVERED.begin + int(rng.integers(20, weeks)) * WEEK + int(rng.integers(0, WEEK))
    for number in range(SERVICES):
        ends = np.sort(_evenings(rng, rng.poisson(CHANGES_A_WEEK * weeks), weeks))
        rate = FAILURES_A_WEEK * rng.gamma(2.0, 0.5)
        openings = [_by_weekday(rng, rng.poisson(rate * weeks), weeks)]
        families = [rng.integers(0, 40, len(openings[0]))]
        # An outage of the house floods a third of the services at once, whatever was changed.
        if number % 3 == 0:
            flood = outage + rng.integers(0, 6 * HOUR, rng.integers(5, 60))
            openings, families = [*openings, flood], [*families, np.full(len(flood), 1000)]
        broken = ends[rng.random(len(ends)) < breaks]
        for end in broken:
            after = end + (rng.exponential(18 * HOUR, rng.integers(1, 4))).astype(np.int64)
            openings, families = [*openings, after], [*families, 2000 + rng.integers(0, 1000, len(after))]
        moments, marks = np.concatenate(openings), np.concatenate(families)
        order = np.argsort(moments, kind="stable")
        yield ServiceCourse(ends, np.ones(len(ends), bool), moments[order], marks[order])


def _evenings(rng: np.random.Generator, n: int, weeks: int) -> np.ndarray:
    days = rng.integers(0, weeks, n) * 7 + rng.choice([1, 2, 3], n)
    return np.asarray(COVERED.begin + days * DAY + 18 * HOUR + rng.integers(0, 4 * HOUR, n))


def _by_weekday(rng: np.random.Generator, n: int, weeks: int) -> np.ndarray:
    days = rng.integers(0, weeks, n) * 7 + rng.choice(7, n, p=BY_WEEKDAY / BY_WEEKDAY.sum())
    return np.asarray(COVERED.begin + days * DAY + 7 * HOUR + rng.integers(0, 11 * HOUR, n))


def main() -> None:
    """Print how many desks of each kind are told that failures follow their changes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000)
    seeds = parser.parse_args().seeds
    for breaks in (0.0, 0.25, BREAKS):
        results = [measure(seed, breaks=breaks) for seed in range(seeds)]
        flagged = sum(result.is_credible for result in results)
        covers = sum(result.low is not None and result.low <= 0 <= (result.high or 0) for result in results)
        changes = sum(result.changes for result in results) / seeds
        excess = sum(result.excess for result in results) / seeds
        print(
            f"{breaks:.0%} of the changes break something: {flagged} of {seeds} flagged, interval holds 0 in {covers}, "
            f"{changes:.0f} changes, {excess:.1f} failures more than expected"
        )


if __name__ == "__main__":
    main()
