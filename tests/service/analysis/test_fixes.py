import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special  # type: ignore[import-untyped]  # SciPy ships no types

from service.analysis.episodes import DAY, NEVER, Episodes, group_episodes
from service.analysis.fixes import (
    FixVerdict,
    avoided_seconds,
    effectiveness,
    exposure,
    fix_verdicts,
    latest_unfailed_fix,
    rate_ratio,
)

HOUR = 3_600
monthly = tuple(range(0, 360, 30))


def episodes_on(*days: float, hours: int = 2) -> Episodes:
    """Return episodes that start on these days, of one ticket each that is resolved at once after so many hours."""
    starts = (np.array(days) * DAY).astype(np.int64)
    return group_episodes(starts, starts, np.full_like(starts, hours * HOUR))


def verdict(family_episodes: Episodes, fix: float, as_of: float) -> FixVerdict:
    return effectiveness(family_episodes, int(fix * DAY), int(as_of * DAY))


def test_a_fix_after_which_nothing_came_back_held() -> None:
    fix_verdict = verdict(episodes_on(*monthly), 345, 345 + 120)
    assert (fix_verdict.outcome, fix_verdict.before, fix_verdict.after) == ("held", 11, 0)
    assert (fix_verdict.days_before, fix_verdict.days_after) == (333, 120)
    assert fix_verdict.p == pytest.approx((333 / 453) ** 11)
    assert fix_verdict.expected == pytest.approx(11 * 120 / 333)
    assert (fix_verdict.ratio, fix_verdict.low) == (0, 0)
    assert fix_verdict.high == pytest.approx((333 / 120) * (1 - 0.025 ** (1 / 11)) / 0.025 ** (1 / 11))


def test_a_fix_after_which_it_came_back_as_before_did_not_hold() -> None:
    fix_verdict = verdict(episodes_on(*range(0, 720, 30)), 345, 710)
    assert (fix_verdict.outcome, fix_verdict.before, fix_verdict.after) == ("did not hold", 11, 12)
    assert (fix_verdict.low or 0) < 1 < (fix_verdict.high or 0)


def test_a_fix_after_which_it_came_back_far_less_often_held() -> None:
    assert verdict(episodes_on(*monthly, 500), 345, 345 + 300).outcome == "held"


def test_what_came_back_at_once_did_not_hold_however_early_it_is() -> None:
    fix_verdict = verdict(episodes_on(*monthly, 350), 345, 352)
    assert fix_verdict.expected < 3
    assert fix_verdict.outcome == "did not hold"


def test_it_is_too_early_until_three_episodes_were_to_be_expected() -> None:
    assert verdict(episodes_on(*monthly), 345, 345 + 60).outcome == "too early"
    assert verdict(episodes_on(*monthly), 345, 345).outcome == "too early"


def test_enough_time_after_too_few_episodes_is_unclear() -> None:
    fix_verdict = verdict(episodes_on(0, 30, 60), 65, 65 + 100)
    assert fix_verdict.expected > 3
    assert fix_verdict.p > 0.05
    assert fix_verdict.outcome == "unclear"


def test_the_time_in_which_an_episode_takes_in_tickets_is_no_exposure() -> None:
    """By hand: ten whole episodes and half of the last before the fix, each of 24 h beyond its last opening."""
    fix_verdict = verdict(episodes_on(*monthly), 330.5, 330.5 + 120)
    assert (fix_verdict.before, fix_verdict.after) == (11, 0)
    assert fix_verdict.days_before == 330.5 - 11 - 0.5
    assert fix_verdict.days_after == 120 - 0.5


def test_a_burst_takes_in_tickets_for_72_hours_at_most() -> None:
    opened = np.array([0, 0.9, 1.8, 2.7, 3.6, 4.4, 30]) * DAY
    bursts = group_episodes(opened.astype(np.int64), opened.astype(np.int64), np.ones(7, np.int64))
    assert bursts.tickets.tolist() == [4, 2, 1]
    assert exposure(bursts, 0, 30 * DAY) == pytest.approx((30 - 3 - (5.4 - 3.6)) * DAY)


def test_tickets_that_join_an_unrepaired_episode_are_no_proof_that_a_problem_does_not_come_back() -> None:
    opened = (np.array([*monthly, *range(345, 900, 10)]) * DAY).astype(np.int64)
    repaired = np.where(opened < 330 * DAY, opened + HOUR, NEVER)
    family_episodes = group_episodes(opened, repaired, np.ones_like(opened))
    assert (len(family_episodes), verdict(family_episodes, 345, 895).days_after) == (12, 0)
    assert verdict(family_episodes, 345, 895).outcome == "too early"


def test_without_a_return_before_the_fix_there_is_nothing_to_compare_with() -> None:
    assert verdict(episodes_on(0), 10, 400).outcome == "unclear"
    assert verdict(episodes_on(0, 50), 10, 400).outcome == "did not hold"


def test_a_fix_before_the_family_began_is_unclear() -> None:
    fix_verdict = verdict(episodes_on(100, 130, 160, 190), 50, 400)
    assert (fix_verdict.outcome, fix_verdict.before, fix_verdict.ratio, fix_verdict.p) == ("unclear", 0, None, 1.0)


def test_episodes_after_as_of_do_not_count() -> None:
    assert verdict(episodes_on(*monthly, 500), 345, 499) == verdict(episodes_on(*monthly), 345, 499)


@given(st.integers(0, 40), st.integers(0, 40), st.floats(1, 900), st.floats(1, 900))
def test_the_test_and_the_interval_are_those_of_scipy(before: int, after: int, old: float, new: float) -> None:
    ratio, low, high, p = rate_ratio(before, after, old, new)
    if not before + after:
        assert (ratio, low, high, p) == (None, None, None, 1.0)
        return
    # Clopper and Pearson by the quantiles of the beta distribution.
    lowest = special.betaincinv(after, before + 1, 0.025) if after else 0.0
    assert p == pytest.approx(special.bdtr(after, before + after, new / (old + new)), rel=1e-6, abs=1e-12)
    assert low == pytest.approx(old / new * lowest / (1 - lowest), rel=1e-6, abs=1e-12)
    if before:
        highest = special.betaincinv(after + 1, before, 0.975)
        assert high == pytest.approx(old / new * highest / (1 - highest), rel=1e-6)
        assert (low or 0) <= (ratio or 0) <= (high or 0)
    else:
        assert (ratio, high) == (None, None)


@given(st.integers(1, 30), st.integers(0, 29), st.floats(10, 900), st.floats(10, 900))
def test_one_more_return_never_argues_for_a_fix(before: int, after: int, old: float, new: float) -> None:
    assert rate_ratio(before, after, old, new)[3] <= rate_ratio(before, after + 1, old, new)[3] + 1e-12


@given(st.lists(st.integers(2, 40), min_size=3, max_size=10), st.integers(0, 400), st.integers(1, 400))
def test_while_nothing_comes_back_time_only_speaks_for_a_fix(gaps: list[int], wait: int, more: int) -> None:
    family_episodes = episodes_on(*np.cumsum([0, *gaps]))
    fix = sum(gaps) + 1
    order = ["too early", "unclear", "held"]
    left, right = verdict(family_episodes, fix, fix + wait), verdict(family_episodes, fix, fix + wait + more)
    assert right.p <= left.p
    assert order.index(right.outcome) >= order.index(left.outcome)


@pytest.mark.parametrize("gap", [2, 7, 30])
def test_a_fix_that_did_nothing_is_held_once_in_twenty_at_most(gap: float) -> None:
    dice, held = np.random.default_rng(8), 0
    for _ in range(1_000):
        starts = np.cumsum([0, *dice.exponential(gap, 1_000 // round(gap))])
        held += verdict(episodes_on(*starts[starts < 24 * gap]), 12 * gap, 24 * gap).outcome == "held"
    assert held / 1_000 <= 0.05


def test_each_fix_answers_for_the_time_until_the_next() -> None:
    family_episodes = episodes_on(*monthly, 360, 390, 420)
    first, second = fix_verdicts(family_episodes, [425 * DAY, 345 * DAY], 800 * DAY)
    assert (first.outcome, first.after, first.days_after) == ("did not hold", 3, 77)
    assert (second.outcome, second.before, second.after) == ("held", 14, 0)
    assert not second.joined


def test_fixes_with_nothing_between_them_get_one_verdict() -> None:
    first, second = fix_verdicts(episodes_on(*monthly), [345 * DAY, 350 * DAY], 600 * DAY)
    assert (first.joined, second.joined) == (False, True)
    assert replace(first, fixed_at=second.fixed_at, joined=True) == second
    assert avoided_seconds(first) > 0
    assert avoided_seconds(second) == 0


def test_a_fix_of_what_an_earlier_one_had_ended_is_unclear() -> None:
    first, second = fix_verdicts(episodes_on(*monthly), [345 * DAY, 600 * DAY], 900 * DAY)
    assert (first.outcome, first.days_after) == ("held", 255)
    assert (second.outcome, second.before) == ("unclear", 0)


def test_after_a_fix_that_held_the_old_rate_begins_anew() -> None:
    weekly = tuple(range(0, 364, 7))
    family_episodes = episodes_on(*weekly, 450, 540, 630, 720, 810, 900)
    first, second = fix_verdicts(family_episodes, [360 * DAY, 725 * DAY], 905 * DAY)
    assert (first.outcome, first.after) == ("held", 4)
    assert (second.outcome, second.before) == ("did not hold", 4)


def test_unresolved_fixes_get_no_verdict() -> None:
    assert fix_verdicts(episodes_on(*monthly), [345 * DAY], 344 * DAY) == []
    assert fix_verdicts(episodes_on(*monthly), [], 344 * DAY) == []


def test_a_fix_without_episodes_gets_no_verdict() -> None:
    with pytest.raises(ValueError, match="episodes of its family"):
        fix_verdicts(episodes_on(), [1], 2)


def test_hours_avoided_are_those_of_the_old_rate_less_what_is_still_spent() -> None:
    fix_verdict = verdict(episodes_on(*monthly, 500, hours=4), 345, 645)
    assert avoided_seconds(fix_verdict) == round(11 * 4 * HOUR / 333 * 299) - 4 * HOUR


def test_hours_avoided_are_never_below_zero_and_only_of_fixes_that_held() -> None:
    held = verdict(episodes_on(*monthly, 500), 345, 645)
    assert avoided_seconds(replace(held, seconds_after=10**9)) == 0
    assert avoided_seconds(replace(held, outcome="unclear")) == 0


def test_credit_goes_to_the_latest_fix_that_has_not_failed() -> None:
    fix_verdict = verdict(episodes_on(*monthly), 345, 645)
    failed = replace(fix_verdict, fixed_at=700 * DAY, outcome="did not hold")
    assert latest_unfailed_fix([fix_verdict, failed]) == 345 * DAY
    assert latest_unfailed_fix([failed]) is None
    assert latest_unfailed_fix([]) is None


def test_the_numbers_of_a_verdict_are_finite() -> None:
    fix_verdict = verdict(episodes_on(0, 50), 10, 400)
    assert all(
        math.isfinite(value)
        for value in (fix_verdict.p, fix_verdict.expected, fix_verdict.days_before, fix_verdict.days_after)
    )
    assert fix_verdict.ratio is None
