"""The running service while its PostgreSQL or one of its workers stands still, and afterwards."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from service.store.database import Database
from service.store.tickets import runs, sources
from tests.postgres import PostgresServer
from tests.service.runtime.test_serve import free_port

pytestmark = pytest.mark.postgres
PROMPTLY = 5.0  # A blocked event loop would wait as long as the server does.
TICKETS = 6_000
MANY_SOURCES, FEW_TICKETS, FEWEST_TICKETS = 24, 1000, 300
TREADMILL = [sys.executable, "-c", "from service.__main__ import main; main()"]


def ticket_line(number: int) -> str:
    return json.dumps({"id": str(number), "opened_at": "2026-03-02T09:00:00Z", "title": f"ticket {number}"})


def variables(url: str, folder: Path, sources: int, tickets: int) -> dict[str, str]:
    """Return the environment of a process with file sources, which it pulls when it starts."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("TREADMILL_")}
    for number in range(sources):
        file = folder / f"source{number}.jsonl"
        if not file.exists():
            file.write_text("\n".join(ticket_line(ticket) for ticket in range(tickets)))
        environ[f"TREADMILL_SOURCES__SOURCE{number}__CONNECTOR"] = "file"
        environ[f"TREADMILL_SOURCES__SOURCE{number}__PATH"] = str(file)
    return environ | {
        "TREADMILL_DATABASE_URL": url,
        "TREADMILL_SCHEDULE__SYNC": "0 0 1 1 *",
        "TREADMILL_PRIVACY__KEY": "a key of at least thirty-two bytes for tests",
    }


class RunningService:
    """`treadmill run` in a process of its own."""

    def __init__(self, environ: dict[str, str], log: Path, *arguments: str) -> None:
        self.port = free_port()
        self.database = Database(environ["TREADMILL_DATABASE_URL"])
        self.log = log
        with log.open("w") as file:
            self.process = subprocess.Popen(
                [*TREADMILL, "run", *arguments],
                env=environ | {"TREADMILL_WEB__PORT": str(self.port)},
                stderr=file,
                stdout=file,
            )

    def get(self, path: str) -> tuple[int, float]:
        """Return the status of an answer, and the seconds it took."""
        begun = time.monotonic()
        answer = httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=30)
        return answer.status_code, time.monotonic() - begun

    def is_busy(self) -> bool:
        """Return True while this process is the one that pulls."""
        with self.database.read() as connection:
            holders = connection.execute(text("SELECT holder FROM lease WHERE expires_at > clock_timestamp()"))
            return any(f"process {self.process.pid} " in holder for holder in holders.scalars())

    def is_up(self) -> bool:
        """Return True once the website answers."""
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.get("/healthz")[0] == 200
        except httpx.TransportError:
            return False


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.2)


Start = Callable[..., RunningService]


@pytest.fixture
def start(postgres_server: PostgresServer, tmp_path: Path) -> Iterator[Start]:
    """Return a function that starts the service on an empty database."""
    started: list[RunningService] = []
    with postgres_server.migrated() as url:

        def start_service(*arguments: str, sources: int, tickets: int, **settings: str) -> RunningService:
            environ = variables(url, tmp_path, sources, tickets) | settings
            started.append(RunningService(environ, tmp_path / f"service{len(started)}.log", *arguments))
            wait_until(started[-1].is_up, 60)
            return started[-1]

        yield start_service
        for service in started:
            service.process.kill()
            service.process.wait()
            service.database.dispose()


def counts(database: Database) -> dict[str, int]:
    """Return the number of tickets of each source."""
    return {state.name: state.tickets for state in sources.states(database)}


def is_pulling(database: Database) -> bool:
    """Return True while a run is under way that has stored a page."""
    return any(run["outcome"] == "running" and run["read"] for run in runs.latest(database))


@pytest.mark.slow
def test_the_service_answers_and_ends_while_its_server_is_frozen(start: Start, postgres_server: PostgresServer) -> None:
    service = start(sources=3, tickets=TICKETS)
    wait_until(lambda: is_pulling(service.database), 60)
    with postgres_server.frozen():
        for _ in range(3):
            status, seconds = service.get("/healthz")
            assert status == 200
            assert seconds < PROMPTLY
            time.sleep(0.3)
        status, seconds = service.get("/readyz")
        assert status == 503
        assert seconds < 5
        begun = time.monotonic()
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(30) == 0, service.log.read_text()
        assert time.monotonic() - begun < 10, service.log.read_text()


@pytest.mark.slow
def test_a_command_ends_while_its_server_is_frozen(postgres_server: PostgresServer, tmp_path: Path) -> None:
    with postgres_server.migrated() as url:
        database = Database(url)
        command = subprocess.Popen(
            [*TREADMILL, "sync"], env=variables(url, tmp_path, 3, TICKETS), stderr=subprocess.PIPE, text=True
        )
        wait_until(lambda: is_pulling(database), 60)
        with postgres_server.frozen():
            time.sleep(1)
            begun = time.monotonic()
            command.send_signal(signal.SIGTERM)
            _, errors = command.communicate(timeout=60)
            assert time.monotonic() - begun < 10
        assert command.returncode == 1
        assert "Traceback" not in errors
        database.dispose()


@pytest.mark.slow
def test_the_service_goes_on_when_its_server_does(start: Start, postgres_server: PostgresServer) -> None:
    service = start(sources=3, tickets=TICKETS)
    wait_until(lambda: is_pulling(service.database), 60)
    with postgres_server.frozen():
        time.sleep(3)
        assert service.get("/readyz")[0] == 503
    wait_until(lambda: counts(service.database) == {f"source{number}": TICKETS for number in range(3)}, 60)
    wait_until(lambda: {run["outcome"] for run in runs.latest(service.database)} == {"done"}, 60)
    wait_until(lambda: service.get("/readyz")[0] == 200, 60)
    assert len(runs.latest(service.database)) == 3, "each run goes on where it stood still"
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(30) == 0


@pytest.mark.slow
def test_24_sources_outlast_a_minute_without_their_server(start: Start, postgres_server: PostgresServer) -> None:
    service = start(sources=MANY_SOURCES, tickets=FEW_TICKETS, TREADMILL_SCHEDULE__SYNC="* * * * *")
    wait_until(lambda: is_pulling(service.database), 60)
    slowest = 0.0
    with postgres_server.frozen():
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            status, seconds = service.get("/healthz")
            assert status == 200
            slowest = max(slowest, seconds)
            time.sleep(1)
        assert service.get("/readyz")[0] == 503
    assert slowest < PROMPTLY
    expected = {f"source{number}": FEW_TICKETS for number in range(MANY_SOURCES)}
    # A run may fail whose session the server found idle in a transaction for a minute; the next one follows at once.
    wait_until(lambda: counts(service.database) == expected, 150)
    wait_until(lambda: service.get("/readyz")[0] == 200, 60)


@pytest.mark.slow
def test_one_command_pulls_24_sources_over_one_pool(postgres_server: PostgresServer, tmp_path: Path) -> None:
    with postgres_server.migrated() as url:
        environ = variables(url, tmp_path, MANY_SOURCES, FEWEST_TICKETS)
        done = subprocess.run(
            [*TREADMILL, "sync", "--json"], env=environ, capture_output=True, text=True, check=False, timeout=200
        )
        assert done.returncode == 0, done.stderr
        outcomes = [(run["outcome"], run["new"]) for run in json.loads(done.stdout)]
        assert outcomes == [("done", FEWEST_TICKETS)] * MANY_SOURCES


@pytest.mark.slow
def test_the_source_of_a_frozen_worker_is_taken_over_and_its_late_page_refused(start: Start) -> None:
    workers = [start("--only", "worker", sources=1, tickets=20_000) for _ in range(2)]
    database = workers[0].database
    wait_until(lambda: is_pulling(database), 60)
    [frozen] = [worker for worker in workers if worker.is_busy()]
    [second] = [worker for worker in workers if worker is not frozen]
    frozen.process.send_signal(signal.SIGSTOP)
    try:
        wait_until(second.is_busy, 100)
    finally:
        frozen.process.send_signal(signal.SIGCONT)
    wait_until(lambda: {run["outcome"] for run in runs.latest(database)} == {"done", "stopped"}, 100)
    taken_over = {run["outcome"]: run["reason"] for run in runs.latest(database)}
    assert f"process {second.process.pid} on" in taken_over["stopped"]
    assert "took over 'source-source0' while this process was frozen" in taken_over["stopped"]
    assert counts(database) == {"source0": 20_000}
    assert sum(run["new"] for run in runs.latest(database)) == 20_000, "each ticket is stored by one of the runs"
