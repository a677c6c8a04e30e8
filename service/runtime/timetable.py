"""The timetable: calls at the moments of cron expressions, whatever happens to the clock of the machine."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger

from service.runtime.schedule import Cron

WATCH_SECONDS = 15.0
SMALLEST_STEP_SECONDS = 2.0
# Less than a minute, the shortest time between two moments: a call that hung would keep the next one from starting.
START_SECONDS = 30.0

Start = Callable[[datetime], Awaitable[None]]
"""A quick function that starts a job; its argument is the moment of the cron expression, the same in every process."""

log = structlog.get_logger()


@dataclass(slots=True)
class TimetableEntry:
    """One line of a timetable: `start` is called `offset` after each moment."""

    id: str
    cron: Cron
    offset: timedelta
    start: Start


class Timetable:
    """Calls functions at the moments of cron expressions; what was missed is made up for once."""

    def __init__(self) -> None:
        # Dates in UTC alone: the scheduler's own cron triggers add jitter to local time and can end up in the past.
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults={"misfire_grace_time": None})
        self._entries: list[TimetableEntry] = []
        self._watch: asyncio.Task[None] | None = None

    def add(self, id_: str, cron: Cron, offset: timedelta, start: Start) -> None:
        """Call `start` at each moment of `cron` plus `offset`."""
        entry = TimetableEntry(id_, cron, offset, start)
        self._entries.append(entry)
        self._arm(entry, datetime.now(UTC))

    def start(self) -> None:
        """Begin, in the running event loop."""
        self._scheduler.start()
        self._watch = asyncio.create_task(self._keep_time())

    def stop(self) -> None:
        """Call nothing any more."""
        if self._watch is not None:
            self._watch.cancel()
            self._scheduler.shutdown(wait=False)

    def _arm(self, entry: TimetableEntry, after: datetime) -> None:
        moment = entry.cron.next_after(after)
        if moment is not None:
            # A date, not a cron trigger: only so every call knows the moment that it stands for.
            self._scheduler.add_job(
                self._call, DateTrigger(moment + entry.offset), [entry, moment], id=entry.id, replace_existing=True
            )

    async def _call(self, entry: TimetableEntry, moment: datetime) -> None:
        latest = entry.cron.latest(moment, datetime.now(UTC) - entry.offset)
        self._arm(entry, latest)
        try:
            async with asyncio.timeout(START_SECONDS):
                await entry.start(latest)
        except Exception:
            log.exception("job could not be started, will retry at its next time", job=entry.id)

    async def _keep_time(self) -> None:
        """Follow the clock of the machine when it is set."""
        # The loop's time is that of a clock that nobody sets. The scheduler waits for a time of day, which after a
        # step backwards may be days away, and after a step forwards has passed while its timer still runs.
        steady = asyncio.get_running_loop().time
        while True:
            expected = datetime.now(UTC).timestamp() - steady()
            await asyncio.sleep(WATCH_SECONDS)
            step = datetime.now(UTC).timestamp() - steady() - expected
            if step < -SMALLEST_STEP_SECONDS:
                log.warning("clock was set back, the schedule starts again from now", seconds=round(-step))
                for entry in self._entries:
                    self._arm(entry, datetime.now(UTC) - entry.offset)
            self._scheduler.wakeup()
