import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadmill.service.analysis.interval import percentile, ratio, wilson


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (29, 29, 0.8830, 1.0)],
)
def test_wilson_against_newcombe_1998_table_1(successes: int, n: int, low: float, high: float) -> None:
    assert wilson(successes, n) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share_and_stays_a_share(pair: tuple[int, int]) -> None:
    low, high = wilson(*pair)
    assert 0 <= low <= pair[0] / pair[1] <= high <= 1


def test_no_denominator_no_number() -> None:
    with pytest.raises(ValueError, match="denominator"):
        wilson(0, 0)
    with pytest.raises(ValueError, match="denominator"):
        ratio([0.0], [0.0])


def test_percentiles_are_interpolated_and_their_bounds_are_order_statistics() -> None:
    values = [float(n) for n in range(1, 101)]
    assert percentile(values, 0.5) == (50.5, 40.0, 60.0)
    assert percentile([3.0], 0.5) == (3.0, None, None)


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.01, 0.99))
def test_percentiles_lie_within_their_bounds_and_the_sample(values: list[float], q: float) -> None:
    ordered = sorted(values)
    value, low, high = percentile(ordered, q)
    assert ordered[0] <= value <= ordered[-1]
    assert low is None or low <= value
    assert high is None or value <= high


def test_the_interval_of_a_ratio_covers_the_truth_about_as_often_as_it_says() -> None:
    dice = random.Random(3)
    covered = 0
    for _ in range(400):
        wholes = [dice.expovariate(1) for _ in range(200)]
        parts = [whole if dice.random() < 0.3 else 0.0 for whole in wholes]
        _, low, high = ratio(parts, wholes)
        covered += low <= 0.3 <= high
    assert 0.91 <= covered / 400 <= 0.98


def test_one_ticket_says_nothing_of_a_ratio() -> None:
    assert ratio([2.0], [2.0]) == (1.0, 0.0, 1.0)
