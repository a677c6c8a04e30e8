"""One metric of one scope over days, weeks or months, as it is kept."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from service.analysis.calendar import Grain, first_day, following, is_closed, period
from service.analysis.formulas import compute_metrics, tickets_by_person
from service.analysis.metric import Metric, PeriodSums
from service.pipeline.publication import BACKLOG
from service.store.queries.snapshot import Snapshot
from service.store.results import cells
from service.store.results.cells import CellKey, StoredCell


@dataclass(frozen=True, slots=True)
class Point:
    """One day, week or month of a metric: `first` and `until` are local days, `until` the one after the last."""

    first: date
    until: date
    finished: bool
    value: float | None
    low: float | None
    high: float | None
    n: int
    why_not: str | None
    published: float | None = None

    @property
    def last(self) -> date:
        """The last local day of it."""
        return self.until - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SeriesQuery:
    """Which metric, by which grain, from the period that holds `first` to the one that holds `last`."""

    metric: str
    grain: Grain
    first: date
    last: date


def points(connection: Connection, snapshot: Snapshot, query: SeriesQuery) -> list[Point]:
    """The points of a metric in the look's scope, without those to come; none where nothing was ever counted."""
    number = cells.scope_id(connection, snapshot.scope.dimension, snapshot.scope.value)
    if number is None:
        return []
    begin, end = first_day(query.first, query.grain), following(first_day(query.last, query.grain), query.grain)
    known = cells.of_scope(connection, number, query.grain, begin, end)
    backlog = cells.open_before(connection, number, begin) if query.metric == BACKLOG else 0
    found = []
    while begin < end and period(begin, query.grain, snapshot.clock.zone).begin <= snapshot.clock.as_of:
        cell = known.get(begin.isoformat(), StoredCell(CellKey(number, query.grain, begin.isoformat()), {}))
        backlog += cell.sums.get("opened", 0) - cell.sums.get("left", 0)
        found.append(_point(snapshot, query.metric, cell, backlog))
        begin = following(begin, query.grain)
    return found


def _point(snapshot: Snapshot, metric: str, cell: StoredCell, backlog: int) -> Point:
    first, grain = date.fromisoformat(cell.key.start), cell.key.grain
    span = period(first, grain, snapshot.clock.zone)
    kept: list[Any] | None = (cell.metrics or {}).get(metric)
    if kept is None:
        one = _measured(snapshot, metric, PeriodSums(span.begin, span.end, cell.sums), backlog)
        kept = [one.value, one.low, one.high, one.n, one.why_not]
    published = (cell.published or {}).get(metric) if metric in (cell.restated or {}) else None
    value, low, high, n, why_not = kept[:5]
    closed = is_closed(span, snapshot.clock.as_of)
    return Point(first, following(first, grain), closed, value, low, high, n, why_not, published)


def _measured(snapshot: Snapshot, metric: str, atom: PeriodSums, backlog: int) -> Metric:
    found = compute_metrics([atom], tickets_by_person(atom.sums), backlog, snapshot.clock.as_of)
    return next(one for one in found if one.id == metric)
