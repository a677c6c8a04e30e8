"""Aftermath of changes: what is compared with what, what counts once, and what chance may have brought."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.analysis.aftermath import (
    LEAST_CHANGES,
    WINDOW,
    Aftermath,
    Bounds,
    ServiceCourse,
    aftermath_metric,
    measure_aftermath,
)  # fmt: skip
from service.analysis.episodes import DAY, HOUR, WEEK

COVERED = Bounds(0, 30 * WEEK)
PERIOD = Bounds(10 * WEEK, 23 * WEEK)
CHANGE = 15 * WEEK


def course(
    ends: list[int], openings: list[int], families: list[int] | None = None, counted: list[bool] | None = None
) -> ServiceCourse:
    return ServiceCourse(
        np.array(ends, np.int64),
        np.array([True] * len(ends) if counted is None else counted, bool),
        np.array(openings, np.int64),
        np.array(range(len(openings)) if families is None else families, np.int64),
    )


def measured(*courses: ServiceCourse, period: Bounds = PERIOD, covered: Bounds = COVERED) -> Aftermath:
    return measure_aftermath(courses, period, covered)


def test_failures_after_a_change_are_compared_with_the_same_hours_of_eight_other_weeks() -> None:
    before_and_after = [CHANGE + shift * WEEK + HOUR for shift in (-4, -1, 2, 3)]
    result = measured(course([CHANGE], sorted([*before_and_after, CHANGE, CHANGE + HOUR, CHANGE + WINDOW - 1])))
    assert (result.changes, result.failures, result.expected) == (1, 3, 0.5)


@pytest.mark.parametrize("moment", [CHANGE - 1, CHANGE + WINDOW, CHANGE + 5 * WEEK], ids=["before", "after", "far"])
def test_failures_at_other_times_count_nowhere(moment: int) -> None:
    result = measured(course([CHANGE], [moment]))
    assert (result.failures, result.expected) == (0, 0)


def test_many_tickets_of_one_problem_count_once_in_72_hours() -> None:
    flood = [CHANGE + minute * 60 for minute in range(100)]
    assert measured(course([CHANGE], flood, [7] * 100)).failures == 1
    assert measured(course([CHANGE], flood, [-1] * 100)).failures == 100


def test_weeks_with_a_change_of_their_own_are_no_comparison() -> None:
    ends = [CHANGE + shift * WEEK for shift in (-1, 0, 1)]
    result = measured(course(ends, [CHANGE - WEEK + HOUR], counted=[False, True, False]))
    assert (result.changes, result.failures, result.expected) == (1, 0, 0)


def test_changes_every_week_cannot_be_compared_and_say_so() -> None:
    ends = [week * WEEK for week in range(1, 29)]
    result = measured(course(ends, [end + HOUR for end in ends]))
    assert (result.changes, result.left_out) == (0, 13)
    metric = aftermath_metric(result)
    assert (metric.value, metric.why_not) == (
        None, f"0 changes of the period can be compared with other weeks, {LEAST_CHANGES} are needed",
    )  # fmt: skip


def test_changes_within_72_hours_of_each_other_share_one_stretch() -> None:
    ends = [CHANGE, CHANGE + 2 * DAY]
    result = measured(course(ends, [CHANGE + HOUR, CHANGE + 2 * DAY + HOUR, CHANGE + 4 * DAY]))
    assert (result.changes, result.failures) == (2, 3)


def test_a_change_whose_72_hours_have_not_passed_waits() -> None:
    result = measured(course([CHANGE], [CHANGE + HOUR]), covered=Bounds(0, CHANGE + WINDOW - 1))
    assert (result.changes, result.left_out) == (0, 0)


def test_weeks_before_the_data_begin_are_no_comparison() -> None:
    result = measured(course([CHANGE], [CHANGE + 3 * WEEK]), covered=Bounds(CHANGE, CHANGE + 4 * WEEK))
    assert result.changes == 1
    assert result.expected == pytest.approx(1 / 3)


def test_one_bad_week_is_no_proof() -> None:
    ends = [PERIOD.begin + number * DAY for number in (1, 36, 71)]
    courses = [course(ends, [ends[0] + HOUR + minute for minute in range(9)]) for _ in range(12)]
    result = measured(*courses)
    assert result.changes >= LEAST_CHANGES
    assert result.excess > 50
    assert not result.is_credible


def test_nothing_at_all_has_no_interval() -> None:
    assert measured() == Aftermath(0, 0, 0, 0, None, None, 1.0)
    assert measured(course([CHANGE], [])).low is None


@given(st.lists(st.integers(0, 30 * WEEK), max_size=40), st.lists(st.integers(0, 30 * WEEK), min_size=1, max_size=12))
def test_what_is_counted_is_a_count(openings: list[int], ends: list[int]) -> None:
    result = measured(course(sorted(ends), sorted(openings)))
    in_period = sum(PERIOD.begin <= end < PERIOD.end for end in ends)
    assert result.changes + result.left_out == in_period
    assert 0 <= result.failures <= len(openings)
    assert 0 <= result.expected <= len(openings)
    assert 0 <= result.p <= 1
