import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.analysis.cycles import (
    Rhythm,
    compute_rhythm,
    cycle_state,
    is_cycle,
    is_endless,
    is_silent,
    laplace,
    silent_from,
)
from service.analysis.episodes import DAY, STILL_OPEN, Episodes, group_episodes

HOUR = 3_600


def rhythm_of(*days: float, last_open: bool = False) -> Rhythm:
    """The rhythm of episodes of an hour each that start on these days."""
    starts = (np.array(days) * DAY).astype(np.int64)
    ends = starts + HOUR
    if last_open:
        ends[-1] = STILL_OPEN
    return compute_rhythm(group_episodes(starts, ends, np.ones_like(starts)))


def instants(starts: np.ndarray) -> Rhythm:
    """The rhythm of episodes without a length, without the rule of 24 hours."""
    at = starts.astype(np.int64)
    return compute_rhythm(Episodes(np.arange(len(at)), at, at, np.ones_like(at), np.ones_like(at)))


def test_a_rhythm_is_what_its_episodes_sum_to() -> None:
    rhythm = rhythm_of(10, 20, 40)
    assert rhythm == Rhythm(
        episodes=3,
        first_start=10 * DAY,
        last_start=40 * DAY,
        last_end=40 * DAY + HOUR,
        offsets=40 * DAY,
        gaps=30 * DAY - 2 * HOUR,
        median_gap=15 * DAY - HOUR,
    )
    assert (rhythm.later, rhythm.mean_gap) == (2, 15 * DAY - HOUR)


def test_one_episode_has_no_gap_and_is_never_silent() -> None:
    rhythm = rhythm_of(10)
    assert (rhythm.mean_gap, rhythm.median_gap, silent_from(rhythm)) == (None, None, None)
    assert not is_silent(rhythm, 10_000 * DAY)


def test_no_episode_no_rhythm() -> None:
    nothing = np.array([], dtype=np.int64)
    with pytest.raises(ValueError, match="needs an episode"):
        compute_rhythm(group_episodes(nothing, nothing, nothing))


@pytest.mark.parametrize(
    ("days", "expected"), [((0, 7, 14), True), ((0, 7, 13.9), False), ((0, 100), False), ((0, 2, 4, 6, 30), True)]
)
def test_a_cycle_has_three_episodes_that_start_over_fourteen_days(days: tuple[float, ...], expected: bool) -> None:
    assert is_cycle(rhythm_of(*days)) is expected


def test_an_open_episode_does_not_stretch_a_cycle() -> None:
    assert not is_cycle(rhythm_of(0, 2, 4, last_open=True))


@pytest.mark.parametrize(
    ("ages", "end", "published"),
    [
        ([1.2, 55.6, 72.7, 111.9, 121.9, 303.6, 326.9, 1568.4, 1913.5], 2000.0, -2.6121),
        ([5, 40, 43, 175, 389, 712, 747, 795, 1299, 1478], 1500.0, -1.3269),
    ],
)
def test_laplace_against_worked_examples(ages: list[float], end: float, published: float) -> None:
    """ReliaSoft's reliability growth reference, appendix B, system 1; NIST e-Handbook 8.2.3.4, done by hand.

    By hand, NIST: the ages sum to 5683, so U = (568.3 - 750) / (1500 / sqrt(120)) = -181.7 / 136.931.
    """
    rhythm = instants(np.array([0.0, *ages]) * 10)
    assert laplace(rhythm, int(end * 10)) == pytest.approx(published, abs=5e-5)


def test_laplace_when_observation_ends_with_an_event() -> None:
    """Intervals and U of example 5.11 of Modarres, Reliability Engineering and Risk Analysis: U = 2.409."""
    intervals = [104, 131, 1597, 59, 4, 503, 157, 6, 118, 173, 114, 62, 101, 216, 106, 140, 1, 102, 3, 393, 96, 232, 89]
    ages = np.cumsum([0, *intervals, 61, 37, 293, 7, 165, 87])
    assert laplace(instants(ages), int(ages[-1]) + 99) == pytest.approx(2.409, abs=5e-4)


def test_laplace_needs_four_later_episodes() -> None:
    assert laplace(rhythm_of(0, 10, 20, 30), 40 * DAY) is None
    assert laplace(rhythm_of(0, 10, 20, 30, 40), 40 * DAY) is not None


@pytest.mark.parametrize(
    ("days", "as_of", "expected"),
    [
        ((0, 30, 60, 90, 120, 150), 160, "steady"),
        ((0, 90, 130, 150, 160, 165, 170), 172, "accelerating"),
        ((0, 3, 6, 12, 40, 95), 140, "slowing"),
        ((0, 14, 28), 60, "steady"),
        ((0, 14, 28), 28 + 3 * 14 + 1, "quiet"),
    ],
)
def test_the_states_of_a_cycle(days: tuple[float, ...], as_of: float, expected: str) -> None:
    assert cycle_state(rhythm_of(*days), int(as_of * DAY), None) == expected


def test_a_family_is_silent_after_three_mean_gaps_and_not_a_second_before() -> None:
    rhythm = instants(np.array([0, 10, 20]) * DAY)
    assert silent_from(rhythm) == 50 * DAY
    assert not is_silent(rhythm, 50 * DAY)
    assert is_silent(rhythm, 50 * DAY + 1)


def test_an_open_episode_is_never_silent() -> None:
    rhythm = rhythm_of(0, 10, 20, last_open=True)
    assert cycle_state(rhythm, 5_000 * DAY, 10 * DAY) == "steady"
    assert is_endless(rhythm, 5_000 * DAY)


def test_a_fix_breaks_a_cycle_before_it_is_silent_and_not_after() -> None:
    rhythm, as_of = instants(np.array([0, 10, 20]) * DAY), 100 * DAY
    assert cycle_state(rhythm, as_of, 25 * DAY) == "broken"
    assert cycle_state(rhythm, as_of, 50 * DAY) == "broken"
    assert cycle_state(rhythm, as_of, 51 * DAY) == "quiet"
    assert cycle_state(rhythm, 40 * DAY, 25 * DAY) == "steady"


def test_endless_is_active_and_not_slowing() -> None:
    assert is_endless(rhythm_of(0, 30, 60, 90, 120, 150), 160 * DAY)
    assert not is_endless(rhythm_of(0, 30, 60, 90, 120, 150), 300 * DAY)
    assert not is_endless(rhythm_of(0, 3, 6, 12, 40, 95), 140 * DAY)
    assert not is_endless(rhythm_of(0, 100), 110 * DAY)


def test_a_start_after_as_of_stretches_the_window() -> None:
    rhythm = rhythm_of(0, 30, 60, 90, 120, 150)
    assert laplace(rhythm, 0) == laplace(rhythm, 150 * DAY)


@given(st.lists(st.integers(2, 60), min_size=4, max_size=12), st.integers(0, 60), st.integers(-2000, 2000))
def test_no_state_depends_on_when_observation_began(gaps: list[int], since: int, shift: int) -> None:
    days = np.cumsum([0, *gaps])
    as_of = int(days[-1]) + since
    moved = rhythm_of(*(days + shift))
    assert cycle_state(rhythm_of(*days), as_of * DAY, None) == cycle_state(moved, (as_of + shift) * DAY, None)


@given(st.lists(st.integers(2, 60), min_size=4, max_size=12))
def test_turned_round_in_time_a_trend_changes_its_sign(gaps: list[int]) -> None:
    days = np.cumsum([0, *gaps])
    forward, backward = instants(days[:-1] * DAY), instants((days[-1] - days[::-1])[:-1] * DAY)
    first, second = laplace(forward, int(days[-1]) * DAY), laplace(backward, int(days[-1]) * DAY)
    assert first == second is None or math.isclose(first or 0, -(second or 0), abs_tol=1e-9)


def test_at_a_constant_rate_one_gap_in_twenty_is_longer_than_three_mean_gaps() -> None:
    dice = np.random.default_rng(4)
    silent = 0
    for _ in range(2_000):
        starts = np.cumsum(dice.exponential(10 * DAY, 60))
        limit = silent_from(instants(starts[:-1]))
        silent += limit is not None and starts[-1] > limit
    assert 0.04 < silent / 2_000 < 0.07


@pytest.mark.parametrize("expected", [5, 12, 40])
def test_laplace_gives_a_false_alarm_once_in_twenty_on_each_side(expected: int) -> None:
    dice, statistics = np.random.default_rng(6), []
    for _ in range(2_000):
        starts = np.cumsum([0, *dice.exponential(360 * DAY / expected, 4 * expected + 20)])
        trend = laplace(instants(starts[starts < 360 * DAY]), 360 * DAY)
        statistics += [trend] if trend is not None else []
    assert 0.035 < np.mean(np.array(statistics) > 1.645) < 0.065
    assert 0.035 < np.mean(np.array(statistics) < -1.645) < 0.065
