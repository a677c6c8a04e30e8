import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.analysis.cycles import (
    Rhythm,
    compute_rhythm,
    cycle_state,
    endless_weeks,
    episode_trend,
    is_chronic,
    is_cycle,
    is_endless,
    is_silent,
    laplace,
    pace,
    silent_from,
    ticket_trend,
)
from service.analysis.episodes import DAY, HOUR, WEEK, Episodes, group_episodes

NO_WEEKS = ((-100, 1),)
MANY = range(0, 182, 14)


def rhythm_of(*days: float, weeks: Sequence[tuple[int, int]] = NO_WEEKS) -> Rhythm:
    """Return the rhythm of tickets of an hour each that are opened on these days."""
    opened = (np.array(days) * DAY).astype(np.int64)
    return compute_rhythm(group_episodes(opened, opened + HOUR, np.ones_like(opened)), weeks)


def weekly(*tickets: int) -> list[tuple[int, int]]:
    """Return weeks from 0 on with so many tickets."""
    return [(number, amount) for number, amount in enumerate(tickets) if amount]


def state(rhythm: Rhythm, day: float, fixed_at: int | None = None) -> str:
    return cycle_state(rhythm, int(day * DAY), int(day // 7), fixed_at)


def test_a_rhythm_is_what_its_episodes_sum_to() -> None:
    assert rhythm_of(10, 10.5, 20, 40, weeks=weekly(0, 2, 1, 0, 0, 1)) == Rhythm(
        episodes=3,
        first_start=10 * DAY,
        last_start=40 * DAY,
        last_opening=40 * DAY,
        gaps=int(29.5 * DAY),
        median_gap=14.75 * DAY,
        recent=(10 * DAY, 20 * DAY, 40 * DAY),
        weeks=((1, 2), (2, 1), (5, 1)),
    )


def test_what_is_kept_for_later_depends_on_the_tickets_alone() -> None:
    rhythm = rhythm_of(0, 100, 282, 283.5, weeks=[(0, 1), (13, 1), (14, 1), (40, 2)])
    assert rhythm.recent == (282 * DAY, int(283.5 * DAY)), "in the 26 weeks up to the last start"
    assert rhythm.weeks == ((14, 1), (40, 2)), "in the 27 weeks up to the last week"
    assert (rhythm_of(0, 5).recent, rhythm_of(0, 5).weeks) == ((), ()), "not for what is no cycle"


def test_a_short_gap_counts_as_three_days_of_silence() -> None:
    rhythm = rhythm_of(0, 1.5, 3)
    assert rhythm.mean_gap == 3 * DAY
    assert rhythm.median_gap == 1.5 * DAY
    assert not is_silent(rhythm, 12 * DAY)
    assert is_silent(rhythm, 12 * DAY + 1)


def test_one_episode_has_no_gap_and_is_never_silent() -> None:
    rhythm = rhythm_of(10)
    assert (rhythm.mean_gap, rhythm.median_gap, silent_from(rhythm)) == (None, None, None)
    assert not is_silent(rhythm, 10_000 * DAY)


def test_no_episode_no_rhythm() -> None:
    nothing = np.array([], dtype=np.int64)
    with pytest.raises(ValueError, match="needs an episode"):
        compute_rhythm(group_episodes(nothing, nothing, nothing), [])


@pytest.mark.parametrize(
    ("days", "expected"), [((0, 7, 14), True), ((0, 7, 13.9), False), ((0, 100), False), ((0, 2, 4, 6, 30), True)]
)
def test_a_cycle_has_three_episodes_that_start_over_fourteen_days(days: tuple[float, ...], expected: bool) -> None:
    assert is_cycle(rhythm_of(*days)) is expected


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
    assert laplace([round(10 * age) for age in ages], 0, int(end * 10)) == pytest.approx(published, abs=5e-5)


def test_laplace_when_observation_ends_with_an_event() -> None:
    """Intervals and U of example 5.11 of Modarres, Reliability Engineering and Risk Analysis: U = 2.409."""
    intervals = [104, 131, 1597, 59, 4, 503, 157, 6, 118, 173, 114, 62, 101, 216, 106, 140, 1, 102, 3, 393, 96, 232, 89]
    ages = np.cumsum([*intervals, 61, 37, 293, 7, 165, 87]).tolist()
    assert laplace(ages, 0, ages[-1] + 99) == pytest.approx(2.409, abs=5e-4)


def test_a_trend_needs_five_episodes_within_the_look_back() -> None:
    faster = (0, 60, 90, 105, 112, 113.5)
    assert episode_trend(rhythm_of(*faster), 115 * DAY) == "rising"
    assert episode_trend(rhythm_of(*faster[2:]), 115 * DAY) == "flat"
    assert episode_trend(rhythm_of(*faster), (182 + 91) * DAY) == "flat", "three are left of them"


@pytest.mark.parametrize(
    ("days", "as_of", "expected"),
    [
        ((0, 30, 60, 90, 120, 150), 160, "recurring"),
        ((0, 90, 130, 150, 160, 165, 170), 172, "accelerating"),
        ((0, 3.1, 6.2, 12, 40, 95), 140, "slowing"),
        ((0, 14, 28), 60, "recurring"),
        ((0, 14, 28), 28 + 3 * 14 + 1, "quiet"),
        ((*range(0, 2_000, 40), *range(2_000, 2_040, 4)), 2_040, "accelerating"),
        ((*range(0, 2_000, 5), *range(2_000, 2_182, 20)), 2_182, "recurring"),
    ],
)
def test_the_states_of_a_cycle(days: tuple[float, ...], as_of: float, expected: str) -> None:
    assert state(rhythm_of(*days), as_of) == expected


@pytest.mark.parametrize(("weeks", "expected"), [((1,) * 13, True), ((1,) * 10, True), ((1,) * 9, False)])
def test_chronic_is_what_comes_in_ten_of_thirteen_closed_weeks(weeks: tuple[int, ...], expected: bool) -> None:
    rhythm = rhythm_of(*MANY, weeks=weekly(*weeks))
    assert is_chronic(rhythm, 13) is expected
    assert not is_chronic(rhythm, 17), "four of them are too long ago"
    assert not is_chronic(rhythm_of(*MANY, weeks=weekly(*weeks[:9], 0, 0, 0, 0, 5)), 13), "one is not closed yet"


def test_a_chronic_cycle_is_chronic_while_it_comes_in_ten_of_thirteen_weeks() -> None:
    rhythm = rhythm_of(*range(0, 182, 7), weeks=weekly(*[3] * 26))
    assert (state(rhythm, 182), pace(rhythm, 182 * DAY, 26)) == ("chronic", "flat")
    assert is_endless(rhythm, 182 * DAY, 26)
    assert (state(rhythm, 203), is_endless(rhythm, 203 * DAY, 29)) == ("chronic", True), "10 of the last 13 weeks"
    assert (state(rhythm, 210), is_endless(rhythm, 210 * DAY, 30)) == ("quiet", False), "9 of the last 13 weeks"


def test_a_chronic_cycle_outlasts_a_silence_with_and_without_a_fix() -> None:
    rhythm = rhythm_of(*range(0, 182, 7), weeks=weekly(*[3] * 26))
    assert is_silent(rhythm, 203 * DAY)
    assert state(rhythm, 203, 180 * DAY) == "chronic", "a fix has not broken yet what came in 10 of 13 weeks"
    assert state(rhythm, 210, 180 * DAY) == "broken"


@pytest.mark.parametrize(
    ("before", "after", "expected"), [(3, 3, "flat"), (6, 3, "falling"), (3, 6, "rising"), (4, 3, "flat")]
)
def test_the_trend_of_a_chronic_cycle_is_that_of_its_tickets(before: int, after: int, expected: str) -> None:
    rhythm = rhythm_of(*range(0, 182, 7), weeks=weekly(*[before] * 13, *[after] * 13))
    assert ticket_trend(rhythm, 182 * DAY, 26) == expected
    assert pace(rhythm, 182 * DAY, 26) == expected


def test_a_chronic_cycle_that_is_young_has_few_weeks_to_compare_with() -> None:
    young = rhythm_of(*range(0, 112, 7), weeks=weekly(*[3] * 16))
    assert ticket_trend(young, 112 * DAY, 16) == "flat"
    assert ticket_trend(rhythm_of(*range(0, 90, 7), weeks=weekly(*[3] * 13)), 91 * DAY, 13) == "flat"


def test_a_family_is_silent_after_three_mean_gaps_and_not_a_second_before() -> None:
    rhythm = rhythm_of(0, 10, 20)
    assert silent_from(rhythm) == 50 * DAY
    assert not is_silent(rhythm, 50 * DAY)
    assert is_silent(rhythm, 50 * DAY + 1)


def test_a_fix_breaks_a_cycle_before_it_is_silent_and_not_after() -> None:
    rhythm = rhythm_of(0, 10, 20)
    assert state(rhythm, 100, 25 * DAY) == "broken"
    assert state(rhythm, 100, 50 * DAY) == "broken"
    assert state(rhythm, 100, 51 * DAY) == "quiet"
    assert state(rhythm, 40, 25 * DAY) == "recurring"


def endless(*days: float, as_of: int) -> bool:
    return is_endless(rhythm_of(*days), as_of * DAY, as_of // 7)


def test_endless_is_active_with_five_episodes_and_not_slowing() -> None:
    assert endless(0, 30, 60, 90, 120, 150, as_of=160)
    assert not endless(0, 30, 60, 90, as_of=100)
    assert not endless(0, 30, 60, 90, 120, 150, as_of=300)
    assert not endless(0, 3.1, 6.2, 12, 40, 95, as_of=140)
    assert not endless(0, 2, 4, 6, 8, as_of=10), "no cycle yet"


def test_the_level_does_not_depend_on_the_length_of_history() -> None:
    recent = tuple(range(2_000, 2_182, 26))
    for older in ((), tuple(range(1_500, 2_000, 26)), tuple(range(0, 2_000, 26))):
        assert state(rhythm_of(*older, *recent), 2_182) == "recurring"
        assert endless(*older, *recent, as_of=2_182)


def ends_of(weeks: np.ndarray) -> np.ndarray:
    return (weeks + 1) * WEEK


@given(st.lists(st.integers(1, 40), min_size=1, max_size=60))
def test_endless_of_every_week_is_what_was_known_at_its_end(gaps: list[int]) -> None:
    opened = np.cumsum([0, *gaps]) * DAY
    weeks, tickets = np.unique(opened // WEEK, return_counts=True)
    starts = group_episodes(opened, opened + HOUR, opened).starts
    expected = []
    for week in weeks.tolist():
        then = opened[opened < (week + 1) * WEEK]
        counts = [(int(number), int(count)) for number, count in zip(weeks, tickets, strict=True) if number <= week]
        rhythm = compute_rhythm(group_episodes(then, then + HOUR, then), counts)
        expected.append(is_endless(rhythm, (week + 1) * WEEK, week + 1))
    assert endless_weeks(starts, weeks, ends_of(weeks)).tolist() == expected


@given(st.lists(st.integers(2, 60), min_size=4, max_size=12), st.integers(0, 60), st.integers(-2000, 2000))
def test_no_state_depends_on_when_observation_began(gaps: list[int], since: int, shift: int) -> None:
    days = np.cumsum([0, *gaps])
    as_of = int(days[-1]) + since
    moved = rhythm_of(*(days + shift))
    assert state(rhythm_of(*days), as_of) == state(moved, as_of + shift)


@given(st.lists(st.integers(2, 60), min_size=4, max_size=12))
def test_turned_round_in_time_a_trend_changes_its_sign(gaps: list[int]) -> None:
    days = np.cumsum(gaps)
    end = int(days[-1]) + 1
    first, second = laplace(days.tolist(), 0, end), laplace((end - days).tolist(), 0, end)
    assert math.isclose(first or 0, -(second or 0), abs_tol=1e-9)


def of_starts(starts: np.ndarray) -> Rhythm:
    """Return the rhythm of episodes without a length, without the rule of 24 hours."""
    at = starts.astype(np.int64)
    return compute_rhythm(Episodes(np.arange(len(at)), at, at, np.ones_like(at), np.ones_like(at)), NO_WEEKS)


def test_at_a_constant_rate_one_gap_in_twenty_is_longer_than_three_mean_gaps() -> None:
    dice = np.random.default_rng(4)
    silent = 0
    for _ in range(2_000):
        starts = np.cumsum(dice.exponential(40 * DAY, 60))
        limit = silent_from(of_starts(starts[:-1]))
        silent += limit is not None and starts[-1] > limit
    assert 0.04 < silent / 2_000 < 0.07


@pytest.mark.parametrize("expected", [8, 12, 40])
@pytest.mark.parametrize("history", [100, 1_000])
def test_a_constant_rate_shows_a_trend_once_in_twenty_on_each_side(expected: int, history: int) -> None:
    dice, trends = np.random.default_rng(6), []
    for _ in range(1_000):
        starts = np.cumsum(dice.exponential(182 * DAY / expected, 30 * expected + 20))
        watched = starts[starts < history * DAY]
        if (watched > (history - 182) * DAY).sum() >= 5:
            trends.append(episode_trend(of_starts(watched), history * DAY))
    assert 0.02 < trends.count("rising") / len(trends) < 0.07
    assert 0.02 < trends.count("falling") / len(trends) < 0.07
