"""A Jira that means harm, each of its modes: odd records are refused or mended, and whatever has no end is bounded."""

import asyncio
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.base import Context
from connectors.registry import load
from service.sync.pull import pull
from service.sync.run import Run, SyncContext
from service.sync.source import ConfiguredSource

SERVER = Path(__file__).parents[4] / "shared" / "hostile" / "hostile.py"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SERVER.exists(), reason="the hostile system is not beside the repository"),
]
sqlite_is_enough = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SECONDS = 120
TIMEOUTS = {"drip": 1.0, "dripheader": 1.0, "bomb": 75.0}
MENDED = ("lone", "badutf8", "nul", "nan", "inf", "huge", "deep400", "deep10000")
ENDS = {
    "redirect": "302 Found", "redirect308": "308 Permanent", "html200": "text/html instead of JSON",
    "htmljson": "the JSON is cut off or invalid", "cut": "the JSON is cut off or invalid", "gzipbad": "not packed",
    "retrysup": "503 Busy (after 3 attempts", "retryday": "asks for a pause of 86,400 seconds",
    "retry299": "429 Too Many", "bomb": "larger than 64 MiB", "endless": "larger than 64 MiB",
    "endlesspages": "counts 60 tickets and has sent 10,", "drip": "no whole answer", "dripheader": "no whole answer",
    "ansi": "400 Bad Request",
}  # fmt: skip


# For each test anew: a mode that keeps the server busy would slow down the next one.
@pytest.fixture
def address() -> Iterator[str]:
    port = _free_pair()
    with subprocess.Popen([sys.executable, SERVER, str(port)], stderr=subprocess.DEVNULL) as server:
        try:
            _await(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()


def _free_pair() -> int:
    # From a port of chance on: tests that run side by side would all take the first one that is free.
    for port in range(random.randrange(21_000, 50_000, 2), 60_000, 2):
        with suppress(OSError), socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", port))
            second.bind(("127.0.0.1", port + 1))
            return port
    raise AssertionError("no two free ports")


def _await(port: int) -> None:
    for _ in range(200):
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
        time.sleep(0.05)
    raise AssertionError("the hostile system does not start")


def run_mode(context: SyncContext, url: str, **settings: object) -> Run:
    values = {"url": url, "user": "a@example.com", "token": "t", "timeout": 10, "since": "2026-01-01"} | settings
    connector = load("jira")
    configured = connector.Settings.model_validate(values)
    source = ConfiguredSource("h", connector, configured, Context("h", attempts=3))
    started = time.monotonic()
    run = asyncio.run(pull(replace(context, stop=asyncio.Event()), source))
    assert time.monotonic() - started < SECONDS
    return run


@pytest.mark.parametrize("mode", MENDED)
def test_odd_value_is_mended(context: SyncContext, address: str, mode: str) -> None:
    run = run_mode(context, f"{address}/{mode}")
    assert (run.outcome, run.counts.new, run.counts.refused) == ("done", 60, 0)


@pytest.mark.parametrize(("mode", "refused"), [("future", 2), ("bigid", 1)])
def test_odd_record_is_refused_alone(context: SyncContext, address: str, mode: str, refused: int) -> None:
    run = run_mode(context, f"{address}/{mode}")
    assert run.outcome == "done"
    assert run.counts.refused == refused
    assert run.counts.read >= 60 - refused


@sqlite_is_enough
@pytest.mark.parametrize(("mode", "reason"), ENDS.items())
def test_whatever_cannot_be_read_ends_the_run(context: SyncContext, address: str, mode: str, reason: str) -> None:
    # A pause of 299 seconds is within patience; a test has less.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("connectors.retries.MIN_PATIENCE", 20)
        run = run_mode(context, f"{address}/{mode}", timeout=TIMEOUTS.get(mode, 10.0))
    assert run.outcome == "failed"
    assert reason in str(run.reason)
    assert run.remedy
    assert not str(run.reason).startswith("unexpected")


@sqlite_is_enough
def test_count_that_drips_leaves_the_source_unproven(context: SyncContext, address: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("connectors.retries.MIN_PATIENCE", 20)
        run = run_mode(context, f"{address}/dripcount", timeout=1.0)
    assert (run.outcome, run.counts.new) == ("done", 60)
