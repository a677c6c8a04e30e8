"""Speed and memory of the analysis: everything anew, and 1,000 changed tickets, in a small store and in a large one.

python -m benchmarks.analysis [SMALL LARGE]: copies of the replay's ServiceNow tickets, 8 and 80 unless said otherwise.
Seconds are those of the process on one core, so that other work on the machine counts little. Needs the replay bench.
"""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median

from benchmarks import bench, product

AS_OF = "2030-01-01"
CHANGED = 1000
ROUNDS = 3
SCALES = ("8", "80")


@dataclass(frozen=True, slots=True)
class Found:
    """What was measured of one store."""

    tickets: int
    rate: float
    peak: float
    changed: float


def measured(scale: str) -> Found:
    """A store of so many copies: a rebuild, then some changed tickets, the median of several rounds."""
    with bench.running("--scale", scale) as port, tempfile.TemporaryDirectory() as directory:
        url = f"sqlite:///{Path(directory) / 'treadmill.db'}"
        product.sync("servicenow", port, url)
        whole = product.analyse(url, AS_OF, rebuild=True)
        _changed(port, url, ROUNDS)
        rounds = [_changed(port, url, number) for number in range(ROUNDS)]
    return Found(whole.tickets, whole.tickets / whole.seconds, whole.peak, median(rounds))


def _changed(port: int, url: str, number: int) -> float:
    """Seconds to analyse tickets that got another priority and another state of their text, all over the store."""
    ids = sorted(bench.ids(port, system="servicenow", table="incident"))
    some = Random(number).sample(ids, CHANGED)
    fields = {"priority": str(1 + number % 4), "short_description": f"Printer {number} does not print"}
    bench.mutate(port, [{"op": "update", "system": "servicenow", "id": one, "fields": fields} for one in some])
    product.sync("servicenow", port, url)
    return product.analyse(url, AS_OF).seconds


def main(scales: tuple[str, ...]) -> None:
    """Prints a line a store and the ratios between them."""
    print(f"{'tickets':>10}{'rebuild, tickets/s':>20}{'peak, MiB':>11}{f'{CHANGED} changed, s':>18}")
    found = []
    for scale in scales:
        one = measured(scale)
        found.append(one)
        print(f"{one.tickets:>10,}{one.rate:>20,.0f}{one.peak:>11,.0f}{one.changed:>18.2f}", flush=True)
    if len(found) > 1:
        small, large = found[0], found[-1]
        print(f"rate {large.rate / small.rate:.2f}, changed {large.changed / small.changed:.2f} times")


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or SCALES)
