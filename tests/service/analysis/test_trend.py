import time
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from service.analysis.trend import ChangePoint, Trend, fit_trend, likeliest_change

counts = st.lists(st.integers(-50, 50).map(float), min_size=8, max_size=26)


def significant_changes(weekly: Sequence[float | None], excess: float = 1.0) -> list[ChangePoint]:
    change = likeliest_change(weekly, excess)
    return [change] if change is not None and change.is_significant else []


def correlated(dice: np.random.Generator, weeks: int, phi: float) -> list[float]:
    shocks = dice.normal(size=weeks + 30)
    series = [0.0]
    for shock in shocks:
        series.append(phi * series[-1] + shock)
    return series[-weeks:]


# Both load all of SciPy's statistics, which takes seconds: every worker that collects this module would at the top.
@pytest.fixture(scope="module")
def stats() -> Any:
    return import_module("scipy.stats")


@pytest.fixture(scope="module")
def pymannkendall() -> Any:
    return import_module("pymannkendall")


def test_a_series_done_by_hand(stats: Any) -> None:
    """By hand: 25 of 28 pairs rise and 3 fall, S = 22, its variance 8 * 7 * 21 / 18, hence Z = 21 / sqrt(65.33)."""
    fitted = fit_trend([1.0, 3, 2, 4, 6, 5, 8, 7])
    assert fitted is not None
    assert fitted.p == pytest.approx(2 * stats.t.sf(21 / (8 * 7 * 21 / 18) ** 0.5, 6))
    assert (fitted.direction, fitted.weeks, fitted.corrected) == ("rising", 8, False)


@pytest.mark.parametrize("seed", range(40))
def test_it_is_the_test_of_pymannkendall_with_students_quantiles_and_never_sharper(
    stats: Any, pymannkendall: Any, seed: int
) -> None:
    """Only with an even number of pairs: with an odd one the slope is one pair's, whose rest it leaves to rounding."""
    dice = np.random.default_rng(seed)
    series = correlated(dice, int(dice.choice([8, 9, 12, 13, 16, 17, 20, 21, 24, 25])), 0.8 * (seed % 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # its corrected variance may fall below zero
        corrected = pymannkendall.hamed_rao_modification_test(series)
    plain = pymannkendall.original_test(series)
    fitted = fit_trend(series)
    assert fitted is not None
    assert fitted.slope_per_week == pytest.approx(corrected.slope, abs=1e-12)
    bounds = [2 * stats.t.sf(abs(test.z), len(series) - 2) for test in (plain, corrected) if test.var_s > 0]
    if fitted.corrected:
        assert fitted.p >= max(bounds[0], bounds[-1] if corrected.var_s > plain.var_s else 0) - 1e-9
    else:
        assert corrected.var_s <= plain.var_s
        assert fitted.p == pytest.approx(bounds[0], abs=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_the_slope_is_that_of_scipy_and_the_interval_never_shorter(stats: Any, seed: int) -> None:
    """SciPy's quantile is the normal one, ours Student's; its bounds lie up to a pair further in."""
    series = np.random.default_rng(seed).normal(size=26)
    fitted, reference = fit_trend(list(series)), stats.theilslopes(series)
    assert fitted is not None
    assert fitted.slope_per_week == pytest.approx(reference.slope)
    assert fitted.low is not None
    assert fitted.high is not None
    assert fitted.low <= reference.low_slope
    assert fitted.high >= reference.high_slope
    if not fitted.corrected:
        half = (reference.high_slope - reference.low_slope) / 2
        assert fitted.high - fitted.low < 2.4 * half


def test_ties_make_the_variance_smaller(stats: Any, pymannkendall: Any) -> None:
    series = [0.0, 0, 1, 1, 0, 2, 2, 1, 3, 3, 2, 4]
    fitted = fit_trend(series)
    assert fitted is not None
    if not fitted.corrected:
        assert fitted.p == pytest.approx(2 * stats.t.sf(abs(pymannkendall.original_test(series).z), 10))


def test_autocorrelation_makes_the_test_more_careful(pymannkendall: Any) -> None:
    series = [float(np.sin(week / 4)) + week / 40 for week in range(26)]
    fitted = fit_trend(series)
    assert fitted is not None
    assert fitted.corrected
    assert fitted.p > pymannkendall.original_test(series).p


def test_a_constant_series_is_flat() -> None:
    assert fit_trend([0.25] * 26) == Trend("flat", 0.0, 0.0, 0.0, 1.0, 26, corrected=False)
    assert significant_changes([0.25] * 26) == []


def test_a_straight_line_has_its_own_slope() -> None:
    fitted = fit_trend([week / 10 for week in range(26)])
    assert fitted is not None
    assert (fitted.direction, fitted.corrected) == ("rising", False)
    assert (fitted.low, fitted.slope_per_week, fitted.high) == pytest.approx((0.1, 0.1, 0.1))


def test_fewer_than_eight_weeks_with_a_value_have_no_trend() -> None:
    assert fit_trend([1.0, 2, 3, 4, 5, 6, 7]) is None
    assert fit_trend([*[None] * 19, 1.0, 2, 3, 4, 5, 6, 7]) is None
    assert fit_trend([*[None] * 18, 1.0, 2, 3, 4, 5, 6, 7, 8]) is not None
    assert fit_trend([]) is None
    assert significant_changes([]) == []


def test_only_the_last_26_weeks_count() -> None:
    rising = [float(week) for week in range(26)]
    assert fit_trend([900.0] * 10 + rising) == fit_trend(rising)


def test_weeks_without_a_value_are_left_out_and_the_others_keep_their_distance() -> None:
    fitted = fit_trend([float(week) if week % 3 else None for week in range(26)])
    assert fitted is not None
    assert (fitted.slope_per_week, fitted.weeks) == (1.0, 17)


@given(counts)
def test_turned_upside_down_the_trend_is_the_opposite(series: list[float]) -> None:
    fitted, opposite = fit_trend(series), fit_trend([-value for value in series])
    assert fitted is not None
    assert opposite is not None
    assert opposite.slope_per_week == -fitted.slope_per_week
    assert opposite.p == fitted.p
    assert (opposite.low, opposite.high) == tuple(None if end is None else -end for end in (fitted.high, fitted.low))
    assert opposite.direction == {"rising": "falling", "falling": "rising", "flat": "flat"}[fitted.direction]


@given(counts, st.integers(-1000, 1000), st.sampled_from([0.25, 2.0, 8.0]))
def test_neither_shift_nor_unit_change_a_trend(series: list[float], shift: int, unit: float) -> None:
    fitted, moved = fit_trend(series), fit_trend([(value + shift) * unit for value in series])
    assert fitted is not None
    assert moved is not None
    assert moved.slope_per_week == fitted.slope_per_week * unit
    assert moved.direction == fitted.direction
    assert moved.p == pytest.approx(fitted.p)


@given(counts)
def test_the_interval_holds_the_slope_and_agrees_with_the_test(series: list[float]) -> None:
    fitted = fit_trend(series)
    assert fitted is not None
    assert fitted.low is None or fitted.low <= fitted.slope_per_week
    assert fitted.high is None or fitted.slope_per_week <= fitted.high
    if fitted.direction != "flat" and len(set(series)) == len(series):
        assert fitted.low is not None
        assert fitted.high is not None
        assert fitted.low > 0 or fitted.high < 0


@pytest.mark.parametrize(("phi", "most"), [(0.0, 0.05), (0.4, 0.08)])
@pytest.mark.parametrize("weeks", [8, 13, 26])
def test_a_trend_is_seldom_seen_where_there_is_none_even_where_weeks_hang_together(
    weeks: int, phi: float, most: float
) -> None:
    dice = np.random.default_rng(11)
    entries = [fit_trend(correlated(dice, weeks, phi)) for _ in range(500)]
    assert np.mean([fitted is not None and fitted.direction != "flat" for fitted in entries]) < most


@pytest.mark.parametrize("phi", [0.0, 0.4])
@pytest.mark.parametrize("weeks", [13, 26])
def test_the_smallest_visible_change_is_seen_in_four_of_five_series_and_half_of_it_is_not(
    weeks: int, phi: float
) -> None:
    dice = np.random.default_rng(13)
    whole, half = [], []
    for _ in range(200):
        series = np.array(correlated(dice, weeks, phi))
        fitted = fit_trend(list(series))
        assert fitted is not None
        if fitted.visible_per_week is not None:
            line = fitted.visible_per_week * np.arange(weeks)
            whole.append(direction_of(series + line) == "rising")
            half.append(direction_of(series + line / 2) == "rising")
    assert np.mean(whole) > 0.8
    assert np.mean(half) < 0.6


def direction_of(series: np.ndarray) -> str:
    fitted = fit_trend(list(series))
    assert fitted is not None
    return fitted.direction


def test_more_that_is_known_of_how_weeks_hang_together_widens_the_test() -> None:
    series = correlated(np.random.default_rng(3), 26, 0.2)
    plain, wider = fit_trend(series), fit_trend(series, excess=6.0)
    assert plain is not None
    assert wider is not None
    assert wider.p > plain.p
    assert (wider.visible_per_week or 0) > (plain.visible_per_week or 0)
    step = [0.0, 1.0] * 7 + [3.0, 4.0] * 6
    assert significant_changes(step)
    assert significant_changes(step, excess=30.0) == []


def test_pettitt_on_a_step_done_by_hand() -> None:
    """Thirteen lower weeks, then thirteen higher ones: K = 13 * 13, and no correlation is left about the levels."""
    low, high = [1.0, 2, 3, 2, 1, 3, 2, 1, 3, 1, 2, 3, 2], [12.0, 11, 13, 11, 13, 12, 11, 13, 12, 13, 11, 12, 13]
    (change,) = significant_changes([*low, *high])
    assert (change.index, change.before, change.after) == (13, 2, 12)
    assert change.p == pytest.approx(2 * np.exp(-6 * 169**2 / (26**3 + 26**2)))


def test_the_index_of_a_change_is_that_of_the_series_given() -> None:
    step = [0.0, 1, 0, 1, None, 0, 1, 0, 1, 0, 1, 0, 1, *[9.0, 8, 9, 8, 9, 8, 9, 8, 9, 8, 9, 8, 9]]
    (change,) = significant_changes([None] * 5 + [0.0] * 2 + step)
    assert change.index == 20


def test_a_change_that_leaves_the_median_where_it_was_is_none_of_level() -> None:
    assert significant_changes([0.0] * 13 + [0.0, 1.0, 0.0, 1.0, 0.0] * 2 + [1.0, 0.0, 0.0]) == []


@given(counts)
def test_a_change_of_level_lies_within_the_series(series: list[float]) -> None:
    for change_point in significant_changes(series):
        assert 0 < change_point.index < len(series)
        assert change_point.p < 0.05
        assert change_point.before != change_point.after


@given(counts, st.integers(20, 100))
def test_turned_upside_down_the_change_is_the_opposite(series: list[float], step: int) -> None:
    stepped = [value / 50 for value in series] + [value / 50 + step for value in series]
    changes, opposites = significant_changes(stepped), significant_changes([-value for value in stepped])
    assert len(changes) == len(opposites)
    assume(changes)
    change, opposite = changes[0], opposites[0]
    assert (change.index, change.before, change.after) == (opposite.index, -opposite.before, -opposite.after)


@pytest.mark.parametrize("phi", [0.0, 0.4])
def test_a_change_of_level_is_seldom_seen_where_there_is_none(phi: float) -> None:
    dice = np.random.default_rng(12)
    assert np.mean([bool(significant_changes(correlated(dice, 26, phi))) for _ in range(1_000)]) < 0.08


def test_a_trend_takes_less_than_two_milliseconds() -> None:
    series = correlated(np.random.default_rng(1), 26, 0.3)
    began = time.thread_time()
    for _ in range(100):
        fit_trend(series)
        significant_changes(series)
    # Of this thread alone: other processes and servers of other tests take their time, too.
    assert time.thread_time() - began < 0.4
