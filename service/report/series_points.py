"""One metric of one scope over days, weeks or months, as it is stored."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import Field
from sqlalchemy import Connection

from service.analysis.calendar import Grain, first_day, following, is_closed, midnight, period
from service.analysis.coverage import is_before
from service.analysis.fields import High, KnownDenominator, Low, Value
from service.analysis.formulas import BACKLOG, compute_metrics, tickets_by_person
from service.analysis.metric import Metric, PeriodSums
from service.analysis.wording import before_data
from service.report.coverage import read_known_from, scope_sources
from service.report.sections.metrics import WhyNot
from service.store.queries.snapshot import Snapshot
from service.store.results import cells
from service.store.results.cells import CellKey, StoredCell


@dataclass(frozen=True, slots=True)
class MetricPoint:
    """A day, week or month of a metric."""

    first: Annotated[date, Field(description="Its first local day.")]
    until: Annotated[date, Field(description="The local day after its last one.")]
    finished: Annotated[bool, Field(description="False while it is under way.")]
    value: Value
    low: Low
    high: High
    n: KnownDenominator
    why_not: WhyNot
    published: Annotated[float | None, Field(description="The value published at first, where it was restated since.")]

    @property
    def last(self) -> date:
        """Its last local day."""
        return self.until - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SeriesQuery:
    """A metric by a grain, from the period that holds `first` to the one that holds `last`."""

    metric: str
    grain: Grain
    first: date
    last: date


def read_points(connection: Connection, snapshot: Snapshot, query: SeriesQuery) -> list[MetricPoint]:
    """Return the points of a metric in the scope of a snapshot up to its moment; none where nothing was counted."""
    scope_id = cells.scope_id(connection, snapshot.scope.dimension, snapshot.scope.value)
    if scope_id is None:
        return []
    grain, known_from = query.grain, read_known_from(connection, snapshot, scope_sources(snapshot))
    begin, end = first_day(query.first, grain), following(first_day(query.last, grain), grain)
    by_start = cells.of_scope(connection, scope_id, grain, begin, end)
    # Counting the tickets open before the first point reads every day of the past; only one metric needs it.
    backlog = cells.open_before(connection, scope_id, begin) if query.metric == BACKLOG else 0
    points = []
    while begin < end and period(begin, grain, snapshot.clock.zone).begin <= snapshot.clock.as_of:
        cell = by_start.get(begin.isoformat(), StoredCell(CellKey(scope_id, grain, begin.isoformat()), {}))
        backlog += cell.sums.get("opened", 0) - cell.sums.get("left", 0)
        point = _point(snapshot, query.metric, cell, backlog)
        points.append(_unknown(point, snapshot, known_from) if _is_before(point, snapshot, known_from) else point)
        begin = following(begin, grain)
    return points


def _is_before(point: MetricPoint, snapshot: Snapshot, known_from: datetime | None) -> bool:
    return is_before(midnight(point.until, snapshot.clock.zone), known_from)


def _unknown(point: MetricPoint, snapshot: Snapshot, known_from: datetime | None) -> MetricPoint:
    """Return a point before the data begin: without a number, since nobody pulled what was there."""
    why = before_data(known_from, snapshot.clock.zone)
    return replace(point, value=None, low=None, high=None, n=None, why_not=why, published=None)


def _point(snapshot: Snapshot, metric: str, cell: StoredCell, backlog: int) -> MetricPoint:
    first, grain = date.fromisoformat(cell.key.start), cell.key.grain
    span = period(first, grain, snapshot.clock.zone)
    stored = (cell.metrics or {}).get(metric)
    if stored is None:
        computed = _compute(snapshot, metric, PeriodSums(span.begin, span.end, cell.sums), backlog)
        stored = [computed.value, computed.low, computed.high, computed.n, computed.why_not]
    # A value that only ripened was never restated, though another one was published before.
    published = (cell.published or {}).get(metric) if metric in (cell.restated or {}) else None
    value, low, high, n, why_not = stored[:5]
    closed = is_closed(span, snapshot.clock.as_of)
    return MetricPoint(first, following(first, grain), closed, value, low, high, n, why_not, published)


def _compute(snapshot: Snapshot, metric: str, sums: PeriodSums, backlog: int) -> Metric:
    metrics = compute_metrics([sums], tickets_by_person(sums.sums), backlog, snapshot.clock.as_of)
    return next(candidate for candidate in metrics if candidate.id == metric)
