"""Speed and memory of a sync, each figure beside what it is compared with in the same run.

python -m benchmarks.sync [speed] [memory] [growth]; all of them by default. Needs the replay bench.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks import bench, product

SYSTEMS = ("servicenow", "jira-dc", "jira-cloud")
FLOORS = {"servicenow": 0.15, "jira-dc": 0.2, "jira-cloud": 0.4}
ROUNDS = 3
CHANGED = 1000


def speed() -> None:
    """Print the tickets a second of a first sync as a share of a bare walk, on a warm bench."""
    print("\nspeed: tickets a second, median of", ROUNDS)
    print(f"{'system':<12}{'bare walk':>12}{'sync':>12}{'share':>8}{'floor':>8}")
    with bench.running() as port:
        for system in SYSTEMS:
            _bare_rate(system, port)
            # In turns, so that whatever else runs on the machine slows both alike.
            turns = [(_bare_rate(system, port), _sync_rate(system, port)) for _ in range(ROUNDS)]
            bare, synced = (median(turn[index] for turn in turns) for index in (0, 1))
            print(f"{system:<12}{bare:>12,.0f}{synced:>12,.0f}{synced / bare:>8.2f}{FLOORS[system]:>8.2f}", flush=True)


def memory() -> None:
    """Print the peak memory of a first sync at one and at ten times the tickets."""
    print("\nmemory: peak of the process in MiB")
    print(f"{'system':<12}{'x 1':>10}{'x 10':>10}{'ratio':>8}")
    peaks: dict[str, list[float]] = {system: [] for system in SYSTEMS}
    for scale in ("1", "10"):
        with bench.running("--scale", scale) as port:
            for system in SYSTEMS:
                with tempfile.TemporaryDirectory() as directory:
                    peaks[system].append(product.sync(system, port, _database(directory)).peak)
    for system, (small, large) in peaks.items():
        print(f"{system:<12}{small:>10.0f}{large:>10.0f}{large / small:>8.2f}", flush=True)


def growth() -> None:
    """Print the seconds of a sync of 1,000 changed tickets, in a store and in one ten times larger."""
    print(f"\ngrowth: seconds of a sync of {CHANGED} changed tickets, median of", ROUNDS)
    seconds: list[float] = []
    for scale in ("1", "10"):
        with bench.running("--scale", scale) as port, tempfile.TemporaryDirectory() as directory:
            product.sync("servicenow", port, _database(directory))
            _sync_changes(port, directory, ROUNDS)
            seconds.append(median(_sync_changes(port, directory, number) for number in range(ROUNDS)))
            print(f"store x {scale:<4}{seconds[-1]:>8.2f} s", flush=True)
    print(f"ratio {seconds[1] / seconds[0]:.2f}")


def _bare_rate(system: str, port: int) -> float:
    command = [sys.executable, "-m", "benchmarks.bare", system, str(port)]
    tickets, seconds = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return int(tickets) / float(seconds)


def _sync_rate(system: str, port: int) -> float:
    with tempfile.TemporaryDirectory() as directory:
        figures = product.sync(system, port, _database(directory))
    return figures.read / figures.seconds


def _sync_changes(port: int, directory: str, number: int) -> float:
    changed_ids = sorted(bench.ids(port, system="servicenow", table="incident"))[:CHANGED]
    fields = {"priority": str(1 + number % 4), "short_description": f"changed {number}"}
    bench.mutate(port, [{"op": "update", "system": "servicenow", "id": id_, "fields": fields} for id_ in changed_ids])
    figures = product.sync("servicenow", port, _database(directory))
    # A sync that missed the changes would be the fastest of all.
    if figures.changed < CHANGED:
        raise RuntimeError(f"{figures.changed} changes arrived")
    return figures.seconds


def _database(directory: str) -> str:
    return f"sqlite:///{Path(directory) / 'treadmill.db'}"


PARTS = {"speed": speed, "memory": memory, "growth": growth}

if __name__ == "__main__":
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()
