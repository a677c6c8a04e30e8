"""From when on the tickets are all there: dense weeks, stray old tickets, gaps, small sources, several sources."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from service.analysis.coverage import SourceCoverage, first_dense_week, is_partial, known_from

MONDAY = date(2024, 1, 1)
ZONE = ZoneInfo("Europe/Berlin")
LONG_AGO = datetime(2010, 1, 1, tzinfo=UTC)


def week(number: int) -> date:
    return MONDAY + timedelta(weeks=number)


def weekly(*counts: int, first: int = 0) -> dict[date, int]:
    return {week(first + place): count for place, count in enumerate(counts)}


def drawn(seed: int, rate: float, weeks: int) -> dict[date, int]:
    """Random openings at a constant rate; most are of the first weeks too."""
    dice = random.Random(seed)
    days = Counter(dice.randrange(weeks) for _ in range(round(rate * weeks)))
    return {week(number): count for number, count in days.items()}


def with_strays(openings: dict[date, int], seed: int) -> dict[date, int]:
    """The same with sixteen tickets from the five years before."""
    dice, earliest = random.Random(seed), min(openings)
    strays = Counter(earliest - timedelta(weeks=dice.randrange(4, 260)) for _ in range(16))
    return {**openings, **strays}


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(("rate", "weeks"), [(50, 104), (10, 26), (10, 13), (8, 156), (200, 3)])
def test_sixteen_stray_tickets_move_nothing(rate: float, weeks: int, seed: int) -> None:
    openings = drawn(seed, rate, weeks)
    assert first_dense_week(with_strays(openings, seed)) == first_dense_week(openings) == min(openings)


@pytest.mark.parametrize("strays", [{-30: 16}, {-30: 4, -29: 4, -28: 4, -27: 4}, {-30: 8, -29: 8}, {-1: 7, -3: 9}])
def test_strays_that_come_together_are_no_beginning(strays: dict[int, int]) -> None:
    openings = weekly(*[30] * 26) | {week(number): count for number, count in strays.items()}
    assert first_dense_week(openings) == week(0)


def test_the_first_week_may_be_a_quarter_of_what_is_usual() -> None:
    assert first_dense_week(weekly(9, *[40] * 30)) == week(1)
    assert first_dense_week(weekly(10, *[40] * 30)) == week(0)


def test_a_pull_whose_old_tickets_were_changed_later_begins_with_the_dense_part() -> None:
    dribble = [1, 0, 2, 1, 3, 2, 4, 3, 5, 4, 6, 5]
    assert first_dense_week(weekly(*dribble, *[60] * 20)) == week(12)


@pytest.mark.parametrize("last", [0, 30])
def test_a_source_that_stopped_or_paused_begins_where_it_began(last: int) -> None:
    openings = weekly(*[30] * 40) | {week(120 + number): last for number in range(40)}
    assert first_dense_week(openings) == week(0)


def test_a_source_that_grew_begins_when_it_came_to_a_quarter() -> None:
    begin = first_dense_week(weekly(*range(1, 105)))
    assert begin is not None
    assert week(10) < begin < week(26)


def test_a_week_of_an_outage_does_not_make_all_others_stray() -> None:
    assert first_dense_week(weekly(*[5] * 100, 2_000, 5, 5)) == week(0)


@pytest.mark.parametrize("gap", [2, 5, 10])
def test_a_small_source_begins_with_its_first_ticket(gap: int) -> None:
    assert first_dense_week({week(number): 1 for number in range(0, 150, gap)}) == week(0)
    assert first_dense_week({week(0): 1}) == week(0)
    assert first_dense_week({}) is None
    assert first_dense_week({week(0): 0}) is None


def test_the_order_and_empty_weeks_change_nothing() -> None:
    openings = weekly(*[0, 1, 0, 30, 28, 0, 31, 25, 30, 29, 30])
    assert first_dense_week(dict(reversed(openings.items()))) == first_dense_week(openings) == week(3)


def test_a_source_is_known_from_its_reach_or_its_first_dense_week_whichever_is_later() -> None:
    reach = datetime(2024, 3, 6, 12, tzinfo=UTC)
    openings = weekly(*[30] * 40)
    assert known_from([SourceCoverage(reach, openings, 90)], ZONE) == reach
    assert known_from([SourceCoverage(LONG_AGO, openings, 90)], ZONE) == datetime(2023, 12, 31, 23, tzinfo=UTC)


def test_a_scope_is_known_from_the_latest_of_its_sources_but_for_small_ones() -> None:
    old, new = weekly(*[30] * 40), weekly(*[30] * 10, first=30)
    assert known_from([SourceCoverage(LONG_AGO, old, 390), SourceCoverage(LONG_AGO, new, 300)], ZONE) == datetime(
        2024, 7, 28, 22, tzinfo=UTC
    )
    begin = datetime(2023, 12, 31, 23, tzinfo=UTC)
    assert known_from([SourceCoverage(LONG_AGO, old, 390), SourceCoverage(LONG_AGO, new, 20)], ZONE) == begin
    assert known_from([SourceCoverage(LONG_AGO, old, 390), SourceCoverage(LONG_AGO, {}, 0)], ZONE) == begin
    assert known_from([SourceCoverage(LONG_AGO, old, 0)], ZONE) == begin
    assert known_from([SourceCoverage(LONG_AGO, {}, 0)], ZONE) is None
    assert known_from([], ZONE) is None


def test_a_week_is_partial_while_its_look_back_reaches_before_the_data() -> None:
    begin = datetime(2023, 12, 31, 23, tzinfo=UTC)
    assert is_partial(week(25), begin, ZONE)
    assert not is_partial(week(26), begin, ZONE)
    assert is_partial(week(26), begin + timedelta(hours=1), ZONE)
    assert is_partial(week(26), None, ZONE)
