"""Findings in real tickets beside their targets.

python -m benchmarks.replay_targets. Needs the replay bench. The tickets are pulled once; each case is a copy of that
store without tickets or with codes for titles, analysed as of a moment of its own.
"""

import shutil
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from benchmarks import bench, product
from benchmarks.person_weeks import person_weeks
from config.settings import Settings
from service.pipeline.analyst import Analyst
from service.report.document import report as build_report
from service.report.sections.report import Report
from service.store.database import Database
from service.store.queries.scopes import parse_scope

SERVICENOW, JIRA = "servicenow", "jira"
DENSE_BEGIN, DENSE_END = datetime(2016, 2, 29, tzinfo=UTC), datetime(2016, 5, 30, tzinfo=UTC)
FOUR_WEEKS_BEFORE = DENSE_END - timedelta(weeks=4)
JIRA_END, JIRA_YEAR = datetime(2012, 10, 1, tzinfo=UTC), datetime(2011, 10, 1, tzinfo=UTC)
ALL_PAST = datetime(2019, 1, 1, tzinfo=UTC)
BUSINESS_HOURS = 50
ROUNDING = 1e-6
TOP = 20
CODES = 700

OF_OTHERS = "DELETE FROM ticket WHERE source_id <> (SELECT id FROM source WHERE name = :name)"
STRAY = "DELETE FROM ticket WHERE opened_at < :begin"
SLOWEST = """DELETE FROM ticket WHERE id IN (SELECT id FROM (
    SELECT id, NTILE(10) OVER (ORDER BY julianday(coalesce(resolved_at, closed_at)) - julianday(opened_at)) AS tenth
    FROM ticket WHERE coalesce(resolved_at, closed_at) <= :end) WHERE tenth = 10)"""
OPENED = "SELECT family_id FROM fact WHERE nature = 'reactive' AND opened_s >= :begin AND opened_s < :end"
FIXES = "SELECT t.kind AS kind FROM fix x JOIN ticket t ON t.id = x.ticket_id"


@dataclass(frozen=True, slots=True)
class AnalysedCopy:
    """An analysed copy of the pulled store."""

    report: Report
    database: Database

    def rows(self, statement: str, **values: object) -> list[Any]:
        with self.database.read() as connection:
            return list(connection.execute(text(statement), values))


def main() -> None:
    """Print a table of all targets."""
    with tempfile.TemporaryDirectory() as directory:
        pulled = Path(directory) / "pulled.db"
        with bench.running() as port:
            for system in ("servicenow", "jira-dc"):
                product.sync(system, port, f"sqlite:///{pulled}")
        print_targets(pulled)


def print_targets(pulled: Path) -> None:
    """Print the findings in a pulled store."""
    with analysed(pulled, SERVICENOW, DENSE_END) as whole:
        _print("families above 100 tickets that are cycles", _large_families(whole), ">= 90 %")
        _print("person-weeks above business hours", _overworked(whole), "0")
        share, metrics = _share(whole), _numbers(whole.report)
        _print("ServiceNow as of 2016-05-29", _verdict(whole), "")
        with analysed(pulled, SERVICENOW, FOUR_WEEKS_BEFORE) as earlier:
            _print("next four weeks' tickets in the top twenty", _caught(earlier, whole), ">= 35 %")
    with analysed(pulled, SERVICENOW, DENSE_END, STRAY, begin=_stored(DENSE_BEGIN)) as dense:
        changed = [name for name, value in _numbers(dense.report).items() if value != metrics[name]]
        _print("numbers that the stray tickets change", f"{len(changed)} of {len(metrics)} {changed}", "0")
    with analysed(pulled, SERVICENOW, DENSE_END, SLOWEST, end=_stored(DENSE_END)) as quick:
        _print("repeat share without the slowest 10 %", f"{100 * (_share(quick) - share):+.1f} points", "<= 3")
    with analysed(pulled, JIRA, JIRA_END) as jira:
        _print("Jira as of 2012-09-30", _verdict(jira), "not under_control")
    with analysed(pulled, JIRA, JIRA_END, STRAY, codes=True, begin=_stored(JIRA_YEAR)) as log:
        _print("a year with codes for titles", _verdict(log), "not under_control")
    with analysed(pulled, JIRA, ALL_PAST) as past:
        kinds = Counter(row.kind for row in past.rows(FIXES))
        _print("fixes by kind", dict(kinds), "no defect, no incident")


@contextmanager
def analysed(
    pulled: Path, source: str, as_of: datetime, without: str | None = None, *, codes: bool = False, **values: object
) -> Iterator[AnalysedCopy]:
    """Yield the analysis of one source as of a moment, without the tickets that a statement removes."""
    with tempfile.TemporaryDirectory() as directory:
        shutil.copy(pulled, Path(directory) / "case.db")
        database = Database(f"sqlite:///{directory}/case.db")
        with database.write() as connection:
            connection.execute(text(OF_OTHERS), {"name": source})
            if without:
                connection.execute(text(without), values)
            if codes:
                _replace_titles(connection)
        analyst = Analyst(database, Settings())
        analyst.analyse(as_of, rebuild=True)
        snapshot = analyst.stored_snapshot(parse_scope(f"source:{source}"))
        assert snapshot is not None
        yield AnalysedCopy(build_report(snapshot), database)
        database.dispose()


def _replace_titles(connection: Connection) -> None:
    """Leave of each text a code of a product, as a log of a machine has it."""
    rows = connection.execute(text("SELECT id, coalesce(category, project) AS place, title FROM ticket")).all()
    codes = [
        {"id": row.id, "code": f"PROD{zlib.crc32(f'{row.place} {row.title[:8]}'.encode()) % CODES}"} for row in rows
    ]
    connection.execute(
        text("UPDATE ticket SET title = :code, description = '', components = '[]', labels = '[]' WHERE id = :id"),
        codes,
    )


def _stored(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S.%f}"


def _large_families(case: AnalysedCopy) -> str:
    rows = case.rows("SELECT is_cycle FROM family WHERE tickets > 100")
    return f"{sum(row.is_cycle for row in rows)} of {len(rows)}"


def _share(case: AnalysedCopy) -> float:
    value = case.report.metrics["repeat_share"].value
    assert value is not None
    return value


def _numbers(report: Report) -> dict[str, object]:
    """Return the value, interval and trend of each metric, and the verdict."""
    metrics: dict[str, object] = {
        name: (metric.value, metric.low, metric.high, metric.n, metric.trend) for name, metric in report.metrics.items()
    }
    return metrics | {"verdict": (report.verdict.state, report.verdict.sentence), "cycles": len(report.cycles)}


def _verdict(case: AnalysedCopy) -> str:
    share, [source] = case.report.metrics["repeat_share"], case.report.sources
    recall = source.recall
    recalled = f"{recall.recognised} of {recall.n}" if recall else "not known"
    value = "-" if share.value is None else f"{share.value:.1%} ({share.low:.1%} to {share.high:.1%}, n = {share.n:,})"
    return f"{case.report.verdict.state}, {value}, recall {recalled}"


def _caught(earlier: AnalysedCopy, later: AnalysedCopy) -> str:
    """Return the share of the next four weeks' reactive tickets that join the twenty cycles with most repeats."""
    family = {row.external_id: row.family_id for row in later.rows("SELECT external_id, family_id FROM fact")}
    top = [cycle for cycle in earlier.report.cycles if cycle.work == "failure"][:TOP]
    listed = {Counter(family[ticket] for ticket in cycle.ticket_ids).most_common(1)[0][0] for cycle in top}
    bounds = {"begin": FOUR_WEEKS_BEFORE.timestamp(), "end": DENSE_END.timestamp()}
    opened = later.rows(OPENED, **bounds)
    return f"{sum(row.family_id in listed for row in opened) / len(opened):.1%} of {len(opened):,}"


def _overworked(case: AnalysedCopy) -> str:
    weeks = person_weeks(case.database, int(DENSE_END.timestamp()))
    return f"{sum(hours > BUSINESS_HOURS + ROUNDING for hours in weeks)} of {len(weeks):,}"


def _print(name: str, value: object, target: str) -> None:
    print(f"{name:<46} {value!s:<60} {target}", flush=True)


if __name__ == "__main__":
    main()
