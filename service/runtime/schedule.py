"""Schedules: cron expressions in the time zone of the operator."""

from datetime import datetime, timedelta

from apscheduler.triggers.cron import CronTrigger

from config.settings import Settings


def is_overdue(trigger: CronTrigger, last: datetime | None, now: datetime) -> bool:
    """Return True if the job should have run since `last`, or has never run."""
    if last is None:
        return True
    next_time = trigger.get_next_fire_time(None, last)
    return next_time is not None and next_time <= now


def pull_interval(settings: Settings, now: datetime) -> timedelta:
    """Return the time between the next two pulls of a source."""
    return interval(settings.schedule.sync, settings, now)


def interval(cron: str, settings: Settings, now: datetime) -> timedelta:
    """Return the time between the next two moments of a cron expression."""
    trigger = CronTrigger.from_crontab(cron, settings.zone)
    first = trigger.get_next_fire_time(None, now)
    second = trigger.get_next_fire_time(first, first + timedelta(seconds=1)) if first else None
    # An expression such as 30 February has no next moment; a day keeps readiness and alerts meaningful.
    return second - first if first and second else timedelta(days=1)
