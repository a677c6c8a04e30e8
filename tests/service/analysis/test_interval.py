import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special  # type: ignore[import-untyped]  # SciPy ships no types

from service.analysis.interval import (
    RatioSums,
    histogram_percentile,
    percentile,
    poisson,
    ratio_of_sums,
    ratio_over_weeks,
    share_at_most,
    share_interval,
    wilson,
)

Pair = tuple[int, int]
pairs = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=40).map(
    lambda drawn: [(min(pair), max(pair)) for pair in drawn]
)


def sums(tickets: list[Pair]) -> RatioSums:
    return RatioSums(
        len(tickets),
        sum(whole for _, whole in tickets),
        sum(part for part, _ in tickets),
        sum(whole * whole for _, whole in tickets),
        sum(part * whole for part, whole in tickets),
        sum(part * part for part, _ in tickets),
    )


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (29, 29, 0.8830, 1.0)],
)
def test_wilson_against_newcombe_1998_table_1(successes: int, n: int, low: float, high: float) -> None:
    assert wilson(successes, n) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0.0, 0.1684), (29, 29, 0.8806, 1.0)],
)
def test_clopper_and_pearson_against_newcombe_1998_table_1(successes: int, n: int, low: float, high: float) -> None:
    assert share_interval(successes, n) == pytest.approx((low, high), abs=5e-5)


def test_the_binomial_test_by_hand() -> None:
    assert share_at_most(1, 4, 0.5) == pytest.approx(5 / 16)
    assert share_at_most(0, 3, 0.2) == pytest.approx(0.8**3)


@pytest.mark.parametrize(("count", "low", "high"), [(0, 0.0, 3.689), (1, 0.0253, 5.572), (10, 4.795, 18.39)])
def test_poisson_against_garwoods_table(count: int, low: float, high: float) -> None:
    assert poisson(count) == pytest.approx((low, high), abs=6e-4 if count < 10 else 6e-3)


@given(st.integers(0, 2_000))
def test_poisson_is_the_inverse_of_the_gamma_distribution(count: int) -> None:
    low, high = poisson(count)
    assert low == pytest.approx(special.gammaincinv(count, 0.025) if count else 0.0)
    assert high == pytest.approx(special.gammaincinv(count + 1, 0.975))


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_intervals_hold_the_share_and_stay_shares(pair: Pair) -> None:
    for low, high in (wilson(*pair), share_interval(*pair)):
        assert 0 <= low <= pair[0] / pair[1] <= high <= 1


def test_no_denominator_no_number() -> None:
    with pytest.raises(ValueError, match="denominator"):
        wilson(0, 0)
    with pytest.raises(ValueError, match="denominator"):
        ratio_of_sums(sums([(0, 0)]))
    with pytest.raises(ValueError, match="denominator"):
        ratio_over_weeks([])
    with pytest.raises(ValueError, match="needs a value"):
        histogram_percentile([], 0.5)


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


@given(st.dictionaries(st.integers(0, 50), st.integers(0, 5), min_size=1), st.floats(0.01, 0.99))
def test_a_percentile_of_a_histogram_is_that_of_its_values(bins: dict[int, int], q: float) -> None:
    ordered = [float(value) for value, count in sorted(bins.items()) for _ in range(count)]
    if ordered:
        assert histogram_percentile(sorted(bins.items()), q) == percentile(ordered, q)


def test_a_ratio_done_by_hand() -> None:
    """Value 5 / 12; the squares of p - R w sum to 41 / 24, hence a variance of 3 / 2 * 41 / 24 / 144."""
    value, low, high = ratio_of_sums(sums([(1, 4), (4, 6), (0, 2)]))
    assert value == 5 / 12
    effective = value * (1 - value) / (1.5 * 41 / 24 / 144)
    assert effective == pytest.approx(13.66, abs=0.01)
    kish = 12**2 / 56
    z2 = 1.959963984540054**2
    centre = (value + z2 / (2 * kish)) / (1 + z2 / kish)
    half = math.sqrt(z2) / (1 + z2 / kish) * math.sqrt(value * (1 - value) / kish + z2 / (4 * kish**2))
    assert (low, high) == pytest.approx((centre - half, centre + half))


@given(st.integers(2, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_of_equal_tickets_it_is_wilsons_interval_but_for_a_degree_of_freedom(pair: Pair) -> None:
    successes, n = pair
    _, low, high = ratio_of_sums(sums([(1, 1)] * successes + [(0, 1)] * (n - successes)))
    least, most = wilson(successes, n)
    assert low <= least + 1e-12
    assert most <= high + 1e-12
    assert high - low <= (most - least) * n / (n - 1) + 1e-12


@given(pairs)
def test_a_ratio_lies_within_its_interval(tickets: list[Pair]) -> None:
    if sum(whole for _, whole in tickets):
        for value, low, high in (ratio_of_sums(sums(tickets)), ratio_over_weeks([sums([pair]) for pair in tickets])):
            assert 0 <= low <= value + 1e-12
            assert value - 1e-12 <= high <= 1


@given(pairs, st.integers(1, 8))
def test_weeks_never_make_the_interval_narrower_than_tickets_do(tickets: list[Pair], weeks: int) -> None:
    if sum(whole for _, whole in tickets):
        value, low, high = ratio_of_sums(sums(tickets))
        over = ratio_over_weeks([sums(tickets[week::weeks]) for week in range(weeks)])
        assert over[0] == value
        assert over[1] <= low
        assert over[2] >= high


def test_an_empty_week_changes_nothing() -> None:
    weeks = [sums([(1, 4), (0, 3)]), sums([(2, 2), (0, 7)]), sums([(0, 5)])]
    assert ratio_over_weeks([*weeks, sums([])]) == ratio_over_weeks(weeks)


def test_one_ticket_and_one_week_say_nothing_of_a_ratio() -> None:
    assert ratio_of_sums(sums([(2, 2)])) == (1.0, 0.0, 1.0)
    assert ratio_over_weeks([sums([(1, 2), (1, 2), (2, 2)])])[1:] == (0.0, 1.0)


def test_nothing_in_many_tickets_is_bounded_above() -> None:
    _, low, high = ratio_over_weeks([sums([(0, 3_600)] * 80)] * 13)
    assert low == 0
    assert high == pytest.approx(wilson(0, 1_040)[1])


def test_the_interval_of_a_ratio_covers_the_truth_about_as_often_as_it_says() -> None:
    dice = random.Random(3)
    covered = 0
    for _ in range(400):
        wholes = [round(1_000 * dice.expovariate(1)) + 1 for _ in range(200)]
        _, low, high = ratio_of_sums(sums([(whole if dice.random() < 0.3 else 0, whole) for whole in wholes]))
        covered += low <= 0.3 <= high
    assert 0.92 <= covered / 400 <= 0.99


def test_over_weeks_it_also_does_where_the_tickets_of_a_week_hang_together() -> None:
    dice = np.random.default_rng(5)
    alone = together = 0
    for _ in range(400):
        shares = dice.beta(1.2, 8.8, 13)
        weeks = [sums([(int(won), 1) for won in dice.random(60) < share]) for share in shares]
        _, low, high = ratio_over_weeks(weeks)
        together += low <= 0.12 <= high
        _, low, high = ratio_of_sums(RatioSums(*(sum(column) for column in zip(*weeks, strict=True))))
        alone += low <= 0.12 <= high
    assert alone / 400 < 0.8
    assert 0.9 <= together / 400 <= 0.98
