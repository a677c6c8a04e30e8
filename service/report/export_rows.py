"""The rows of an export: tickets, metrics, cycles."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby
from operator import itemgetter

from sqlalchemy import Connection

from service.analysis.calendar import Grain, is_closed, period
from service.analysis.clock import FixedClock
from service.analysis.formatting import HOUR
from service.analysis.formulas import compute_metrics, tickets_by_person
from service.analysis.metric import PeriodSums
from service.report.coverage import ScopeCoverage
from service.report.document import reported_cycles
from service.report.evidence import collect
from service.report.export_formats import Columns, Row, instant_text
from service.report.serialization import field_values
from service.store.queries import export
from service.store.queries.scopes import parse_scope
from service.store.queries.snapshot import Snapshot
from service.store.results import cells
from service.store.results.cells import StoredCell

TICKETS = Columns(
    names=(
        "source", "id", "key", "url", "kind", "nature", "work_class", "confidence", "decided_by", "opened_at",
        "updated_at", "first_resolved_at", "resolved_at", "closed_at", "status", "status_category", "priority",
        "team", "service", "category", "provider", "reopens", "handoffs", "pingpong_strict", "pingpong_loose",
        "stall_loops", "hours", "hours_are", "history_is", "family", "episode", "deleted_at", "reopen_count",
        "reassignment_count", "own_nature", "contradicts", "ended_is", "resolution_code", "is_repeat", "is_endless",
    ),
    times=frozenset({"opened_at", "updated_at", "first_resolved_at", "resolved_at", "closed_at", "deleted_at"}),
    numbers=frozenset({"confidence", "hours"}),
    counts=frozenset({
        "reopens", "handoffs", "pingpong_strict", "pingpong_loose", "stall_loops", "episode", "reopen_count",
        "reassignment_count",
    }),
    truths=frozenset({"contradicts", "is_repeat", "is_endless"}),
)  # fmt: skip
METRICS = Columns(
    names=(
        "scope", "grain", "from", "to", "finished", "metric", "value", "low", "high", "n", "unit", "why_not", "note",
        "undecided_low", "undecided_high", "published", "restated_at", "restated_because",
    ),
    numbers=frozenset({"value", "low", "high", "undecided_low", "undecided_high", "published"}),
    counts=frozenset({"n"}),
    truths=frozenset({"finished"}),
)  # fmt: skip
NO_NUMBERS = dict.fromkeys((
    "value", "low", "high", "n", "note", "undecided_low", "undecided_high", "published", "restated_at",
    "restated_because",
))  # fmt: skip
"""The columns that are empty in a period before the data begin, of which a stray ticket says nothing."""
CYCLES = Columns(
    names=(
        "source", "id", "title", "state", "endless", "episodes", "tickets", "ticket_ids", "first_seen", "last_seen",
        "median_gap_days", "hours", "hours_logged_share", "repeat_hours_in_period", "teams", "people",
        "absence_factor", "fixes", "work", "repeats", "repeats_in_period", "money",
        "pending_fixes",
    ),
    times=frozenset({"first_seen", "last_seen"}),
    numbers=frozenset({"median_gap_days", "hours", "hours_logged_share", "repeat_hours_in_period", "money"}),
    counts=frozenset({"episodes", "tickets", "people", "absence_factor", "repeats", "repeats_in_period"}),
    truths=frozenset({"endless"}),
    lists=frozenset({"ticket_ids", "teams", "fixes", "pending_fixes"}),
)  # fmt: skip

AUDIT = Columns(
    names=("id", "at", "author", "via", "what", "subject", "before", "after"),
    times=frozenset({"at"}),
    counts=frozenset({"id"}),
)


def tickets(snapshot: Snapshot) -> Iterator[Row]:
    """Yield every analysed ticket of a scope, then those that were deleted in their source, by number."""
    # Deleted tickets are not analysed: they have no facts, and follow from the tables of the tickets.
    with snapshot.results.read() as connection:
        condition = snapshot.scope.condition(connection)
    for row in export.analysed_tickets(snapshot.results, snapshot.tickets, condition):
        seconds = row.pop("seconds")
        yield row | {"hours": None if row["hours_are"] == "unknown" else seconds / HOUR}
    yield from export.deleted_tickets(snapshot.tickets, snapshot.scope)


def metrics(snapshot: Snapshot, grain: Grain) -> Iterator[Row]:
    """Yield every metric of every day, week or month of every scope, or of the one of the snapshot."""
    with snapshot.results.read() as connection:
        coverage = ScopeCoverage(connection, snapshot)
        for scope, scope_cells in _by_scope(connection, snapshot, grain):
            yield from _scope_rows(scope, scope_cells, grain, snapshot.clock, coverage)


def cycles(snapshot: Snapshot) -> Iterator[Row]:
    """Yield every cycle of a scope, those with most repeats first, with all that a report says of it."""
    with snapshot.results.consistent_reads():
        reported = reported_cycles(collect(snapshot).evidence)
        with snapshot.results.read() as connection:
            sources = export.family_sources(connection, snapshot.tickets, [cycle.id for cycle in reported])
    for cycle in reported:
        fixes = [f"{fix.ticket} {fix.at:%Y-%m-%d} {fix.outcome}" for fix in cycle.fixes]
        pending = [f"{fix.ticket} {fix.state}" for fix in cycle.pending_fixes.tickets]
        lists = {"ticket_ids": list(cycle.ticket_ids), "teams": list(cycle.teams), "fixes": fixes}
        yield field_values(cycle) | lists | {"pending_fixes": pending, "source": sources.get(cycle.id)}


def _by_scope(connection: Connection, snapshot: Snapshot, grain: Grain) -> Iterator[tuple[str, Sequence[StoredCell]]]:
    """Yield (scope, its cells in the order of time), without cells whose tickets have all been deleted."""
    # One scope at a time: the days of all scopes together would not fit into memory.
    for (dimension, value), group in groupby(cells.all_cells(connection, grain), itemgetter(0, 1)):
        scope = dimension if dimension == "all" else f"{dimension}:{value}"
        scope_cells = [cell for _, _, cell in group if cell.sums]
        if scope_cells and str(snapshot.scope) in ("all", scope):
            yield scope, scope_cells


def _scope_rows(
    scope: str, scope_cells: Iterable[StoredCell], grain: Grain, clock: FixedClock, coverage: ScopeCoverage
) -> Iterator[Row]:
    backlog = 0
    for cell in scope_cells:
        backlog += cell.sums.get("opened", 0) - cell.sums.get("left", 0)
        rows = _cell_rows(scope, cell, grain, clock, backlog)
        end = period(date.fromisoformat(cell.key.start), grain, clock.zone).end
        why_unknown = coverage.why_unknown(end, parse_scope(scope))
        yield from ({**row, **NO_NUMBERS, "why_not": why_unknown} for row in rows) if why_unknown else rows


def _cell_rows(scope: str, cell: StoredCell, grain: Grain, clock: FixedClock, backlog: int) -> Iterator[Row]:
    first = date.fromisoformat(cell.key.start)
    span = period(first, grain, clock.zone)
    sums = PeriodSums(span.begin, span.end, cell.sums)
    for metric in compute_metrics([sums], tickets_by_person(cell.sums), backlog, clock.as_of):
        restated = (cell.restated or {}).get(metric.id, {})
        yield {
            "scope": scope, "grain": grain, "from": instant_text(span.begin), "to": instant_text(span.end),
            "finished": is_closed(span, clock.as_of), "metric": metric.id, "value": metric.value, "low": metric.low,
            "high": metric.high, "n": metric.n, "unit": metric.unit, "why_not": metric.why_not, "note": metric.note,
            "undecided_low": metric.undecided_low, "undecided_high": metric.undecided_high,
            "published": (cell.published or {}).get(metric.id), "restated_at": restated.get("at"),
            "restated_because": restated.get("reason"),
        }  # fmt: skip
