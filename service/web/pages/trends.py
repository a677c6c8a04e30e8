"""Any metric over time, of one scope or of two side by side, as a chart, a table and CSV."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from io import StringIO
from typing import Any, cast, get_args

from fastapi import APIRouter, HTTPException, Request, Response

from service.analysis.calendar import Grain, midnight
from service.analysis.catalogue import DEFINITIONS
from service.analysis.comparison import is_comparable
from service.analysis.coverage import is_before
from service.analysis.printable import plain_cell
from service.analysis.recurrence import OF_WHOLE_PERIODS
from service.analysis.trend import WEEKS, ChangePoint, Trend
from service.charts.line_chart import Curve, Curves
from service.report.coverage import scope_sources, snapshot_known_from
from service.report.series_points import MetricPoint, SeriesQuery, read_points
from service.report.weekly import read_weeks, tested_changes, tested_trends
from service.store.queries.scopes import Scope, parse_scope
from service.store.queries.snapshot import VERDICT_WEEKS, Snapshot
from service.web.html.templates import render, requested_view
from service.web.parameters import choice, day
from service.web.website import Website

DEFAULT_METRIC = "repeat_hours_share"
DEFAULT_DAYS: Mapping[str, int] = {"day": 91, "week": 26 * 7, "month": 730}
# A request for a century of days would compute as many points.
MAX_DAYS: Mapping[str, int] = {"day": 400, "week": 7 * 160, "month": 31 * 120}
DAY = timedelta(days=1)
LAST_DAY_OF_WEEK = 6 * DAY
CSV_HEADER = ("scope", "metric", "grain", "from", "to", "finished", "value", "low", "high", "n", "unit", "why_not")


@dataclass(frozen=True, slots=True)
class ScopeSeries:
    """A metric of one scope: its points, the trend of the finished ones, and the places where its level changed.

    `comparable` says which of the finished ones the trend holds; it is empty unless they are weeks.
    """

    scope: Scope
    points: Sequence[MetricPoint]
    trend: Trend | None
    changes: Sequence[ChangePoint]
    comparable: Sequence[bool] = ()

    @property
    def curve(self) -> Curve:
        """The line that a chart draws."""
        # Without the period under way, which would look like a fall.
        finished = [point for point in self.points if point.finished]
        name = "Everything" if self.scope.dimension == "all" else self.scope.value
        low, high = ([getattr(point, side) for point in finished] for side in ("low", "high"))
        return Curve(name, [point.value for point in finished], low, high, self.changes, self.comparable)


def router(site: Website) -> APIRouter:
    """Return the routes `/trends` and `/trends.csv`."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/trends")
    def trends(request: Request) -> Response:
        view = requested_view(site, request)
        snapshot = site.analyst.stored_snapshot(view.scope, view.period)
        if snapshot is None:
            return render(site, request, "empty.html", view=view)
        query, known_from = series_query(request.query_params, snapshot), snapshot_known_from(snapshot)
        series = [scope_series(site, scope, query) for scope in compared_scopes(request.query_params, view.scope)]
        return render(
            site, request, "trends.html", view=view, selection=query, series=series,
            beside=request.query_params.get("with", ""), curves=as_curves(series, query),
            unit=DEFINITIONS[query.metric].unit, of_whole_periods=OF_WHOLE_PERIODS,
            report={"as_of": snapshot.clock.as_of}, known_from=known_from,
            is_before_data=is_before(midnight(query.last + DAY, site.zone), known_from),
        )  # fmt: skip

    @routes.get("/trends.csv")
    def as_csv(request: Request) -> Response:
        view = requested_view(site, request)
        snapshot = site.analyst.stored_snapshot(view.scope, view.period)
        if snapshot is None:
            raise HTTPException(404, "There is no analysis yet.")
        query = series_query(request.query_params, snapshot)
        series = [scope_series(site, scope, query) for scope in compared_scopes(request.query_params, view.scope)]
        headers = {"content-disposition": f'attachment; filename="{query.metric}-{query.grain}.csv"'}
        return Response(_csv(series, query), media_type="text/csv; charset=utf-8", headers=headers)

    return routes


def series_query(parameters: Mapping[str, str], snapshot: Snapshot) -> SeriesQuery:
    """Return the metric, grain and days that a URL asks for.

    Without days it is the chosen period, or as far back as is usual for the grain. Raises ParameterError.
    """
    metric = choice(parameters, "metric", DEFAULT_METRIC, DEFINITIONS)
    grain = cast(Grain, choice(parameters, "grain", "week", get_args(Grain)))
    today = snapshot.clock.as_of.astimezone(snapshot.clock.zone).date()
    first, last = None, None
    if snapshot.period != VERDICT_WEEKS:
        first, last = snapshot.period_weeks[0], snapshot.period_weeks[-1] + LAST_DAY_OF_WEEK
    end = min(day(parameters, "to") or last or today, today)
    begin = day(parameters, "from") or first or end - timedelta(days=DEFAULT_DAYS[grain])
    begin = max(min(begin, end), end - timedelta(days=MAX_DAYS[grain]))
    return SeriesQuery(metric, grain, begin, end)


def compared_scopes(parameters: Mapping[str, str], scope: Scope) -> list[Scope]:
    """Return the scope of a page, and the one to show beside it, if any. Raises ScopeError."""
    beside = parameters.get("with")
    return [scope, parse_scope(beside)] if beside else [scope]


def scope_series(site: Website, scope: Scope, query: SeriesQuery) -> ScopeSeries:
    """Return the series of one scope; only weeks have a trend and changes of level."""
    snapshot = site.analyst.stored_snapshot(scope)
    if snapshot is None:
        return ScopeSeries(scope, (), None, ())
    with site.database.read() as connection:
        series = read_points(connection, snapshot, query)
    if query.grain != "week":
        return ScopeSeries(scope, series, None, [])
    weeks = [point.first for point in series if point.finished]
    return _tested(snapshot, query.metric, series, weeks) if weeks else ScopeSeries(scope, series, None, ())


def _tested(snapshot: Snapshot, metric: str, series: Sequence[MetricPoint], weeks: Sequence[date]) -> ScopeSeries:
    """Return the series of a metric with the trend and the change of level that stand among those of all metrics."""
    # A visitor sees one metric after the other: of thirty that are tested by themselves, one or two would have an arrow
    # without any change.
    with snapshot.results.read() as connection:
        weekly = read_weeks(connection, snapshot, scope_sources(snapshot), weeks[-WEEKS:])
    begin, clock = weekly.known_from, snapshot.clock
    comparable = [is_comparable(metric, week, begin, clock.as_of, clock.zone) for week in weeks]
    change, trend = tested_changes(weekly, weeks).get(metric), tested_trends(weekly, weeks)[metric]
    return ScopeSeries(snapshot.scope, series, trend, [change] if change else [], comparable)


def as_curves(series: Sequence[ScopeSeries], query: SeriesQuery) -> Curves:
    """Return what the chart of the page draws."""
    starts = [point.first for point in series[0].points if point.finished]
    return Curves([each.curve for each in series], starts, DEFINITIONS[query.metric].unit, query.grain)


def _csv(series: Sequence[ScopeSeries], query: SeriesQuery) -> str:
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(CSV_HEADER)
    unit = DEFINITIONS[query.metric].unit
    for scope in series:
        for point in scope.points:
            # The name of a scope comes from a ticket.
            place: list[Any] = [plain_cell(str(scope.scope)), query.metric, query.grain, point.first, point.until]
            writer.writerow([*place, point.finished, point.value, point.low, point.high, point.n, unit, point.why_not])
    return out.getvalue()
