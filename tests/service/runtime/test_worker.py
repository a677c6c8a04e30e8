import asyncio
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.settings import Schedule, Settings
from service.runtime.queue import Job, LocalQueue
from service.runtime.worker import Worker
from service.store.database import Database
from service.store.tickets import runs, sources
from service.store.tickets.privacy import PrivacyFilter
from service.store.tickets.writer import PageWriter
from service.sync.run import SyncContext
from tests.service.sync.fake import InMemorySystem
from tests.service.sync.test_takeover import statements_in_event_loops

RARELY = Settings(schedule=Schedule(sync="0 0 1 1 *", census="0 0 1 1 *"))


@pytest.fixture
def context(migrated_file: Path, tmp_path: Path) -> SyncContext:
    database = Database(f"sqlite:///{shutil.copy(migrated_file, tmp_path)}")
    return SyncContext(database, PageWriter(database, PrivacyFilter("pseudonym", "store", b"a key of sixteen bytes")))


def idle() -> None:
    """A job without work."""


@dataclass
class StubJobs:
    """Jobs without a store."""

    analyse: Callable[[], None] = idle
    analyse_part: Callable[[], None] = idle
    learn: Callable[[], None] = idle
    send_alerts: Callable[[], None] = idle
    send_digest: Callable[[], None] = idle
    digest_sent_at: datetime | None = None


def run_worker(
    context: SyncContext,
    *systems: InMemorySystem,
    until: Callable[[], bool] | float,
    stop: asyncio.Event | None = None,
    analyse: Callable[[], None] = idle,
) -> None:
    """Run a worker until `stop` is set: by a condition that holds, or after so many seconds."""

    async def run() -> None:
        stoppable = replace(context, stop=stop or asyncio.Event())
        configured = tuple(system.source(f"source{number}") for number, system in enumerate(systems))
        worker = Worker(stoppable, configured, RARELY, StubJobs(analyse), LocalQueue())
        await asyncio.gather(worker.run(), stop_in_time(stoppable.stop))

    async def stop_in_time(stop: asyncio.Event) -> None:
        deadline = time.monotonic() + (60 if callable(until) else until)
        while not stop.is_set() and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
            # In a thread, as everything that asks the database.
            if callable(until) and await asyncio.to_thread(until):
                break
        stop.set()

    asyncio.run(run())


def tickets_of(context: SyncContext) -> dict[str, int]:
    """Return the number of tickets of each source."""
    return {state.name: state.tickets for state in sources.states(context.database)}


def outcomes(context: SyncContext) -> list[str]:
    """Return the outcomes of the last run of each kind and source."""
    return [run["outcome"] for run in runs.latest(context.database)]


def test_what_was_never_pulled_is_pulled_at_start(context: SyncContext) -> None:
    expected = {"source0": 5, "source1": 2}
    systems = InMemorySystem.with_tickets(5), InMemorySystem.with_tickets(2)
    run_worker(context, *systems, until=lambda: tickets_of(context) == expected)
    assert tickets_of(context) == expected


def test_a_worker_leaves_the_event_loop_to_others(context: SyncContext) -> None:
    with statements_in_event_loops() as statements:
        run_worker(context, InMemorySystem.with_tickets(5), until=lambda: outcomes(context) == ["done"])
    assert outcomes(context) == ["done"]
    assert statements == []


def test_each_pull_is_followed_by_an_analysis_and_none_runs_beside_another(context: SyncContext) -> None:
    under_way: list[int] = []
    begun: list[int] = []
    overlaps: list[int] = []

    def analyse() -> None:
        # The worker would log an exception: what overlaps is remembered instead.
        overlaps.extend(under_way)
        under_way.append(1)
        begun.append(sum(state.tickets for state in sources.states(context.database)))
        time.sleep(0.2)
        under_way.pop()

    systems = InMemorySystem.with_tickets(5), InMemorySystem.with_tickets(2)
    run_worker(context, *systems, until=lambda: begun[-1:] == [7] and not under_way, analyse=analyse)
    # One analysis may serve both pulls, where both have ended before it begins.
    assert 1 <= len(begun) <= 2
    assert begun[-1] == 7
    assert not overlaps


def test_an_analysis_that_fails_stops_no_pull(context: SyncContext) -> None:
    failed: list[bool] = []

    def fail() -> None:
        failed.append(True)
        raise ValueError("no number")

    systems = InMemorySystem.with_tickets(5), InMemorySystem.with_tickets(2)
    done = ["done", "done"]
    run_worker(context, *systems, until=lambda: bool(failed) and outcomes(context) == done, analyse=fail)
    assert (outcomes(context), bool(failed)) == (done, True)


def test_what_is_not_overdue_waits_for_its_time(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(5)
    for count in (1, 2):
        run_worker(context, system, until=lambda count=count: outcomes(context) == ["done"] * count)  # type: ignore[misc]
    run_worker(context, system, until=1)
    kinds = [run["kind"] for run in runs.latest(context.database)]
    assert kinds == ["census", "sync"], (
        "pulled at the first start, its first census at the second, nothing at the third"
    )


def test_stopping_commits_the_page_in_progress(context: SyncContext) -> None:
    system = InMemorySystem.with_tickets(3000)
    system.page_size = 10
    stop = asyncio.Event()
    system.on_page = lambda number: stop.set() if number == 20 else None
    begun = datetime.now(UTC)
    run_worker(context, system, until=60, stop=stop)
    assert datetime.now(UTC) - begun < timedelta(seconds=40)
    [run] = runs.latest(context.database)
    [state] = sources.states(context.database)
    assert run["outcome"] == "stopped"
    assert 0 < state.tickets < 3000
    assert run["new"] == state.tickets


def test_a_source_that_hangs_is_cut_off_in_time(context: SyncContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.runtime.queue.SECONDS_TO_STOP", 0.5)
    system = InMemorySystem.with_tickets(5)
    hanging, stop = system.connector(), asyncio.Event()

    async def forever(*_: object) -> None:
        stop.set()
        await asyncio.sleep(60)

    monkeypatch.setattr(hanging, "count", forever)
    source = replace(system.source(), connector=hanging)

    async def run() -> None:
        stoppable = replace(context, stop=stop)
        await Worker(stoppable, (source,), RARELY, StubJobs(), LocalQueue()).run()

    begun = datetime.now(UTC)
    asyncio.run(run())
    assert datetime.now(UTC) - begun < timedelta(seconds=30)
    assert len(runs.latest(context.database)) == 1
    assert runs.latest(context.database)[0]["outcome"] == "stopped"


def test_a_worker_that_does_not_pull_knows_of_the_first_pull_of_another_one(context: SyncContext) -> None:
    state = sources.register(context.database, "elsewhere", "jira", datetime.now(UTC))
    number = runs.begin(context.database, state.id, "sync", datetime.now(UTC))
    begun: list[str] = []
    jobs = StubJobs(lambda: begun.append("all"), lambda: begun.append("part"))

    async def analyse_once() -> None:
        stoppable, queue = replace(context, stop=asyncio.Event()), LocalQueue()
        worker = asyncio.create_task(Worker(stoppable, (), RARELY, jobs, queue).run())
        count = len(begun)
        while len(begun) == count:
            await queue.defer(Job("analysis"))
            await asyncio.sleep(0.05)
        stoppable.stop.set()
        await worker

    asyncio.run(asyncio.wait_for(analyse_once(), 60))
    runs.end(context.database, number, runs.RunCounts(), outcome="failed", reason="no", at=datetime.now(UTC))
    asyncio.run(asyncio.wait_for(analyse_once(), 60))
    assert (begun[0], begun[-1]) == ("part", "all")


def test_what_a_long_first_pull_has_brought_is_analysed_while_it_goes_on(
    context: SyncContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.runtime.worker.FIRST_NUMBERS_SECONDS", 0.02)
    begun: list[tuple[str, int]] = []

    def note(kind: str) -> None:
        begun.append((kind, sum(state.tickets for state in sources.states(context.database))))

    system = InMemorySystem.with_tickets(60)
    system.on_page = lambda _number: time.sleep(0.05)
    source, jobs = system.source(), StubJobs(lambda: note("all"), lambda: note("part"))

    async def run() -> None:
        stoppable = replace(context, stop=asyncio.Event())
        worker = asyncio.create_task(Worker(stoppable, (source,), RARELY, jobs, LocalQueue()).run())
        while ("all", 60) not in begun:
            await asyncio.sleep(0.05)
        stoppable.stop.set()
        await worker

    asyncio.run(asyncio.wait_for(run(), 60))
    kinds = [kind for kind, _ in begun]
    assert kinds.count("part") > 1
    assert kinds == ["part"] * (len(kinds) - 1) + ["all"]
    assert begun[0][1] < 60
