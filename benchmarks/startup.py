"""The CPU seconds of commands that should answer at once.

python -m benchmarks.startup [--rounds 9] [COMMAND]: the installed command, or another one, e.g. of an older release.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

TARGETS = {"version": 0.3, "--help": 0.3, "settings": 0.3, "connectors": 0.3, "check": 0.8}
"""The CPU seconds that each command may take."""


def cpu_seconds(command: list[str], folder: str, environ: dict[str, str]) -> float:
    """Return the CPU seconds, user and system, of a process and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, env=environ, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def measure(command: list[str], rounds: int) -> tuple[float, float]:
    """Return (the median, the minimum) of the CPU seconds of a command, in a folder with one file as its source."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("TREADMILL_")}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tickets.jsonl"
        path.write_text('{"id": "1", "opened_at": "2026-03-02T09:00:00Z", "title": "Printer is offline"}\n')
        environ |= {"TREADMILL_SOURCES__ARCHIVE__CONNECTOR": "file", "TREADMILL_SOURCES__ARCHIVE__PATH": str(path)}
        # The first run compiles what is not compiled yet, and is not counted.
        cpu_seconds(command, folder, environ)
        seconds = [cpu_seconds(command, folder, environ) for _ in range(rounds)]
    return median(seconds), min(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", nargs="?", default=str(Path(sys.executable).with_name("treadmill")))
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    print(f"{'CPU seconds':<12}{'median':>8}{'minimum':>9}{'target':>8}")
    # A busy machine makes every process dearer: the bare interpreter shows by how much.
    middle, least = measure([sys.executable, "-c", "pass"], options.rounds)
    print(f"{'python':<12}{middle:>8.3f}{least:>9.3f}")
    for name, target in TARGETS.items():
        middle, least = measure([options.command, name], options.rounds)
        print(f"{name:<12}{middle:>8.3f}{least:>9.3f}{target:>8.1f}")


if __name__ == "__main__":
    main()
