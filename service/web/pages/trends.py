"""Any metric over time, of one scope or of two side by side, as a chart, a table and CSV."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any, cast, get_args

from fastapi import APIRouter, HTTPException, Request, Response

from service.analysis.calendar import Grain
from service.analysis.catalogue import DEFINITIONS
from service.analysis.trend import Trend, change_points, trend
from service.charts.server_side import Line
from service.report.series_points import Asked, Point, points
from service.store.queries.scopes import Scope, scope
from service.store.queries.snapshot import VERDICT_WEEKS, Snapshot
from service.web.html.templates import render, requested_view
from service.web.website import Website

DEFAULT = "repeat_hours_share"
REACH: Mapping[str, int] = {"day": 91, "week": 26 * 7, "month": 730}
FARTHEST: Mapping[str, int] = {"day": 400, "week": 7 * 160, "month": 31 * 120}
LAST_OF_WEEK = timedelta(days=6)
HEADER = ("scope", "metric", "grain", "from", "to", "finished", "value", "low", "high", "n", "unit", "why_not")


@dataclass(frozen=True, slots=True)
class Drawn:
    """One scope's line with its points, its trend over the finished ones, and where its level changed."""

    scope: Scope
    points: Sequence[Point]
    trend: Trend | None
    changes: Sequence[int]

    @property
    def line(self) -> Line:
        """As a chart draws it: what is not finished would look like a fall."""
        closed = [point for point in self.points if point.finished]
        name = "Everything" if self.scope.dimension == "all" else self.scope.value
        low, high = ([getattr(point, side) for point in closed] for side in ("low", "high"))
        return Line(name, [point.value for point in closed], low, high, self.changes)


def router(site: Website) -> APIRouter:
    """`/trends` and `/trends.csv`."""
    found = APIRouter(include_in_schema=False)

    @found.get("/trends")
    def trends(request: Request) -> Response:
        view = requested_view(site, request)
        snapshot = site.analyst.stored_snapshot(view.scope, view.period)
        if snapshot is None:
            return render(site, request, "empty.html", view=view)
        asked = asked_of(request.query_params, snapshot)
        lines = [drawn(site, one, asked) for one in scopes_of(request.query_params, view.scope)]
        return render(
            site, request, "trends.html", view=view, asked=asked, drawn=lines,
            beside=request.query_params.get("with", ""), labels=labels(lines[0].points, asked.grain),
            unit=DEFINITIONS[asked.metric].unit, report={"as_of": snapshot.clock.as_of.isoformat()},
        )  # fmt: skip

    @found.get("/trends.csv")
    def as_csv(request: Request) -> Response:
        view = requested_view(site, request)
        snapshot = site.analyst.stored_snapshot(view.scope, view.period)
        if snapshot is None:
            raise HTTPException(404, "Nothing was analysed yet.")
        asked = asked_of(request.query_params, snapshot)
        lines = [drawn(site, one, asked) for one in scopes_of(request.query_params, view.scope)]
        headers = {"content-disposition": f'attachment; filename="{asked.metric}-{asked.grain}.csv"'}
        return Response(_csv(lines, asked), media_type="text/csv; charset=utf-8", headers=headers)

    return found


def asked_of(query: Mapping[str, str], snapshot: Snapshot) -> Asked:
    """What a query asks for; what means nothing in it is left aside. Without days it is the period that was chosen."""
    metric = query.get("metric", DEFAULT)
    grain = cast(Grain, query["grain"] if query.get("grain") in get_args(Grain) else "week")
    today = snapshot.clock.as_of.astimezone(snapshot.clock.zone).date()
    usual = (
        (None, None)
        if snapshot.period == VERDICT_WEEKS
        else (snapshot.period_weeks[0], snapshot.period_weeks[-1] + LAST_OF_WEEK)
    )
    last = min(_day(query.get("to")) or usual[1] or today, today)
    begin = _day(query.get("from")) or usual[0] or last - timedelta(days=REACH[grain])
    begin = max(min(begin, last), last - timedelta(days=FARTHEST[grain]))
    return Asked(metric if metric in DEFINITIONS else DEFAULT, grain, begin, last)


def scopes_of(query: Mapping[str, str], first: Scope) -> list[Scope]:
    """The scope of a page, and the one beside it. Raises ScopeError."""
    beside = query.get("with")
    return [first, scope(beside)] if beside else [first]


def drawn(site: Website, of: Scope, asked: Asked) -> Drawn:
    """The line of one scope."""
    snapshot = site.analyst.stored_snapshot(of)
    if snapshot is None:
        return Drawn(of, (), None, ())
    with site.database.read() as connection:
        found = points(connection, snapshot, asked)
    closed = [point.value for point in found if point.finished]
    is_weekly = asked.grain == "week"
    changes = [change.index for change in change_points(closed)] if is_weekly else []
    return Drawn(of, found, trend(closed) if is_weekly else None, changes)


def labels(found: Sequence[Point], grain: Grain) -> list[str]:
    """What stands below the finished points."""
    days = [point.first for point in found if point.finished]
    return [f"{day:%b %Y}" if grain == "month" else f"{day.day} {day:%b}" for day in days]


def _csv(lines: Sequence[Drawn], asked: Asked) -> str:
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    unit = DEFINITIONS[asked.metric].unit
    for one in lines:
        for point in one.points:
            head: list[Any] = [_safe(str(one.scope)), asked.metric, asked.grain, point.first, point.until]
            writer.writerow([*head, point.finished, point.value, point.low, point.high, point.n, unit, point.why_not])
    return out.getvalue()


def _safe(text: str) -> str:
    """No cell begins a formula in a spreadsheet."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text


def _day(text: str | None) -> date | None:
    try:
        return datetime.fromisoformat(text).date() if text else None
    except ValueError:
        return None
