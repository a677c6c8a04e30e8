"""The replay bench of real tickets, and Treadmill run against it as an operator would."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.bench import await_server

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
DATA = SHARED / "data"
needs_bench = pytest.mark.skipif(not (SHARED / "replay" / "serve.py").exists(), reason="the replay bench is not here")
SECONDS_TO_START = 60
BEGINNING = "2000-01-01"


@dataclass
class Bench:
    """A bench on a port of its own."""

    port: int
    process: subprocess.Popen[bytes]
    data: Path = DATA
    _struck: Counter[str] = field(default_factory=Counter)

    @classmethod
    def start(cls, *options: str, data: Path = DATA) -> "Bench":
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = str(SHARED / "replay" / "serve.py")
        command = [sys.executable, server, "--port", str(port), "--data", str(data), *options]
        bench = cls(port, subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL), data)
        await_server(f"{bench.url}/_replay/stats", bench.process, SECONDS_TO_START)
        return bench

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def faults(self, *names: str) -> None:
        """Switch on these faults alone, and count anew how often each strikes."""
        httpx.post(f"{self.url}/_replay/faults", json={"set": list(names)}).raise_for_status()
        self._struck = self._strikes()

    def strikes(self) -> Counter[str]:
        """Return how often each fault has struck since the faults were set."""
        return self._strikes() - self._struck

    def _strikes(self) -> Counter[str]:
        # The bench counts from its start.
        return Counter(httpx.get(f"{self.url}/_replay/stats").raise_for_status().json()["faults"]["fired"])

    def mutate(self, *changes: dict[str, Any]) -> list[dict[str, Any]]:
        answer = httpx.post(f"{self.url}/_replay/mutate", json=list(changes)).raise_for_status()
        result: list[dict[str, Any]] = answer.json()
        assert all(item["ok"] for item in result), result
        return result

    def truth(self, **query: str) -> dict[str, Any]:
        answer = httpx.get(f"{self.url}/_replay/truth", params={"ids": "1", **query}).raise_for_status()
        result: dict[str, Any] = answer.json()
        return result


@dataclass
class Treadmill:
    """The command line with the three systems of a bench as sources."""

    bench: Bench
    database_url: str
    extra: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        sources = {
            "CLOUD__CONNECTOR": "jira", "CLOUD__URL": f"{self.bench.url}/jira-cloud", "CLOUD__USER": "ops@example.com",
            "CLOUD__TOKEN": "replay-token", "CLOUD__SINCE": BEGINNING,
            "DC__CONNECTOR": "jira", "DC__URL": f"{self.bench.url}/jira-dc", "DC__TOKEN": "replay-pat",
            "DC__SINCE": BEGINNING,
            "SERVICENOW__URL": f"{self.bench.url}/servicenow", "SERVICENOW__USER": "replay",
            "SERVICENOW__PASSWORD": "replay", "SERVICENOW__SINCE": BEGINNING,
        }  # fmt: skip
        environ = {name: value for name, value in os.environ.items() if not name.startswith("TREADMILL_")}
        environ |= {f"TREADMILL_SOURCES__{name}": value for name, value in sources.items()}
        return environ | {"TREADMILL_DATABASE_URL": self.database_url} | self.extra

    def run(self, *arguments: str, timeout: float = 240) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._command(*arguments),
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def sync(self, *arguments: str) -> dict[str, dict[str, Any]]:
        """The runs of a sync that must succeed, by source."""
        done = self.run("sync", "--json", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr[-4000:]
        return {run["source"]: run for run in json.loads(done.stdout)}

    def killed(self, after: float, *arguments: str) -> bool:
        """Begin a sync and kill it without warning; return whether it was still at work."""
        process = subprocess.Popen(
            self._command("sync", *arguments),
            env=self.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
        return process.returncode == -signal.SIGKILL

    def export(self, *arguments: str) -> list[dict[str, Any]]:
        done = self.run("export", "tickets", *arguments)
        assert done.returncode == 0, done.stderr[-2000:]
        return [json.loads(line) for line in done.stdout.splitlines()]

    def report(self) -> dict[str, Any]:
        done = self.run("report", "--format", "json")
        assert done.returncode == 0, done.stderr[-2000:]
        result: dict[str, Any] = json.loads(done.stdout)
        return result

    @staticmethod
    def _command(*arguments: str) -> list[str]:
        return [str(Path(sys.executable).with_name("treadmill")), *arguments]
