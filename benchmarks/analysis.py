"""Speed and memory of the analysis: a rebuild and 1,000 changed tickets, in a small store and in a large one.

python -m benchmarks.analysis [SMALL LARGE]: copies of the replay's ServiceNow tickets, 8 and 80 by default. Seconds are
CPU seconds of the process, so that other work on the machine counts little. Needs the replay bench.
"""

import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median

from benchmarks import bench, product

AS_OF = str(datetime.now(UTC).date())
CHANGED = 1000
ROUNDS = 3
SCALES = ("8", "80")


@dataclass(frozen=True, slots=True)
class StoreFigures:
    """The figures of one store: tickets, tickets a second of a rebuild, peak MiB, seconds after changes."""

    tickets: int
    rate: float
    peak: float
    changed: float


def measure(scale: str) -> StoreFigures:
    """Measure a store of `scale` copies: a rebuild, then changed tickets, the median of several rounds."""
    with bench.running("--scale", scale) as port, tempfile.TemporaryDirectory() as directory:
        url = f"sqlite:///{Path(directory) / 'treadmill.db'}"
        product.sync("servicenow", port, url)
        whole = product.analyse(url, AS_OF, rebuild=True)
        # The first round warms up caches that a service in operation has warm.
        _analyse_changes(port, url, ROUNDS)
        rounds = [_analyse_changes(port, url, number) for number in range(ROUNDS)]
    return StoreFigures(whole.tickets, whole.tickets / whole.seconds, whole.peak, median(rounds))


def _analyse_changes(port: int, url: str, number: int) -> float:
    """Return the seconds to analyse tickets all over the store that got another priority and another title."""
    ids = sorted(bench.ids(port, system="servicenow", table="incident"))
    # At random places: neighbours in the store would share pages of the file, and be cheaper than in operation.
    changed_ids = Random(number).sample(ids, CHANGED)
    fields = {"priority": str(1 + number % 4), "short_description": f"Printer {number} does not print"}
    bench.mutate(port, [{"op": "update", "system": "servicenow", "id": id_, "fields": fields} for id_ in changed_ids])
    product.sync("servicenow", port, url)
    return product.analyse(url, AS_OF).seconds


def main(scales: tuple[str, ...]) -> None:
    """Print a line for each store and the ratios between them."""
    print(f"{'tickets':>10}{'rebuild, tickets/s':>20}{'peak, MiB':>11}{f'{CHANGED} changed, s':>18}")
    figures = []
    for scale in scales:
        store = measure(scale)
        figures.append(store)
        print(f"{store.tickets:>10,}{store.rate:>20,.0f}{store.peak:>11,.0f}{store.changed:>18.2f}", flush=True)
    if len(figures) > 1:
        small, large = figures[0], figures[-1]
        print(f"rate {large.rate / small.rate:.2f}, changed {large.changed / small.changed:.2f} times")


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or SCALES)
