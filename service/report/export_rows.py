"""The lines of an export: tickets, metrics, cycles."""

from collections.abc import Iterator
from datetime import date

from sqlalchemy import Connection

from service.analysis.calendar import Grain, is_closed, period
from service.analysis.clock import Frame
from service.analysis.metrics import Atom, measure, people
from service.report.cycles import cycle_facts
from service.report.export_formats import Columns, Line
from service.store.queries import export
from service.store.queries.snapshot import Snapshot
from service.store.results import cells
from service.store.results.cells import StoredCell

HOUR = 3600

TICKETS = Columns(
    names=(
        "source", "id", "key", "url", "kind", "nature", "work_class", "confidence", "decided_by", "opened_at",
        "updated_at", "first_resolved_at", "resolved_at", "closed_at", "status", "status_category", "priority",
        "team", "service", "category", "provider", "reopens", "handoffs", "pingpong_strict", "pingpong_loose",
        "stall_loops", "hours", "hours_are", "history_is", "family", "episode", "deleted_at", "reopen_count",
        "reassignment_count", "own_nature", "contradicts",
    ),
    times=frozenset({"opened_at", "updated_at", "first_resolved_at", "resolved_at", "closed_at", "deleted_at"}),
    numbers=frozenset({"confidence", "hours"}),
    counts=frozenset({
        "reopens", "handoffs", "pingpong_strict", "pingpong_loose", "stall_loops", "episode", "reopen_count",
        "reassignment_count",
    }),
    truths=frozenset({"contradicts"}),
)  # fmt: skip
METRICS = Columns(
    names=(
        "scope", "grain", "from", "to", "finished", "metric", "value", "low", "high", "n", "unit", "why_not", "note",
        "published", "restated_at", "restated_because",
    ),
    numbers=frozenset({"value", "low", "high", "published"}),
    counts=frozenset({"n"}),
    truths=frozenset({"finished"}),
)  # fmt: skip
CYCLES = Columns(
    names=(
        "source", "id", "title", "state", "endless", "episodes", "tickets", "ticket_ids", "first_seen", "last_seen",
        "median_gap_days", "hours", "hours_logged_share", "repeat_hours_in_period", "teams", "people",
        "absence_factor", "fixes",
    ),
    times=frozenset({"first_seen", "last_seen"}),
    numbers=frozenset({"median_gap_days", "hours", "hours_logged_share", "repeat_hours_in_period"}),
    counts=frozenset({"episodes", "tickets", "people", "absence_factor"}),
    truths=frozenset({"endless"}),
    lists=frozenset({"ticket_ids", "teams", "fixes"}),
)  # fmt: skip


def tickets(snapshot: Snapshot) -> Iterator[Line]:
    """Every analysed ticket of a scope, then those that are gone from their source, by number."""
    with snapshot.results.read() as connection:
        condition = snapshot.scope.condition(connection)
    for row in export.facts(snapshot.results, snapshot.tickets, condition):
        yield row | {"hours": row.pop("seconds") / HOUR}
    yield from export.gone(snapshot.tickets, snapshot.scope)


def metrics(snapshot: Snapshot, grain: Grain) -> Iterator[Line]:
    """Every metric of every day, week or month of every scope, or of the one that is looked at."""
    with snapshot.results.read() as connection:
        for scope, own in _by_scope(connection, snapshot, grain):
            yield from _of_scope(scope, own, grain, snapshot.frame)


def cycles(snapshot: Snapshot) -> Iterator[Line]:
    """Every cycle of a scope, the costliest first."""
    with snapshot.results.read() as connection:
        found, fixes = cycle_facts(connection, snapshot)
        sources = export.sources_of(connection, snapshot.tickets, [cycle.id for cycle in found])
    for cycle in found:
        own = {name: getattr(cycle, name) for name in CYCLES.names if hasattr(cycle, name)}
        yield own | {
            "source": sources.get(cycle.id),
            "teams": list(cycle.teams),
            "ticket_ids": list(cycle.ticket_ids),
            "hours": cycle.seconds / HOUR,
            "hours_logged_share": cycle.logged_seconds / cycle.seconds if cycle.seconds else None,
            "repeat_hours_in_period": cycle.window_seconds / HOUR,
            "fixes": [
                f"{fix.ticket} {fix.resolved_at:%Y-%m-%d} {fix.outcome}" for fix in fixes if fix.cycle == cycle.id
            ],
        }


def _by_scope(connection: Connection, snapshot: Snapshot, grain: Grain) -> Iterator[tuple[str, list[StoredCell]]]:
    """(scope, its cells in the order of time), without cells in which nothing is left."""
    current, own = None, list[StoredCell]()
    for dimension, value, cell in cells.every(connection, grain):
        scope = dimension if dimension == "all" else f"{dimension}:{value}"
        if str(snapshot.scope) not in ("all", scope):
            continue
        if scope != current and own and current is not None:
            yield current, own
            own = []
        current = scope
        own += [cell] if cell.sums else []
    if current is not None and own:
        yield current, own


def _of_scope(scope: str, own: list[StoredCell], grain: Grain, frame: Frame) -> Iterator[Line]:
    backlog = 0
    for cell in own:
        backlog += cell.sums.get("opened", 0) - cell.sums.get("left", 0)
        yield from _of_cell(scope, cell, grain, frame, backlog)


def _of_cell(scope: str, cell: StoredCell, grain: Grain, frame: Frame, backlog: int) -> Iterator[Line]:
    first = date.fromisoformat(cell.key.start)
    span = period(first, grain, frame.zone)
    head: Line = {"scope": scope, "grain": grain, "from": span.begin.isoformat(), "to": span.end.isoformat()}
    head |= {"finished": is_closed(span, frame.as_of)}
    for metric in measure([Atom(span.begin, span.end, cell.sums)], people(cell.sums), backlog, frame.as_of):
        told = (cell.restated or {}).get(metric.id, {})
        yield head | {
            "metric": metric.id, "value": metric.value, "low": metric.low, "high": metric.high, "n": metric.n,
            "unit": metric.unit, "why_not": metric.why_not, "note": metric.note,
            "published": (cell.published or {}).get(metric.id), "restated_at": told.get("at"),
            "restated_because": told.get("reason"),
        }  # fmt: skip
