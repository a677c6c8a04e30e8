import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from apscheduler.triggers.cron import CronTrigger

from config.settings import Schedule, Settings
from service.runtime.worker import AnalysisJobs, Worker, interval, is_overdue
from service.store import schema
from service.store.database import Database
from service.store.tickets import runs, sources
from service.store.tickets.privacy import PrivacyFilter
from service.store.tickets.writer import PageWriter
from service.sync.run import SyncContext
from tests.service.sync.fake import FakeSystem

NOW = datetime(2026, 3, 2, 9, 5, tzinfo=UTC)
RARELY = Settings(schedule=Schedule(sync="0 0 1 1 *", census="0 0 1 1 *"))


@pytest.fixture
def workplace(tmp_path: Path) -> SyncContext:
    database = Database(f"sqlite:///{tmp_path}/treadmill.db")
    schema.upgrade(database)
    return SyncContext(database, PageWriter(database, PrivacyFilter("pseudonym", "store", b"a key of sixteen bytes")))


def idle() -> None:
    """An analysis that finds nothing to do."""


def worked(
    workplace: SyncContext,
    *systems: FakeSystem,
    until: float,
    stop: asyncio.Event | None = None,
    catch_up: Callable[[], None] = idle,
) -> None:
    """Runs a worker until `stop` is set, and asks it to stop after some seconds."""

    async def run() -> None:
        place = replace(workplace, stop=stop or asyncio.Event())
        asyncio.get_running_loop().call_later(until, place.stop.set)
        chosen = tuple(system.source(f"source{number}") for number, system in enumerate(systems))
        await Worker(place, chosen, RARELY, AnalysisJobs(catch_up, idle)).run()

    asyncio.run(run())


def test_what_was_never_pulled_is_pulled_at_start(workplace: SyncContext) -> None:
    worked(workplace, FakeSystem.with_tickets(5), FakeSystem.with_tickets(2), until=1.5)
    assert {state.name: state.tickets for state in sources.states(workplace.database)} == {"source0": 5, "source1": 2}


def test_each_pull_is_followed_by_an_analysis_and_none_runs_beside_another(workplace: SyncContext) -> None:
    under_way: list[int] = []
    begun: list[int] = []

    def catch_up() -> None:
        assert not under_way, "two analyses at once"
        under_way.append(1)
        begun.append(sum(state.tickets for state in sources.states(workplace.database)))
        time.sleep(0.2)
        under_way.pop()

    worked(workplace, FakeSystem.with_tickets(5), FakeSystem.with_tickets(2), until=2.5, catch_up=catch_up)
    assert len(begun) == 2
    assert begun[-1] == 7


def test_an_analysis_that_fails_stops_no_pull(workplace: SyncContext) -> None:
    def fail() -> None:
        raise ValueError("no number")

    worked(workplace, FakeSystem.with_tickets(5), FakeSystem.with_tickets(2), until=1.5, catch_up=fail)
    assert [run["outcome"] for run in runs.latest(workplace.database)] == ["done", "done"]


def test_what_is_not_overdue_waits_for_its_time(workplace: SyncContext) -> None:
    system = FakeSystem.with_tickets(5)
    for _ in range(3):
        worked(workplace, system, until=1)
    kinds = [run["kind"] for run in runs.latest(workplace.database)]
    assert kinds == ["census", "sync"], (
        "pulled at the first start, its first census at the second, nothing at the third"
    )


def test_stopping_commits_the_page_under_way_and_says_so(workplace: SyncContext) -> None:
    system = FakeSystem.with_tickets(3000)
    system.page_size = 10
    stop = asyncio.Event()
    system.on_page = lambda number: stop.set() if number == 20 else None
    begun = datetime.now(UTC)
    worked(workplace, system, until=60, stop=stop)
    assert datetime.now(UTC) - begun < timedelta(seconds=9)
    [run] = runs.latest(workplace.database)
    [state] = sources.states(workplace.database)
    assert run["outcome"] == "stopped"
    assert 0 < state.tickets < 3000
    assert run["new"] == state.tickets


def test_a_source_that_hangs_is_cut_off_in_time(workplace: SyncContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.runtime.worker.SECONDS_TO_STOP", 0.5)
    system = FakeSystem.with_tickets(5)
    hanging = system.connector()

    async def forever(*_: object) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(hanging, "count", forever)
    source = replace(system.source(), connector=hanging)

    async def run() -> None:
        place = replace(workplace, stop=asyncio.Event())
        asyncio.get_running_loop().call_later(0.7, place.stop.set)
        await Worker(place, (source,), RARELY, AnalysisJobs(idle, idle)).run()

    begun = datetime.now(UTC)
    asyncio.run(run())
    assert datetime.now(UTC) - begun < timedelta(seconds=4)
    assert len(runs.latest(workplace.database)) == 1
    assert runs.latest(workplace.database)[0]["outcome"] == "stopped"


@pytest.mark.parametrize(("minutes", "overdue"), [(3, False), (20, True), (24 * 60, True)])
def test_overdue_means_that_a_moment_has_passed_since(minutes: int, overdue: bool) -> None:
    trigger = CronTrigger.from_crontab("*/15 * * * *", UTC)
    assert is_overdue(trigger, NOW - timedelta(minutes=minutes), NOW) is overdue
    assert is_overdue(trigger, None, NOW)


def test_the_interval_of_a_cron_expression() -> None:
    assert interval("*/15 * * * *", Settings(), NOW) == timedelta(minutes=15)
    assert interval("30 2 * * *", Settings(), NOW) == timedelta(days=1)
