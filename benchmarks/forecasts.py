"""Coverage of the 80 % intervals of forecasts, on simulated problems of five kinds.

python -m benchmarks.forecasts. Takes seconds. Each problem is simulated for 39 weeks: 26 to learn from, 13 to foresee.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from service.analysis.forecast import BASE_WEEKS, HORIZON_WEEKS, forecast

PROBLEMS = 400
WEEKS = BASE_WEEKS + HORIZON_WEEKS
LEAST = 4
Counts = NDArray[np.int64]


def _constant(rng: Generator, rate: float) -> Counts:
    return rng.poisson(rate, WEEKS)


def _clustered(rng: Generator, rate: float) -> Counts:
    return rng.negative_binomial(1.0, 1 / (1 + rate), WEEKS)


def _drifting(rng: Generator, rate: float) -> Counts:
    return rng.poisson(rate * np.exp(np.cumsum(rng.normal(0, 0.08, WEEKS))))


def _ending(rng: Generator, rate: float) -> Counts:
    return rng.poisson(np.where(np.arange(WEEKS) < rng.integers(BASE_WEEKS, 2 * WEEKS), rate, 0.02))


def _flaring(rng: Generator, rate: float) -> Counts:
    pauses = rng.gamma(2, rng.uniform(1, 6) / 2, 20 * WEEKS)
    flares = np.cumsum(pauses)
    counts = np.zeros(WEEKS, np.int64)
    for week in flares[flares < WEEKS].astype(int):
        counts[week] += 1 + rng.poisson(rate / 2)
    return counts


KINDS: Mapping[str, Callable[[Generator, float], Counts]] = {
    "constant rate": _constant,
    "clustered counts": _clustered,
    "drifting rate": _drifting,
    "ends by itself": _ending,
    "flare-ups": _flaring,
}


def main() -> None:
    """Print the coverage for each kind, and that of all together."""
    hits = {name: _held(simulate) for name, simulate in KINDS.items()}
    for name, held in hits.items():
        print(f"{name:<18}{np.mean(held):7.1%} of {len(held)}")
    every = np.concatenate(list(hits.values()))
    print(f"{'together':<18}{np.mean(every):7.1%} of {len(every)}")


def _held(simulate: Callable[[Generator, float], Counts]) -> list[bool]:
    """Return whether the interval of each problem held; one with too few tickets to forecast is drawn again."""
    rng, held = np.random.default_rng(1), list[bool]()
    while len(held) < PROBLEMS:
        counts = simulate(rng, float(np.exp(rng.uniform(np.log(0.3), np.log(12)))))
        if counts[BASE_WEEKS - HORIZON_WEEKS : BASE_WEEKS].sum() >= LEAST:
            made = forecast(counts[:BASE_WEEKS].tolist())
            held.append(bool(made.low <= counts[BASE_WEEKS:].sum() <= made.high))
    return held


if __name__ == "__main__":
    main()
