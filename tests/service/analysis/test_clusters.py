"""Tickets that hang together by problem and by week: intervals and slopes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.analysis.clusters import FamilyWeeks
from service.analysis.interval import RatioSums, ratio_of_sums

Entries = list[tuple[int, int, int, int]]
entries = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 5), st.integers(1, 9), st.integers(0, 9)), min_size=1, max_size=40
).map(lambda drawn: [(family, week, whole, min(whole, part)) for family, week, whole, part in drawn])


def by_family(tickets: Entries) -> FamilyWeeks:
    families, weeks, whole, part = np.array(tickets, np.int64).T
    return FamilyWeeks(families, weeks, {"failures": whole.astype(float), "repeat": part.astype(float)})


def counted(tickets: Entries) -> RatioSums:
    n, part = sum(ticket[2] for ticket in tickets), sum(ticket[3] for ticket in tickets)
    return RatioSums(n, n, part, n, part, part)


def interval_of(tickets: Entries) -> tuple[float, float, float]:
    return by_family(tickets).ratio("failures", "repeat", counted(tickets))


@given(entries)
def test_clusters_never_make_the_interval_narrower_and_it_holds_the_share(tickets: Entries) -> None:
    value, low, high = interval_of(tickets)
    alone = ratio_of_sums(counted(tickets))
    assert value == alone[0]
    assert 0 <= low <= alone[1]
    assert alone[2] <= high <= 1


@given(entries)
def test_the_order_of_families_and_weeks_changes_nothing(tickets: Entries) -> None:
    renamed = [(100 - family, week, whole, part) for family, week, whole, part in reversed(tickets)]
    assert interval_of(renamed) == pytest.approx(interval_of(tickets))


def test_a_variance_done_by_hand() -> None:
    """Two families of 4 and 6 tickets in one week: residuals of 4 - 0.5 * 4 and 1 - 0.5 * 6, each squared 4."""
    tickets = [(1, 0, 4, 4), (2, 0, 6, 1)]
    _, low, high = interval_of(tickets)
    variance = 2 / 1 * (4 + 4) / 100
    effective = 0.25 / variance
    student = 12.706204736  # one degree of freedom
    half = student / (1 + student**2 / effective) * (0.25 / effective + student**2 / (4 * effective**2)) ** 0.5
    assert (low, high) == pytest.approx((0.5 - half, 0.5 + half))


def test_many_tickets_of_few_problems_say_little() -> None:
    few = [(family, week, 20, 20 * (family % 2)) for family in range(4) for week in range(13)]
    many = [(family, family % 13, 1, family % 2) for family in range(1_040)]
    widths = [high - low for _, low, high in map(interval_of, (few, many))]
    assert widths[0] > 0.8
    assert widths[1] < 0.1


def test_a_week_without_families_has_the_interval_of_its_tickets() -> None:
    tickets = [(1, 0, 4, 4), (2, 0, 6, 1)]
    assert by_family(tickets).within([5]).ratio("failures", "repeat", counted(tickets)) == ratio_of_sums(
        counted(tickets)
    )


def test_the_slope_of_independent_tickets_varies_as_weeks_do_and_that_of_long_problems_more() -> None:
    dice = np.random.default_rng(4)
    alone, long = [], []
    for _ in range(40):
        singles = [(number, number % 26, 1, int(dice.random() < 0.3)) for number in range(26 * 30)]
        alone.append(by_family(singles).slope_excess("failures", "repeat"))
        problems = [(number, week, 3, 3 * int(begin <= week < begin + 13)) for number in range(12)
                    for begin in [int(dice.integers(-13, 26))] for week in range(26)]  # fmt: skip
        long.append(by_family(problems).slope_excess("failures", "repeat"))
    assert 0.7 < float(np.median(alone)) < 1.4
    assert float(np.median(long)) > 2.5
    assert by_family([(1, 0, 4, 4), (2, 1, 6, 1)]).slope_excess("failures", "repeat") == 1.0
    assert by_family([(1, week, 4, 2) for week in range(9)]).slope_excess("failures", "repeat") == 1.0
