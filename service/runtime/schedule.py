"""Schedules: the moments of cron expressions in the time zone of the operator, computed in UTC."""

import hashlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim

from config.settings import Settings
from service.monitoring.health import CLOCK_TOLERANCE

# No zone of today moves its clocks by more: Troll by two hours, Lord Howe by half an hour.
LONGEST_SWITCH = timedelta(hours=3)
MAX_OFFSET_SECONDS = 20


class Cron:
    """The moments of a cron expression of five fields.

    When clocks are changed, an expression for every hour follows the real hours. One for certain hours has one moment
    for each of its times of day, even if that time is missing or comes twice.
    """

    def __init__(self, expression: str, zone: ZoneInfo) -> None:
        self._expression = expression
        self._zone = zone
        self._is_hourly = expression.split()[1] == "*"

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first moment after `moment` in UTC; None for an expression without one."""
        best: datetime | None = None
        # Local times and moments run in different orders around a switch, so all those near it are compared.
        for local in CronSim(self._expression, self._local(moment) - LONGEST_SWITCH):
            if best is not None and local > self._local(best) + LONGEST_SWITCH:
                break
            candidates = [at for at in self._moments(local) if at > moment]
            best = min((*candidates, best) if best else candidates, default=None)
        return best

    def latest(self, moment: datetime, now: datetime) -> datetime:
        """Return the last moment up to `now`, beginning with `moment` itself, which is one of the expression."""
        while (following := self.next_after(moment)) is not None and following <= now:
            moment = following
        return moment

    def is_overdue(self, last: datetime | None, now: datetime) -> bool:
        """Return True if a moment has passed since `last`, and if `last` is None or in the future."""
        if last is None or last > now + CLOCK_TOLERANCE:
            return True
        following = self.next_after(last)
        return following is not None and following <= now

    def interval(self, now: datetime) -> timedelta:
        """Return the time between the next two moments; a day for an expression without them."""
        first = self.next_after(now)
        second = self.next_after(first) if first else None
        return second - first if first and second else timedelta(days=1)

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(self._zone).replace(tzinfo=None)

    def _moments(self, local: datetime) -> list[datetime]:
        """Return the moments that stand for a local time: one as a rule, two or none near a switch."""
        first, second = (local.replace(tzinfo=self._zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        if self._is_hourly:
            return [moment for moment in {first, second} if self._local(moment) == local]
        # Of two the first. A missing time moves by the length of the gap: 02:30 becomes 03:30.
        return [first]


def pull_interval(settings: Settings, now: datetime) -> timedelta:
    """Return the time between the next two pulls of a source."""
    return Cron(settings.schedule.sync, settings.zone).interval(now)


def start_offset(name: str) -> timedelta:
    """Return how long after its moment a job starts: the same for a name in every process, up to 20 seconds."""
    # Sources of one installation, and installations of one vendor, should not all begin in the same second. A random
    # delay would differ between workers, and one that a scheduler adds to local time fails when clocks are changed.
    return timedelta(
        milliseconds=int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % (MAX_OFFSET_SECONDS * 1000)
    )
