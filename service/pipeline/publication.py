"""Publication of the metrics of weeks and months: computed from their sums, and openly restated if they move."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from service.analysis.calendar import Period, is_closed, period
from service.analysis.clock import FixedClock
from service.analysis.formulas import BACKLOG, compute_metrics, tickets_by_person
from service.analysis.metric import Metric, PeriodSums
from service.analysis.tally import REOPEN_WINDOW
from service.pipeline.stores import Stores
from service.store.results import cells
from service.store.results.cells import CellKey, StoredCell

BATCH_SIZE = 1000


def publish_metrics(connection: Connection, stores: Stores, since: datetime | None, reason: str | None) -> int:
    """Compute the metrics of cells that moved, closed or ripened since the last analysis; return their number.

    Without a reason they are computed and not published: they are those of a part of the tickets.
    """
    outdated = sorted({*cells.unmeasured(connection), *_ripened(connection, stores.clock, since)})
    for start in range(0, len(outdated), BATCH_SIZE):
        cells_ = cells.read(connection, outdated[start : start + BATCH_SIZE])
        measured = [_measured(key, cell, stores.clock, reason) for key, cell in sorted(cells_.items())]
        cells.write_metrics(connection, measured)
    return len(outdated)


def _ripened(connection: Connection, clock: FixedClock, since: datetime | None) -> list[CellKey]:
    """Return the cells whose period closed, or whose reopen window passed, since the last analysis."""
    if since is None:
        return []
    # No period is longer than a month.
    first = (since - REOPEN_WINDOW - timedelta(days=32)).date()
    return [key for key in cells.starting_from(connection, first) if _passed(key, clock, since)]


def _passed(key: CellKey, clock: FixedClock, since: datetime) -> bool:
    end = _span(key, clock).end
    return any(since < moment <= clock.as_of for moment in (end, end + REOPEN_WINDOW))


def _span(key: CellKey, clock: FixedClock) -> Period:
    return period(date.fromisoformat(key.start), key.grain, clock.zone)


def _measured(key: CellKey, cell: StoredCell, clock: FixedClock, reason: str | None) -> StoredCell:
    """Return the cell with its metrics, and beside them what was first published of a closed period."""
    span = _span(key, clock)
    results = compute_metrics(
        [PeriodSums(span.begin, span.end, cell.sums)], tickets_by_person(cell.sums), 0, clock.as_of
    )
    # The backlog is the sum of all that came before: stored with each cell, one old ticket would change all later ones.
    metrics = {metric.id: _as_list(metric) for metric in results if metric.id != BACKLOG}
    published, restated = cell.published, cell.restated
    if reason is not None and (published is not None or is_closed(span, clock.as_of)):
        published = _first_published(published or {}, metrics)
        restated = _restated(published, restated or {}, metrics, clock, reason)
    return StoredCell(key, cell.sums, metrics, published, restated or None)


def _first_published(published: Mapping[str, Any], metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was published of each metric first, or its value now if it had none until now."""
    first_values = {id_: values[0] for id_, values in metrics.items() if published.get(id_) is None}
    # A number that was not measurable and now is has ripened; that is no restatement.
    return {**published, **first_values}


def _restated(
    published: Mapping[str, Any], before: Mapping[str, Any], metrics: Mapping[str, Any], clock: FixedClock, reason: str
) -> dict[str, Any]:
    """Return, by metric, what was published, what it is now, when that changed and why."""
    restated: dict[str, Any] = {}
    for id_, first in published.items():
        value = metrics[id_][0] if id_ in metrics else None
        if value == first:
            continue
        # The first reason for a value stays: a later rebuild that gives the same value is not the reason for it.
        is_unchanged = before.get(id_, {}).get("value", first) == value and id_ in before
        restatement = {"published": first, "value": value, "at": clock.as_of.isoformat(), "reason": reason}
        restated[id_] = before[id_] if is_unchanged else restatement
    return restated


def _as_list(metric: Metric) -> list[Any]:
    """Return a metric as JSON: [value, low, high, n, why not, note]."""
    return [metric.value, metric.low, metric.high, metric.n, metric.why_not, metric.note]
