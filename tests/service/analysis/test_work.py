"""Estimated work: shared moment by moment, and never more than the business hours of a person."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.analysis.clock import BusinessCalendar
from service.analysis.work import (
    ActiveSpan,
    business_seconds,
    merge_intervals,
    shared_seconds,
    subtract_spans,
    unshared_seconds,
    whole_seconds,
)

HOUR = 3600
MINUTE = 60
WEEK = 7 * 24 * HOUR
MONDAY = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp())
WEEKDAYS = BusinessCalendar(tuple((day, time(8), time(18)) for day in range(5)), ZoneInfo("UTC"))
PARIS = BusinessCalendar(
    ((6, time(0), time(6)), (0, time(9), time(12)), (0, time(13), time(17))), ZoneInfo("Europe/Paris")
)
Spans = Sequence[tuple[int, int, int]]
"""Number of a ticket, begin and end."""


def shares(spans: Spans, calendar: BusinessCalendar = WEEKDAYS) -> dict[int, int]:
    """Return the seconds of one person by ticket."""
    numbers, begins, ends = (np.array(column, np.int64) for column in zip(*spans, strict=True))
    parts = Counter[int]()
    for number, of_span in zip(numbers.tolist(), shared_seconds(calendar, begins, ends).tolist(), strict=True):
        parts[number] += of_span
    return {number: whole_seconds(of_ticket) for number, of_ticket in parts.items()}


@cache
def is_open(calendar: BusinessCalendar, minute: int) -> bool:
    """Return whether a minute is within business hours; every example asks for the same three weeks."""
    return calendar.contains(datetime.fromtimestamp(minute, UTC))


def by_minutes(spans: Spans, calendar: BusinessCalendar) -> dict[int, float]:
    """Return the same seconds by a walk through every minute, without sums."""
    seconds = {number: 0.0 for number, _, _ in spans}
    for minute in range(min(begin for _, begin, _ in spans), max(end for _, _, end in spans), MINUTE):
        active = {number for number, begin, end in spans if begin <= minute < end}
        if active and is_open(calendar, minute):
            for number in active:
                seconds[number] += MINUTE / len(active)
    return seconds


def business(begin: int, end: int, calendar: BusinessCalendar = WEEKDAYS) -> int:
    first, last = business_seconds(calendar, np.array([begin, end], np.int64)).tolist()
    return int(last - first)


@st.composite
def spans_of_a_person(draw: st.DrawFn) -> list[tuple[int, int, int]]:
    """Any spans of some tickets within three weeks, in whole minutes; those of one ticket do not overlap."""
    spans = []
    for number in range(draw(st.integers(1, 5))):
        moments = sorted(draw(st.sets(st.integers(0, 3 * 7 * 24 * 60), min_size=2, max_size=6)))
        spans += [
            (number, MONDAY + begin * MINUTE, MONDAY + end * MINUTE)
            for begin, end in zip(moments[::2], moments[1::2], strict=False)
        ]
    return spans


@given(spans_of_a_person(), st.sampled_from((WEEKDAYS, PARIS)))
def test_shares_are_those_of_a_walk_by_minutes(spans: Spans, calendar: BusinessCalendar) -> None:
    assert shares(spans, calendar) == pytest.approx(by_minutes(spans, calendar), abs=1)


@given(spans_of_a_person())
def test_no_person_has_more_hours_in_a_week_than_business_hours(spans: Spans) -> None:
    for week in range(MONDAY, MONDAY + 3 * WEEK, WEEK):
        clipped = [(n, max(begin, week), min(end, week + WEEK)) for n, begin, end in spans]
        within = [(n, begin, end) for n, begin, end in clipped if begin < end]
        if within:
            assert sum(shares(within).values()) <= 50 * HOUR
    active = sum(business(begin, end) for begin, end in merge_intervals([(begin, end) for _, begin, end in spans]))
    total = sum(shares(spans).values())
    assert active - len(spans) - 1 <= total <= active


@given(spans_of_a_person())
def test_another_ticket_raises_the_work_in_none(spans: Spans) -> None:
    fewer = [span for span in spans if span[0] != 0]
    if fewer:
        before, after = shares(fewer), shares(spans)
        assert all(after[number] <= before[number] for number in before)


@given(spans_of_a_person(), st.randoms(use_true_random=False))
def test_the_order_of_spans_moves_nothing(spans: Spans, dice: random.Random) -> None:
    shuffled = list(spans)
    dice.shuffle(shuffled)
    assert shares(shuffled) == shares(spans)


@given(spans_of_a_person())
def test_what_does_not_overlap_a_ticket_moves_nothing_in_it(spans: Spans) -> None:
    spans_of_first = [(begin, end) for number, begin, end in spans if number == 0]
    near = [span for span in spans if any(span[1] < end and begin < span[2] for begin, end in spans_of_first)]
    assert not spans_of_first or shares(near)[0] == shares(spans)[0]


@pytest.mark.parametrize("tickets", [1, 2, 3, 7])
def test_equal_tickets_share_equally(tickets: int) -> None:
    day = MONDAY + 8 * HOUR
    assert shares([(n, day, day + 10 * HOUR) for n in range(tickets)]) == dict.fromkeys(
        range(tickets), 10 * HOUR // tickets
    )


def test_business_hours_count_through_a_change_of_the_clock() -> None:
    noon = int(datetime(2026, 3, 28, 12, tzinfo=UTC).timestamp())
    assert business(noon, noon + 24 * HOUR, PARIS) == 5 * HOUR


def test_without_business_hours_there_is_no_work() -> None:
    never = BusinessCalendar((), ZoneInfo("UTC"))
    assert shares([(1, MONDAY, MONDAY + WEEK)], never) == {1: 0}


def test_work_of_nobody_is_shared_with_none() -> None:
    begins, ends = np.array([MONDAY, MONDAY], np.int64), np.array([MONDAY + WEEK, MONDAY + WEEK], np.int64)
    parts = unshared_seconds(WEEKDAYS, begins, ends).tolist()
    assert [whole_seconds(part) for part in parts] == [50 * HOUR, 50 * HOUR]


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ([("a", 0, 5)], [("a", 0, 5)], {}),
        ([("a", 0, 9)], [("a", 0, 5)], {"a": [(5, 9)]}),
        ([], [("a", 0, 5), ("b", 5, 7)], {"a": [(0, 5)], "b": [(5, 7)]}),
        ([("a", 0, 9)], [("a", 2, 4), ("a", 5, 12)], {"a": [(0, 2), (4, 5), (9, 12)]}),
        ([("a", 0, 5)], [("b", 0, 5)], {"a": [(0, 5)], "b": [(0, 5)]}),
    ],
)
def test_changed_times_are_those_in_one_and_not_in_the_other(
    before: list[tuple[str, int, int]],
    after: list[tuple[str, int, int]],
    changed: dict[str, list[tuple[int, int]]],
) -> None:
    assert subtract_spans([ActiveSpan(*span) for span in before], [ActiveSpan(*span) for span in after]) == changed


def test_a_day_of_the_year_is_the_same_from_whatever_year_times_are_read() -> None:
    tuesday = MONDAY + 24 * HOUR + 12 * HOUR
    long_ago = int((datetime(2026, 3, 3, tzinfo=UTC) - timedelta(days=30 * 365)).timestamp())
    times = business_seconds(WEEKDAYS, np.array([long_ago, tuesday, tuesday + HOUR], np.int64))
    assert int(times[2] - times[1]) == HOUR
