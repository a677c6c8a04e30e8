"""B-cubed scores, by hand and by their symmetry."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.bcubed import BCubedScore, b_cubed

GROUPING = st.dictionaries(st.integers(0, 15), st.integers(0, 4)).map(
    lambda group_of: [[ticket for ticket in group_of if group_of[ticket] == group] for group in set(group_of.values())]
)


def test_a_worked_example() -> None:
    """Truth {1 2 3} {4 5}, found {1 2} {3 4 5}: precision (1+1+1/3+2/3+2/3)/5, recall (2/3+2/3+1/3+1+1)/5."""
    score = b_cubed([[1, 2, 3], [4, 5]], [[1, 2], [3, 4, 5]])
    assert score.tickets == 5
    assert score.precision_sum == pytest.approx(11 / 3)
    assert score.recall_sum == pytest.approx(11 / 3)
    assert score.f1 == pytest.approx(11 / 15)


def test_a_ticket_in_no_group_stands_alone() -> None:
    """A group of 4 where none is true: each shares its group with itself alone."""
    no_groups, too_many_groups = b_cubed([[1, 2, 3, 4]], []), b_cubed([], [[1, 2, 3, 4]])
    assert (no_groups.precision_sum, no_groups.recall_sum) == (4, 1)
    assert (too_many_groups.precision_sum, too_many_groups.recall_sum) == (1, 4)
    assert no_groups.f1 == too_many_groups.f1 == pytest.approx(0.4)


def test_nothing_to_find_and_nothing_found_is_right() -> None:
    assert b_cubed([], []).f1 == 1.0


def test_a_ticket_in_two_groups_is_refused() -> None:
    with pytest.raises(ValueError, match="2 is in two groups"):
        b_cubed([[1, 2], [2, 3]], [])


def test_pooling_weighs_by_tickets() -> None:
    small, large = b_cubed([[1, 2]], [[1], [2]]), b_cubed([list(range(8))], [list(range(8))])
    assert small + large == BCubedScore(precision_sum=10.0, recall_sum=9.0, tickets=10)


@given(GROUPING, GROUPING)
def test_swapping_truth_and_finding_swaps_precision_and_recall(first: list[list[int]], second: list[list[int]]) -> None:
    there, back = b_cubed(first, second), b_cubed(second, first)
    assert there.precision_sum == pytest.approx(back.recall_sum)
    assert there.f1 == pytest.approx(back.f1)
    assert 0 <= there.f1 <= 1


@given(GROUPING)
def test_the_truth_itself_is_perfect(groups: list[list[int]]) -> None:
    assert b_cubed(groups, groups).f1 == 1.0
