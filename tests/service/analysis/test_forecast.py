"""Forecasts: how they follow the counts, and that their intervals hold about as often as they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.analysis.forecast import BASE_WEEKS, HORIZON_WEEKS, forecast

COUNTS = st.lists(st.integers(0, 300), min_size=BASE_WEEKS, max_size=BASE_WEEKS)


@given(COUNTS)
def test_bounds_are_in_order_and_the_expectation_lies_within_the_counts(weeks: list[int]) -> None:
    made = forecast(weeks)

    assert 0 <= made.low <= made.high
    assert HORIZON_WEEKS * min(weeks) - 1e-6 <= made.expected <= HORIZON_WEEKS * max(weeks) + 1e-6
    assert forecast(weeks) == made


def test_nothing_brings_nothing_and_a_constant_rate_goes_on() -> None:
    assert (forecast([0] * BASE_WEEKS).expected, forecast([0] * BASE_WEEKS).high) == (0, 0)
    steady = forecast([4] * BASE_WEEKS)
    assert steady.expected == pytest.approx(52)
    assert steady.low < 52 < steady.high


def test_the_latest_weeks_weigh_most_and_clusters_widen_the_interval() -> None:
    rising = forecast([0] * 13 + [4] * 13)
    falling = forecast([4] * 13 + [0] * 13)
    clustered = forecast([0, 0, 0, 0, 0, 26] * 4 + [0, 0])
    steady = forecast([4] * BASE_WEEKS)

    assert rising.expected > 26 > falling.expected
    assert clustered.high - clustered.low > 1.5 * (steady.high - steady.low)


def test_the_interval_holds_about_four_times_in_five() -> None:
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(300):
        counts = rng.poisson(rng.uniform(1, 10), BASE_WEEKS + HORIZON_WEEKS)
        made = forecast(counts[:BASE_WEEKS].tolist())
        held += made.low <= counts[BASE_WEEKS:].sum() <= made.high

    assert 0.75 <= held / 300 <= 0.92


def test_another_number_of_weeks_is_refused() -> None:
    with pytest.raises(ValueError, match="a forecast needs 26 weeks, not 3"):
        forecast([1, 2, 3])
