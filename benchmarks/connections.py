"""A running service under idle connections: pulls on time, the size of the log, answers to a probe.

python -m benchmarks.connections [--connections 1000] [--seconds 300] [--handles 256]: half of the connections send
nothing, half a part of a request; each is opened again a second after it was closed. Pulls are due each minute.
"""

import argparse
import asyncio
import contextlib
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import httpx
import psutil

HALF_A_REQUEST = b"GET /cycles HTTP/1.1\r\nHost: localhost\r\nX-"
SECONDS_TO_START = 60
# Room for two pulls a minute apart, and as long again for a service that delays them.
SECONDS_FOR_PULLS = 150


@dataclass(frozen=True, slots=True)
class IdleLoad:
    """Measures of a service under idle connections."""

    pulls: Sequence[datetime]
    log_bytes: int
    memory: int
    opened: int
    answers: Sequence[float]
    failures: int

    @property
    def longest_gap(self) -> float:
        """The seconds between two pulls that lie furthest apart."""
        pairs = zip(self.pulls, self.pulls[1:], strict=False)
        return max(((after - before).total_seconds() for before, after in pairs), default=0.0)


def measure(folder: Path, connections: int, seconds: float, handles: int, pulls: int = 0) -> IdleLoad:
    """Run the service in a folder under idle connections, with at most `handles` open files and sockets.

    The load lasts for `seconds`, and then until the log tells of `pulls`, but for SECONDS_FOR_PULLS at most.
    """
    port, log = free_port(), folder / "log"
    (folder / "tickets.jsonl").write_text('{"id": "1", "opened_at": "2026-03-02T09:00:00Z", "title": "Printer"}\n')
    environ = {name: value for name, value in os.environ.items() if not name.startswith("TREADMILL_")} | {
        "TREADMILL_SOURCES__ARCHIVE__CONNECTOR": "file",
        "TREADMILL_SOURCES__ARCHIVE__PATH": str(folder / "tickets.jsonl"),
        "TREADMILL_SCHEDULE__SYNC": "* * * * *",
        "TREADMILL_WEB__PORT": str(port),
    }
    command = [
        "/bin/sh",
        "-c",
        f'ulimit -n {handles} && exec "$0" run',
        str(Path(sys.executable).with_name("treadmill")),
    ]
    with log.open("wb") as out, subprocess.Popen(command, cwd=folder, env=environ, stderr=out) as process:
        try:
            _wait(port)
            memory = psutil.Process(process.pid)
            is_over = _end_of_load(log, seconds, pulls)
            opened, answers, failures = asyncio.run(_load(port, connections, is_over))
            result = memory.memory_info().rss, opened, answers, failures
        finally:
            process.terminate()
            process.wait(30)
    return IdleLoad(_pulls(log), log.stat().st_size, *result)


def free_port() -> int:
    """Return a port of loopback that nothing listens on."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


def _wait(port: int) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            httpx.get(f"http://127.0.0.1:{port}/healthz")
            return
        time.sleep(0.2)
    raise TimeoutError("the service has not started")


def _end_of_load(log: Path, seconds: float, pulls: int) -> Callable[[], bool]:
    """Return a function that tells if the load that begins now may end."""
    begin = time.monotonic()

    def is_over() -> bool:
        elapsed = time.monotonic() - begin
        return elapsed >= seconds and (elapsed >= SECONDS_FOR_PULLS or len(_pulls(log)) >= pulls)

    return is_over


async def _load(port: int, connections: int, is_over: Callable[[], bool]) -> tuple[int, list[float], int]:
    """Hold connections and probe the service; return (connections opened, seconds of answers, failures)."""
    opened: list[int] = []
    idle = [asyncio.create_task(_hold(port, HALF_A_REQUEST * (number % 2), opened)) for number in range(connections)]
    # In a thread: between so many connections, the event loop would let a probe wait that the service does not.
    answers, failures = await asyncio.to_thread(_probe, port, is_over)
    for task in idle:
        task.cancel()
    await asyncio.gather(*idle, return_exceptions=True)
    return len(opened), answers, failures


def _probe(port: int, is_over: Callable[[], bool]) -> tuple[list[float], int]:
    """Ask for the health of the service each second; return (seconds of answers, failures)."""
    answers, failures = [], 0
    while not is_over():
        begin = time.monotonic()
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", "/healthz")
            failures += connection.getresponse().status != HTTPStatus.OK
            answers.append(time.monotonic() - begin)
        except (OSError, HTTPException):
            failures += 1
        finally:
            connection.close()
        time.sleep(1)
    return answers, failures


async def _hold(port: int, data: bytes, opened: list[int]) -> None:
    while True:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            opened.append(1)
            try:
                writer.write(data)
                await reader.read()
            finally:
                writer.close()
        await asyncio.sleep(1)


def _pulls(log: Path) -> list[datetime]:
    """Return the moments at which pulls have ended well, from the log."""
    # The service may be amid its last line.
    *lines, _ = log.read_text(encoding="utf-8").split("\n")
    events = [json.loads(line) for line in lines if line.startswith("{")]
    ended = [event for event in events if event["event"] == "run ended" and event["outcome"] == "done"]
    return [datetime.fromisoformat(event["timestamp"]) for event in ended]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--handles", type=int, default=256)
    options = parser.parse_args()
    # This process holds the other end of each connection.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as folder:
        load = measure(Path(folder), options.connections, options.seconds, options.handles)
    answers = sorted(load.answers)
    print(f"connections opened    {load.opened:>10,}")
    print(f"pulls                 {len(load.pulls):>10,}, at most {load.longest_gap:.0f} s apart")
    print(f"log                   {load.log_bytes:>10,} bytes")
    print(f"memory                {load.memory / 2**20:>10.0f} MiB")
    print(f"probes answered       {len(answers):>10,}, {load.failures} failed")
    print(f"seconds of an answer  {answers[len(answers) // 2]:>10.3f} median, {answers[-1]:.3f} at most")


if __name__ == "__main__":
    main()
