"""JQL: bounds of the update time, and queries."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.jira.query import BY_UPDATE, jql_updated_since, millisecond_bound, minute_bound

ZONES = ["America/St_Johns", "Europe/Paris", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]
HOUR = timedelta(hours=1)

instants = st.integers(0, 2**31 * 1_000_000).map(
    lambda micros: datetime(1990, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
)
zones = st.sampled_from(ZONES).map(ZoneInfo)


@given(at=instants)
def test_milliseconds_are_floored(at: datetime) -> None:
    bound = millisecond_bound(at)
    assert datetime.fromtimestamp(int(bound.literal) / 1000, UTC) == bound.floor
    assert timedelta(0) <= at - bound.floor < timedelta(milliseconds=1)


@given(at=instants, zone=zones)
def test_minutes_never_begin_late_in_any_reading(at: datetime, zone: ZoneInfo) -> None:
    bound = minute_bound(at, zone)
    wall = datetime.strptime(bound.literal, '"%Y-%m-%d %H:%M"').replace(tzinfo=zone)
    readings = [wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
    assert bound.floor == min(readings)
    assert max(readings) <= at
    assert at - bound.floor < 2 * HOUR + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("at", "literal"),
    [
        (datetime(2024, 7, 1, 12, 34, 56, tzinfo=UTC), '"2024-07-01 14:34"'),
        (datetime(2024, 10, 27, 0, 30, tzinfo=UTC), '"2024-10-27 01:30"'),  # 02:30 occurs twice
        (datetime(2024, 10, 27, 1, 30, tzinfo=UTC), '"2024-10-27 02:30"'),
        (datetime(2024, 10, 27, 2, 30, tzinfo=UTC), '"2024-10-27 03:30"'),
    ],
)
def test_minutes_are_those_of_the_accounts_zone(at: datetime, literal: str) -> None:
    assert minute_bound(at, ZoneInfo("Europe/Paris")).literal == literal


def test_queries() -> None:
    assert jql_updated_since("5", None) == "updated >= 5"
    assert jql_updated_since("5", None, before="7") == "updated >= 5 AND updated < 7"
    ordered = jql_updated_since("5", "project = OPS", BY_UPDATE)
    assert ordered == "project = OPS AND updated >= 5 ORDER BY updated ASC, key ASC"
