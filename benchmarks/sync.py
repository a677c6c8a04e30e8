"""Speed and memory of a sync, each figure beside its measure in the same run.

python -m benchmarks.sync [speed] [memory] [growth]; without a word, all of them. Needs the replay bench.
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
    """Tickets a second of a first sync as a share of a bare walk, in turns, on a warm bench."""
    print("\nspeed: tickets a second, median of", ROUNDS)
    print(f"{'system':<12}{'bare walk':>12}{'sync':>12}{'share':>8}{'floor':>8}")
    with bench.running() as port:
        for system in SYSTEMS:
            _bare(system, port)
            turns = [(_bare(system, port), _synced(system, port)) for _ in range(ROUNDS)]
            bare, own = (median(turn[index] for turn in turns) for index in (0, 1))
            print(f"{system:<12}{bare:>12,.0f}{own:>12,.0f}{own / bare:>8.2f}{FLOORS[system]:>8.2f}", flush=True)


def memory() -> None:
    """Peak memory of a first sync at one and at ten times the tickets."""
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
    """What a sync of 1,000 changed tickets costs in a store ten times larger, after one that warms up."""
    print(f"\ngrowth: seconds of a sync of {CHANGED} changed tickets, median of", ROUNDS)
    found: list[float] = []
    for scale in ("1", "10"):
        with bench.running("--scale", scale) as port, tempfile.TemporaryDirectory() as directory:
            product.sync("servicenow", port, _database(directory))
            _after_changes(port, directory, ROUNDS)
            found.append(median(_after_changes(port, directory, number) for number in range(ROUNDS)))
            print(f"store x {scale:<4}{found[-1]:>8.2f} s", flush=True)
    print(f"ratio {found[1] / found[0]:.2f}")


def _bare(system: str, port: int) -> float:
    command = [sys.executable, "-m", "benchmarks.bare", system, str(port)]
    tickets, seconds = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return int(tickets) / float(seconds)


def _synced(system: str, port: int) -> float:
    with tempfile.TemporaryDirectory() as directory:
        measured = product.sync(system, port, _database(directory))
    return measured.read / measured.seconds


def _after_changes(port: int, directory: str, number: int) -> float:
    some = sorted(bench.ids(port, system="servicenow", table="incident"))[:CHANGED]
    fields = {"priority": str(1 + number % 4), "short_description": f"changed {number}"}
    bench.mutate(port, [{"op": "update", "system": "servicenow", "id": one, "fields": fields} for one in some])
    measured = product.sync("servicenow", port, _database(directory))
    if measured.changed < CHANGED:
        raise RuntimeError(f"{measured.changed} changes arrived")
    return measured.seconds


def _database(directory: str) -> str:
    return f"sqlite:///{Path(directory) / 'treadmill.db'}"


PARTS = {"speed": speed, "memory": memory, "growth": growth}

if __name__ == "__main__":
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()
