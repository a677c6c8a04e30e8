"""Simulated companies whose truth is known, analysed: what should be found against what is.

python -m benchmarks.quality [--seeds 20] [--scenario NAME ...]. Ends with 1 where a target is missed: B-cubed F1 of
all cycles from 0.95 on, and everything else right. A scenario below 0.95 is marked.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from benchmarks.judgement import LEAST_F1, QUESTIONS, Quality, judge
from connectors.model import Ticket
from service.demo.company import Company
from service.demo.direct import tickets
from service.demo.simulation import scenarios, simulate
from service.pipeline.analyst import Analyst
from service.report.document import report
from service.report.serialization import document_of
from service.runtime import app
from service.runtime.configuration import configure
from service.store.queries.scopes import Scope
from service.store.tickets import sources
from service.sync.run import SyncContext

AS_OF = datetime(2026, 3, 18, 12, tzinfo=UTC)
REACH = AS_OF - timedelta(days=731)
MISSES_SHOWN = 20


def main() -> int:
    arguments = _arguments()
    print(f"{'scenario':<18}{'tickets':>8}{'F1 pooled':>11}{'worst':>7}" + "".join(f"{name:>10}" for name in QUESTIONS))
    every = Quality()
    for name in arguments.scenario or scenarios()[1:]:
        every.add(_scenario(name, range(1, arguments.seeds + 1)), name)
    _show("all", every)
    for miss in every.misses[:MISSES_SHOWN]:
        print(f"  {miss}")
    print("All targets are met." if every.is_met else "A target is missed.")
    return 0 if every.is_met else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--scenario", action="append", choices=scenarios())
    return parser.parse_args()


def _scenario(name: str, seeds: Sequence[int]) -> Quality:
    pooled, begun = Quality(), perf_counter()
    for seed in seeds:
        company = simulate(seed, AS_OF, name)
        pooled.add(judge(company.truth(), reported(company)), f"seed {seed}")
    below = f", F1 below {LEAST_F1}" if pooled.score.f1 < LEAST_F1 else ""
    _show(name, pooled, f"{(perf_counter() - begun) / len(seeds):.1f} s each{below}")
    return pooled


def _show(name: str, quality: Quality, remark: str = "") -> None:
    score = quality.score
    numbers = f"{score.tickets:>8}{score.f1:>11.3f}{quality.worst:>7.3f}"
    print(
        f"{name:<18}{numbers}" + "".join(f"{quality.tallies[item]!s:>10}" for item in QUESTIONS), f" {remark}", flush=True
    )


def reported(company: Company) -> dict[str, Any]:
    """The report on all tickets of a company, in a store of its own."""
    with TemporaryDirectory() as directory:
        settings = configure({"TREADMILL_DATABASE_URL": f"sqlite:///{Path(directory) / 'quality.db'}"}).settings
        workplace = app.open_context(settings)
        try:
            fill(workplace, tickets(company), company.as_of)
            analyst = Analyst(workplace.database, settings)
            analyst.analyse(company.as_of)
            with analyst.snapshot(Scope(), company.as_of) as snapshot:
                return document_of(report(snapshot))
        finally:
            workplace.database.dispose()


def fill(workplace: SyncContext, result: Iterable[tuple[str, Ticket]], at: datetime) -> None:
    """Writes tickets as a complete pull of their sources would have done."""
    by_source: dict[str, list[Ticket]] = defaultdict(list)
    for source, ticket in result:
        by_source[source].append(ticket)
    for name, actual in by_source.items():
        source_id = sources.register(workplace.database, name, name, REACH).id
        with workplace.database.write() as connection:
            workplace.writer.write(connection, source_id, actual)
        sources.recount(workplace.database, source_id)
        sources.mark_success(workplace.database, source_id, at)
        sources.mark_completeness(workplace.database, source_id, True, (), at)


if __name__ == "__main__":
    sys.exit(main())
