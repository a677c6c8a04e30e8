from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.triggers.cron import CronTrigger

from config.settings import Schedule, Settings
from service.runtime.schedule import interval, is_overdue, pull_interval

NOW = datetime(2026, 3, 2, 9, 5, tzinfo=UTC)


@pytest.mark.parametrize(("minutes", "overdue"), [(3, False), (20, True), (24 * 60, True)])
def test_overdue_means_that_a_moment_has_passed_since(minutes: int, overdue: bool) -> None:
    trigger = CronTrigger.from_crontab("*/15 * * * *", UTC)
    assert is_overdue(trigger, NOW - timedelta(minutes=minutes), NOW) is overdue
    assert is_overdue(trigger, None, NOW)


def test_the_interval_of_a_cron_expression() -> None:
    assert interval("*/15 * * * *", Settings(), NOW) == timedelta(minutes=15)
    assert interval("30 2 * * *", Settings(), NOW) == timedelta(days=1)
    assert interval("0 0 30 2 *", Settings(), NOW) == timedelta(days=1), "30 February never comes"


def test_pulls_come_as_often_as_the_settings_say() -> None:
    assert pull_interval(Settings(schedule=Schedule(sync="*/7 * * * *")), NOW) == timedelta(minutes=7)
