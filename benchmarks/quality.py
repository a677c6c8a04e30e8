"""Findings on simulated companies against their known truth.

python -m benchmarks.quality [--seeds 20] [--scenario NAME ...]. Ends with 1 where a target is missed: a B-cubed F1 of
all cycles of 0.95 or more, and everything else right. A scenario below 0.95 is marked.
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

from benchmarks.finding_quality import CHECKS, LEAST_F1, FindingQuality, compare_report
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
    print(f"{'scenario':<18}{'tickets':>8}{'F1 pooled':>11}{'worst':>7}" + "".join(f"{name:>10}" for name in CHECKS))
    total = FindingQuality()
    for name in arguments.scenario or scenarios()[1:]:
        total.add(_scenario(name, range(1, arguments.seeds + 1)), name)
    _print_row("all", total)
    for miss in total.misses[:MISSES_SHOWN]:
        print(f"  {miss}")
    print("All targets are met." if total.is_met else "A target is missed.")
    return 0 if total.is_met else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--scenario", action="append", choices=scenarios())
    return parser.parse_args()


def _scenario(name: str, seeds: Sequence[int]) -> FindingQuality:
    pooled, begun = FindingQuality(), perf_counter()
    for seed in seeds:
        company = simulate(seed, AS_OF, name)
        pooled.add(compare_report(company.truth(), report_on(company)), f"seed {seed}")
    below = f", F1 below {LEAST_F1}" if pooled.score.f1 < LEAST_F1 else ""
    _print_row(name, pooled, f"{(perf_counter() - begun) / len(seeds):.1f} s each{below}")
    return pooled


def _print_row(name: str, quality: FindingQuality, remark: str = "") -> None:
    score = quality.score
    numbers = f"{score.tickets:>8}{score.f1:>11.3f}{quality.worst:>7.3f}"
    tallies = "".join(f"{quality.tallies[check]!s:>10}" for check in CHECKS)
    print(f"{name:<18}{numbers}{tallies}", f" {remark}", flush=True)


def report_on(company: Company) -> dict[str, Any]:
    """Return the report on all tickets of a company as JSON, from a store of its own."""
    with TemporaryDirectory() as directory:
        settings = configure({"TREADMILL_DATABASE_URL": f"sqlite:///{Path(directory) / 'quality.db'}"}).settings
        context = app.open_context(settings)
        try:
            fill(context, tickets(company), company.as_of)
            analyst = Analyst(context.database, settings)
            analyst.analyse(company.as_of)
            with analyst.snapshot(Scope(), company.as_of) as snapshot:
                return document_of(report(snapshot))
        finally:
            context.database.dispose()


def fill(context: SyncContext, sourced: Iterable[tuple[str, Ticket]], at: datetime) -> None:
    """Write (source, ticket) pairs as a complete pull of these sources would."""
    by_source: dict[str, list[Ticket]] = defaultdict(list)
    for source, ticket in sourced:
        by_source[source].append(ticket)
    for name, pulled in by_source.items():
        source_id = sources.register(context.database, name, name, REACH).id
        page = context.writer.prepare(source_id, pulled)
        with context.database.write() as connection:
            context.writer.write(connection, source_id, page)
        sources.recount(context.database, source_id)
        sources.mark_success(context.database, source_id, at)
        # Without it every verdict would be withheld: nobody has counted these sources.
        sources.mark_completeness(context.database, source_id, True, (), at)


if __name__ == "__main__":
    sys.exit(main())
