"""The replay bench in a process of its own."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

SERVE = Path(__file__).parents[2] / "shared" / "replay" / "serve.py"
# A bench with 80 copies maps a million tickets before it answers.
SECONDS_TO_START = 1200


@contextmanager
def running(*options: str) -> Iterator[int]:
    """Start a bench and yield its port; it ends with the context."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, str(SERVE), "--port", str(port), *options], stdout=subprocess.DEVNULL)
    try:
        await_server(f"http://127.0.0.1:{port}/_replay/stats", process, SECONDS_TO_START)
        yield port
    finally:
        process.terminate()
        process.wait()


def mutate(port: int, changes: list[dict[str, Any]]) -> None:
    """Change tickets of the bench."""
    httpx.post(f"http://127.0.0.1:{port}/_replay/mutate", json=changes, timeout=120).raise_for_status()


def ids(port: int, **query: str) -> list[str]:
    """Return the ids of tickets that the bench holds."""
    answer = httpx.get(f"http://127.0.0.1:{port}/_replay/truth", params={"ids": "1", **query}, timeout=120)
    return list(answer.raise_for_status().json()["ids"])


def await_server(url: str, process: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait until a server answers; raise TimeoutError where it ends before, or takes too long."""
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        try:
            httpx.get(url)
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError(f"nothing answers at {url}")
