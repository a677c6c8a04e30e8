"""The product's own sync, measured from outside."""

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
class Measured:
    """One sync: tickets read and written, seconds of the run, peak memory of the process in MiB."""

    read: int
    new: int
    changed: int
    seconds: float
    peak: float


def sync(system: str, port: int, database_url: str) -> Measured:
    """Syncs one system into a database; raises where it does not end well."""
    with tempfile.TemporaryFile() as out:
        command = [str(Path(sys.executable).with_name("treadmill")), "sync", "--no-analysis", "--json"]
        process = subprocess.Popen(
            command, env=_environment(system, port, database_url), stdout=out, stderr=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        [run] = json.loads(out.read())
    if process.returncode:
        raise RuntimeError(run["reason"])
    begun, ended = (datetime.fromisoformat(run[name]) for name in ("started_at", "finished_at"))
    return Measured(
        run["read"], run["new"], run["changed"], (ended - begun).total_seconds(), usage.ru_maxrss / MEBIBYTE
    )


@dataclass(frozen=True, slots=True)
class Analysed:
    """One analysis: tickets analysed, its seconds on one core without the start of the process, peak memory in MiB."""

    tickets: int
    seconds: float
    peak: float


def analyse(database_url: str, as_of: str, *, rebuild: bool = False) -> Analysed:
    """Analyses a database as of a day; raises where that does not end well."""
    command = [str(Path(sys.executable).with_name("treadmill")), "analyse", "--json", "--as-of", as_of]
    own = {name: value for name, value in os.environ.items() if not name.startswith("TREADMILL_")}
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            command + (["--rebuild"] if rebuild else []), env=own | {"TREADMILL_DATABASE_URL": database_url}, stdout=out
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        found = json.loads(out.read() or b"{}")
    if process.returncode:
        raise RuntimeError("the analysis failed")
    return Analysed(found["tickets"], found["cpu_seconds"], usage.ru_maxrss / MEBIBYTE)


def _environment(system: str, port: int, database_url: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("TREADMILL_")}
    settings = SOURCES[system] | {"URL": f"http://127.0.0.1:{port}/{system}", "SINCE": "2000-01-01", "OVERLAP": "PT0S"}
    name = "SERVICENOW" if system == "servicenow" else "JIRA"
    own |= {f"TREADMILL_SOURCES__{name}__{key}": value for key, value in settings.items()}
    return own | {"TREADMILL_DATABASE_URL": database_url}
