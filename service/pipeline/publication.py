"""Metrics of weeks and months: computed from their sums where these moved or time has passed, and restated openly."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from service.analysis.calendar import Period, is_closed, period
from service.analysis.clock import FixedClock
from service.analysis.formulas import compute_metrics, tickets_by_person
from service.analysis.metric import Metric, PeriodSums
from service.analysis.tally import REOPEN_WINDOW
from service.pipeline.stores import Stores
from service.store.results import cells
from service.store.results.cells import CellKey, StoredCell

AT_ONCE = 1000
BACKLOG = "backlog"
"""Not kept with its cell: it is the sum of all that came before, and is added up where it is read."""


def publish(connection: Connection, stores: Stores, since: datetime | None, reason: str) -> int:
    """Computes the metrics of cells that moved, closed or ripened since the last analysis; how many cells that were."""
    due = sorted({*cells.unmeasured(connection), *_ripened(connection, stores.clock, since)})
    for start in range(0, len(due), AT_ONCE):
        known = cells.read(connection, due[start : start + AT_ONCE])
        fresh = [_published(key, cell, stores.clock, reason) for key, cell in sorted(known.items())]
        cells.write_metrics(connection, fresh)
    return len(due)


def _ripened(connection: Connection, clock: FixedClock, since: datetime | None) -> list[CellKey]:
    """Cells whose period has closed, or whose reopen window has passed, between the last analysis and this one."""
    if since is None:
        return []
    first = (since - REOPEN_WINDOW - timedelta(days=32)).date()
    return [key for key in cells.starting_from(connection, first) if _turned(key, clock, since)]


def _turned(key: CellKey, clock: FixedClock, since: datetime) -> bool:
    end = _span(key, clock).end
    return any(since < moment <= clock.as_of for moment in (end, end + REOPEN_WINDOW))


def _span(key: CellKey, clock: FixedClock) -> Period:
    return period(date.fromisoformat(key.start), key.grain, clock.zone)


def _published(key: CellKey, cell: StoredCell, clock: FixedClock, reason: str) -> StoredCell:
    """The cell with its metrics; what was first published of a closed period stays beside what has moved since."""
    span = _span(key, clock)
    found = compute_metrics([PeriodSums(span.begin, span.end, cell.sums)], tickets_by_person(cell.sums), 0, clock.as_of)
    metrics = {metric.id: _as_json(metric) for metric in found if metric.id != BACKLOG}
    published, restated = cell.published, cell.restated
    if published is not None or is_closed(span, clock.as_of):
        published = _first_known(published or {}, metrics)
        restated = _restated(published, restated or {}, metrics, clock, reason)
    return StoredCell(key, cell.sums, metrics, published, restated or None)


def _first_known(published: Mapping[str, Any], metrics: Mapping[str, Any]) -> dict[str, Any]:
    """What was published of each metric, or what is now, where it could not be measured until now."""
    fresh = {id_: values[0] for id_, values in metrics.items() if published.get(id_) is None}
    return {**published, **fresh}


def _restated(
    published: Mapping[str, Any], before: Mapping[str, Any], metrics: Mapping[str, Any], clock: FixedClock, reason: str
) -> dict[str, Any]:
    """By metric: what was published, what it is now, when that changed and why. The first reason for a value stays."""
    found: dict[str, Any] = {}
    for id_, first in published.items():
        value = metrics[id_][0] if id_ in metrics else None
        if value == first:
            continue
        same = before.get(id_, {}).get("value", first) == value and id_ in before
        fresh = {"published": first, "value": value, "at": clock.as_of.isoformat(), "reason": reason}
        found[id_] = before[id_] if same else fresh
    return found


def _as_json(metric: Metric) -> list[Any]:
    """[value, low, high, n, why not, note]."""
    return [metric.value, metric.low, metric.high, metric.n, metric.why_not, metric.note]
