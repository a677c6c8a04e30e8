"""The product's commands, measured from outside."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

MEBIBYTE = 1024
SOURCES = {
    "jira-cloud": {"CONNECTOR": "jira", "USER": "ops@example.com", "TOKEN": "replay-token"},
    "jira-dc": {"CONNECTOR": "jira", "TOKEN": "replay-pat"},
    "servicenow": {"USER": "replay", "PASSWORD": "replay"},
}


@dataclass(frozen=True, slots=True)
class SyncFigures:
    """One sync: tickets read and written, seconds of the run, peak memory of the process in MiB."""

    read: int
    new: int
    changed: int
    seconds: float
    peak: float


def sync(system: str, port: int, database_url: str) -> SyncFigures:
    """Sync one system into a database. Raises RuntimeError where the command fails."""
    with tempfile.TemporaryFile() as out:
        command = [str(Path(sys.executable).with_name("treadmill")), "sync", "--no-analysis", "--json"]
        process = subprocess.Popen(
            command, env=_environment(system, port, database_url), stdout=out, stderr=subprocess.DEVNULL
        )
        # wait4 gives the peak of this child alone; getrusage would give the largest of all children so far.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        [run] = json.loads(out.read())
    if process.returncode:
        raise RuntimeError(run["reason"])
    begun, ended = (datetime.fromisoformat(run[name]) for name in ("started_at", "finished_at"))
    return SyncFigures(
        run["read"], run["new"], run["changed"], (ended - begun).total_seconds(), usage.ru_maxrss / MEBIBYTE
    )


@dataclass(frozen=True, slots=True)
class AnalysisFigures:
    """One analysis: tickets analysed, CPU seconds without the start of the process, peak memory in MiB."""

    tickets: int
    seconds: float
    peak: float


def analyse(database_url: str, as_of: str, *, rebuild: bool = False) -> AnalysisFigures:
    """Analyse a database as of a day. Raises RuntimeError where the command fails."""
    command = [str(Path(sys.executable).with_name("treadmill")), "analyse", "--json", "--as-of", as_of]
    environ = _without_settings()
    with tempfile.TemporaryFile() as out:
        environ |= {"TREADMILL_DATABASE_URL": database_url}
        process = subprocess.Popen(command + (["--rebuild"] if rebuild else []), env=environ, stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        summary = json.loads(out.read() or b"{}")
    if process.returncode:
        raise RuntimeError("the analysis failed")
    return AnalysisFigures(summary["tickets"], summary["cpu_seconds"], usage.ru_maxrss / MEBIBYTE)


def _environment(system: str, port: int, database_url: str) -> dict[str, str]:
    # The bench's clock is fast: an overlap would pull every ticket again.
    settings = SOURCES[system] | {"URL": f"http://127.0.0.1:{port}/{system}", "SINCE": "2000-01-01", "OVERLAP": "PT0S"}
    name = "SERVICENOW" if system == "servicenow" else "JIRA"
    sources = {f"TREADMILL_SOURCES__{name}__{key}": value for key, value in settings.items()}
    return _without_settings() | sources | {"TREADMILL_DATABASE_URL": database_url}


def _without_settings() -> dict[str, str]:
    # Variables of whoever runs the benchmark would add sources to it.
    return {name: value for name, value in os.environ.items() if not name.startswith("TREADMILL_")}
