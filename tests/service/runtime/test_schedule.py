from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import Schedule, Settings
from service.runtime.schedule import MAX_OFFSET_SECONDS, Cron, pull_interval, start_offset

NOW = datetime(2026, 3, 2, 9, 5, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
ZONES = ("Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kathmandu", "UTC")


@pytest.mark.parametrize(("minutes", "overdue"), [(3, False), (20, True), (24 * 60, True)])
def test_overdue_means_that_a_moment_has_passed_since(minutes: int, overdue: bool) -> None:
    cron = Cron("*/15 * * * *", ZoneInfo("UTC"))
    assert cron.is_overdue(NOW - timedelta(minutes=minutes), NOW) is overdue
    assert cron.is_overdue(None, NOW)


def test_a_success_in_the_future_is_overdue() -> None:
    assert Cron("30 2 * * *", PARIS).is_overdue(NOW + timedelta(days=2), NOW)
    assert not Cron("30 2 * * *", PARIS).is_overdue(NOW + timedelta(minutes=1), NOW), "clocks differ by seconds"


def test_the_interval_of_a_cron_expression() -> None:
    utc = ZoneInfo("UTC")
    assert Cron("*/15 * * * *", utc).interval(NOW) == timedelta(minutes=15)
    assert Cron("30 2 * * *", utc).interval(NOW) == timedelta(days=1)


def test_pulls_come_as_often_as_the_settings_say() -> None:
    assert pull_interval(Settings(schedule=Schedule(sync="*/7 * * * *")), NOW) == timedelta(minutes=7)


def test_monday_is_number_one_as_in_every_cron() -> None:
    at = Cron("0 7 * * 1", PARIS).next_after(NOW)
    assert at is not None
    assert at.astimezone(PARIS).strftime("%A %H:%M") == "Monday 07:00"


def test_a_time_that_comes_twice_is_one_moment_and_a_missing_one_moves() -> None:
    cron = Cron("30 2 * * *", PARIS)
    assert cron.next_after(datetime(2026, 10, 24, 12, tzinfo=UTC)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert cron.next_after(datetime(2026, 10, 25, 0, 30, tzinfo=UTC)) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)
    assert cron.next_after(datetime(2026, 3, 28, 12, tzinfo=UTC)) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_the_latest_moment_is_the_last_that_has_passed() -> None:
    cron = Cron("*/15 * * * *", PARIS)
    assert cron.latest(datetime(2026, 3, 2, 9, 0, tzinfo=UTC), NOW + timedelta(hours=1)) == NOW + timedelta(minutes=55)


@given(
    st.sampled_from(ZONES),
    st.sampled_from(("*/15 * * * *", "*/20 */6 * * *", "30 2 * * *", "0 0 * * *", "0 0 * * mon", "15,45 1-3 * * *")),
    st.integers(0, 7 * 365 * 24 * 60),
)
def test_moments_run_forwards_and_show_the_right_time(zone: str, expression: str, minutes: int) -> None:
    cron, previous = Cron(expression, ZoneInfo(zone)), datetime(2023, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    for _ in range(5):
        following = cron.next_after(previous)
        assert following is not None
        assert following > previous
        between = previous + (following - previous) / 2
        assert cron.next_after(between) == following, "no moment is left out"
        previous = following


def test_the_offset_of_a_source_is_always_the_same() -> None:
    offsets = [start_offset(f"source{number}") for number in range(50)]
    assert offsets == [start_offset(f"source{number}") for number in range(50)]
    assert len(set(offsets)) > 40
    assert all(timedelta(0) <= offset < timedelta(seconds=MAX_OFFSET_SECONDS) for offset in offsets)
