"""One metric of one scope over days, weeks or months, as it is kept."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from service.analysis.calendar import Grain, first_day, following, is_closed, period
from service.analysis.metrics import Atom, Metric, measure, people
from service.pipeline.metrics import BACKLOG
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
class Asked:
    """Which metric, by which grain, from the period that holds `first` to the one that holds `last`."""

    metric: str
    grain: Grain
    first: date
    last: date


def points(connection: Connection, snapshot: Snapshot, asked: Asked) -> list[Point]:
    """The points of a metric in the look's scope, without those to come; none where nothing was ever counted."""
    number = cells.scope_id(connection, snapshot.scope.dimension, snapshot.scope.value)
    if number is None:
        return []
    begin, end = first_day(asked.first, asked.grain), following(first_day(asked.last, asked.grain), asked.grain)
    known = cells.of_scope(connection, number, asked.grain, begin, end)
    backlog = cells.open_before(connection, number, begin) if asked.metric == BACKLOG else 0
    found = []
    while begin < end and period(begin, asked.grain, snapshot.frame.zone).begin <= snapshot.frame.as_of:
        cell = known.get(begin.isoformat(), StoredCell(CellKey(number, asked.grain, begin.isoformat()), {}))
        backlog += cell.sums.get("opened", 0) - cell.sums.get("left", 0)
        found.append(_point(snapshot, asked.metric, cell, backlog))
        begin = following(begin, asked.grain)
    return found


def _point(snapshot: Snapshot, metric: str, cell: StoredCell, backlog: int) -> Point:
    first, grain = date.fromisoformat(cell.key.start), cell.key.grain
    span = period(first, grain, snapshot.frame.zone)
    kept: list[Any] | None = (cell.metrics or {}).get(metric)
    if kept is None:
        one = _measured(snapshot, metric, Atom(span.begin, span.end, cell.sums), backlog)
        kept = [one.value, one.low, one.high, one.n, one.why_not]
    published = (cell.published or {}).get(metric) if metric in (cell.restated or {}) else None
    value, low, high, n, why_not = kept[:5]
    closed = is_closed(span, snapshot.frame.as_of)
    return Point(first, following(first, grain), closed, value, low, high, n, why_not, published)


def _measured(snapshot: Snapshot, metric: str, atom: Atom, backlog: int) -> Metric:
    found = measure([atom], people(atom.sums), backlog, snapshot.frame.as_of)
    return next(one for one in found if one.id == metric)
