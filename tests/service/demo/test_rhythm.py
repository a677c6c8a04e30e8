from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.demo.story.rhythm import ArrivalRhythm, after_work, at_work

FRIDAY = datetime(2026, 3, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (FRIDAY + timedelta(hours=9, minutes=5), FRIDAY + timedelta(hours=9, minutes=5)),
        (FRIDAY + timedelta(hours=3), FRIDAY + timedelta(hours=8)),
        (FRIDAY + timedelta(hours=18), FRIDAY + timedelta(days=3, hours=8)),
        (FRIDAY + timedelta(days=1, hours=12), FRIDAY + timedelta(days=3, hours=8)),
        (FRIDAY - timedelta(hours=5), FRIDAY + timedelta(hours=8)),
    ],
)
def test_at_work(at: datetime, expected: datetime) -> None:
    assert at_work(at) == expected


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (0.5, FRIDAY + timedelta(hours=17, minutes=30)),
        (1, FRIDAY + timedelta(hours=18)),
        (1.5, FRIDAY + timedelta(days=3, hours=8, minutes=30)),
        (11, FRIDAY + timedelta(days=3, hours=18)),
        (51.25, FRIDAY + timedelta(days=10, hours=8, minutes=15)),
    ],
)
def test_after_work_from_friday_at_five(hours: float, expected: datetime) -> None:
    assert after_work(FRIDAY + timedelta(hours=17), hours) == expected


@given(st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)), st.floats(0, 200), st.floats(0, 200))  # noqa: DTZ001
def test_later_work_ends_later(at: datetime, items: float, more: float) -> None:
    start = at.replace(tzinfo=UTC, microsecond=0)
    end = after_work(start, items)
    assert end >= start
    assert after_work(start, items + more) >= end
    assert end.weekday() < 5


def test_draws_lie_between_start_and_end_in_order() -> None:
    end = FRIDAY + timedelta(days=30)
    drawn = ArrivalRhythm(FRIDAY, end).draw(Random(1), 500)
    assert drawn == sorted(drawn)
    assert FRIDAY <= drawn[0] < drawn[-1] < end
