"""A timetable through nights in which clocks change, and on machines whose clock is set."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from service.runtime.schedule import Cron, start_offset
from service.runtime.timetable import Timetable
from tests.marks import each_slow
from tests.service.runtime.virtual_clock import VirtualClock, run_from

JOBS = {"sync": "*/15 * * * *", "six-hourly": "0 */6 * * *", "census": "30 2 * * *", "midnight": "0 0 * * *"}
# The days on which clocks change in these zones in 2026.
SWITCHES = [
    ("Europe/Paris", "2026-03-29"), ("Australia/Lord_Howe", "2026-04-05"),
    *each_slow(
        ("Europe/Paris", "2026-10-25"), ("Australia/Lord_Howe", "2026-10-04"),
        ("America/New_York", "2026-03-08"), ("America/New_York", "2026-11-01"),
        ("Africa/Cairo", "2026-04-24"), ("Africa/Cairo", "2026-10-30"),
    ),
]  # fmt: skip


def calls_between(
    zone: str, start: datetime, end: datetime, jobs: dict[str, str] = JOBS, set_back: timedelta = timedelta(0)
) -> dict[str, list[datetime]]:
    """Return the times at which a timetable called each job; the clock is set back in the middle."""
    calls: dict[str, list[datetime]] = {name: [] for name in jobs}

    async def work(clock: VirtualClock) -> None:
        timetable = Timetable()
        for name, expression in jobs.items():

            async def start_job(_moment: datetime, name: str = name) -> None:
                calls[name].append(datetime.now(UTC))

            timetable.add(name, Cron(expression, ZoneInfo(zone)), start_offset(name), start_job)
        timetable.start()
        await asyncio.sleep((end - start).total_seconds() / 2)
        clock.set_back(set_back)
        await asyncio.sleep((end - start).total_seconds() / 2)
        timetable.stop()

    run_from(start, work)
    return calls


def days_of(calls: list[datetime], zone: str) -> Counter[str]:
    """Count calls by their day in the zone, leaving out the offset of the start."""
    return Counter(str(at.astimezone(ZoneInfo(zone)).date()) for at in calls)


@pytest.fixture(params=SWITCHES, ids="-".join)
def switch(request: pytest.FixtureRequest) -> tuple[str, datetime, datetime]:
    """Return a zone, and the midnights a day before and two days after its clocks change."""
    zone, day = request.param
    midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone))
    return zone, (midnight - timedelta(days=1)).astimezone(UTC), (midnight + timedelta(days=2)).astimezone(UTC)


def test_each_job_runs_as_often_as_it_should_when_clocks_change(switch: tuple[str, datetime, datetime]) -> None:
    zone, start, end = switch
    calls = calls_between(zone, start - timedelta(seconds=1), end - timedelta(seconds=1))
    # A local day has 23 to 25 hours; a pull comes every quarter of an hour of them, wherever the switch lies.
    quarters = round((end - start) / timedelta(minutes=15))
    gaps = {later - earlier for earlier, later in zip(calls["sync"], calls["sync"][1:], strict=False)}
    assert len(calls["sync"]) == quarters
    assert gaps == {timedelta(minutes=15)}
    assert set(days_of(calls["census"], zone).values()) == {1}
    assert set(days_of(calls["midnight"], zone).values()) == {1}
    assert len(calls["census"]) == len(calls["midnight"]) == 3
    assert len(calls["six-hourly"]) == 12


def test_a_clock_that_is_set_back_stops_no_job() -> None:
    start = datetime(2026, 6, 10, tzinfo=UTC)
    calls = calls_between("UTC", start, start + timedelta(hours=6), {"sync": JOBS["sync"]}, timedelta(days=2))["sync"]
    after = [at for at in calls if at < start]
    assert len(after) == 12, "three hours of pulls after the clock was set back"
    assert after[0] - (start - timedelta(days=2) + timedelta(hours=3)) < timedelta(minutes=16)


def test_a_clock_that_is_set_forwards_makes_up_for_the_time_once() -> None:
    start = datetime(2026, 6, 10, tzinfo=UTC)
    calls = calls_between("UTC", start, start + timedelta(hours=6), {"sync": JOBS["sync"]}, -timedelta(days=2))["sync"]
    step = start + timedelta(days=2, hours=3)
    assert len([at for at in calls if at > step]) == 12
    assert min(at for at in calls if at > step) - step < timedelta(minutes=1)


def test_a_job_that_hangs_when_it_is_started_comes_again() -> None:
    start = datetime(2026, 6, 10, tzinfo=UTC)
    attempts: list[datetime] = []

    async def work(_clock: VirtualClock) -> None:
        async def hang(moment: datetime) -> None:
            attempts.append(moment)
            await asyncio.sleep(3600)

        timetable = Timetable()
        timetable.add("sync", Cron("* * * * *", ZoneInfo("UTC")), timedelta(0), hang)
        timetable.start()
        await asyncio.sleep(305)
        timetable.stop()

    run_from(start, work)
    assert attempts == [start + timedelta(minutes=minute) for minute in range(1, 6)]
