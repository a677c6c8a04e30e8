from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from service.analysis.calendar import Grain, closed_weeks, first_day, following, is_closed, local_date, mondays, period
from tests.factory import at

PARIS = ZoneInfo("Europe/Paris")


def test_weeks_are_cut_in_the_zone_and_the_unfinished_one_is_left_out() -> None:
    span = closed_weeks(at(24 * 3), 2, PARIS)
    assert span.end.astimezone(PARIS).isoformat() == "2026-03-02T00:00:00+01:00"
    assert span.begin.astimezone(PARIS).isoformat() == "2026-02-16T00:00:00+01:00"
    assert mondays(at(24 * 3), 2, PARIS) == [date(2026, 2, 16), date(2026, 2, 23)]


@pytest.mark.parametrize(
    ("day", "grain", "first", "after"),
    [
        (date(2026, 3, 29), "day", date(2026, 3, 29), date(2026, 3, 30)),
        (date(2026, 1, 1), "week", date(2025, 12, 29), date(2026, 1, 5)),
        (date(2025, 12, 31), "month", date(2025, 12, 1), date(2026, 1, 1)),
        (date(2028, 2, 29), "month", date(2028, 2, 1), date(2028, 3, 1)),
    ],
)
def test_days_weeks_and_months_begin_and_follow(day: date, grain: Grain, first: date, after: date) -> None:
    assert first_day(day, grain) == first
    assert following(first, grain) == after


def test_a_day_of_23_hours_is_23_hours_long() -> None:
    span = period(date(2026, 3, 29), "day", PARIS)
    assert span.end - span.begin == timedelta(hours=23)
    assert span.begin in span
    assert span.end not in span
    assert None not in span


def test_midnight_belongs_to_the_day_that_begins() -> None:
    assert local_date(datetime(2026, 3, 1, 23, 0, tzinfo=UTC), PARIS) == date(2026, 3, 2)
    assert local_date(datetime(2026, 3, 1, 22, 59, 59, tzinfo=UTC), PARIS) == date(2026, 3, 1)


def test_a_period_is_closed_from_its_last_moment_on() -> None:
    week = period(date(2026, 3, 2), "week", PARIS)
    assert is_closed(week, week.end)
    assert not is_closed(week, week.end - timedelta(seconds=1))
