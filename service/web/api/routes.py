"""The routes of the API on reports, metrics and cycles."""

from dataclasses import fields
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response

from service.analysis.catalogue import CATALOGUE, DEFINITIONS
from service.analysis.weeks import Weeks
from service.report.sections.cycles import CyclesSection
from service.report.sections.groups import GroupsSection, LoopsSection
from service.report.sections.report import Overview, Report
from service.report.serialization import S, field_values
from service.store.queries.snapshot import VERDICT_WEEKS, Snapshot
from service.web.api.answering import ERRORS, described, respond, respond_json
from service.web.api.exports import add_export_route
from service.web.api.models.cycles import CycleDetails, CyclePage, FamilySummary, Resolver
from service.web.api.models.forecasts import ForecastList, ProblemForecast
from service.web.api.models.metrics import (
    DefinitionsAnswer,
    MetricDefinition,
    MetricsAnswer,
    MetricSeries,
    NamedMetric,
)
from service.web.api.models.report import HandoffCount, LoopsAnswer, OverviewAnswer, VerdictAnswer
from service.web.api.models.tickets import FamilyTicket
from service.web.api.queries import CyclesQuery, MetricQuery, ScopeQuery, ScopeWeeksQuery, WeeksQuery
from service.web.api.ticket_routes import add_source_routes, add_ticket_routes, listed_ticket
from service.web.html.templates import existing_scope
from service.web.pages.cycles import FamilyPage, cycle_listing, family_page
from service.web.pages.forecast import NamedForecast, hit_rate, named_forecasts
from service.web.pages.trends import scope_series, series_query
from service.web.selection import View
from service.web.website import PATIENCE_SECONDS, Website

NOT_ANALYSED = "Nothing was analysed yet."

A = TypeVar("A", VerdictAnswer, OverviewAnswer)
OfScope = Annotated[ScopeQuery, Query()]
OfWeeks = Annotated[ScopeWeeksQuery, Query()]
MetricId = Annotated[str, Path(description="The id of a metric; see /definitions.", examples=["backlog"])]
CycleId = Annotated[str, Path(description="The id of a cycle, or a former one.", examples=["F39d19414569094"])]


def router(site: Website) -> APIRouter:
    """Return the routes below `/api/v1`."""
    routes = APIRouter(prefix="/api/v1", responses=ERRORS)
    _add_report_routes(routes, site)
    _add_metric_routes(routes, site)
    _add_cycle_routes(routes, site)
    add_ticket_routes(routes, site)
    add_source_routes(routes, site)
    add_export_route(routes, site)
    return routes


def _section(site: Website, kind: type[S], query: ScopeQuery) -> S:
    """Return a section on the scope and weeks of a query. Raises HTTPException where nothing was analysed."""
    section = site.section(kind, View(existing_scope(site, query.scope), _period(query)))
    if section is None:
        raise HTTPException(404, NOT_ANALYSED)
    return section


def _snapshot(site: Website, query: ScopeQuery) -> Snapshot:
    """Return a snapshot of the scope and weeks of a query. Raises HTTPException where nothing was analysed."""
    snapshot = site.analyst.stored_snapshot(existing_scope(site, query.scope), _period(query))
    if snapshot is None:
        raise HTTPException(404, NOT_ANALYSED)
    return snapshot


def _period(query: ScopeQuery) -> Weeks:
    return query.period if isinstance(query, ScopeWeeksQuery) else VERDICT_WEEKS


def _excerpt(answer: type[A], overview: Overview) -> A:
    """Return the fields of an overview that an answer has."""
    # The names are those of the section; a field that it lacks fails here, and in the test of every route.
    values: dict[str, Any] = {field.name: getattr(overview, field.name) for field in fields(answer)}
    return answer(**values)


def _add_report_routes(routes: APIRouter, site: Website) -> None:
    @routes.get("/report", **described(Report, "The whole report, as report --format json writes it"))
    def report(request: Request, query: OfScope) -> Response:
        content = site.reporter.report_json(existing_scope(site, query.scope), PATIENCE_SECONDS)
        if content is None:
            raise HTTPException(404, NOT_ANALYSED)
        return respond_json(request, content)

    @routes.get("/overview", **described(OverviewAnswer, "The verdict, what costs most, and how it went"))
    def overview(request: Request, query: OfScope) -> Response:
        return respond(request, _excerpt(OverviewAnswer, _section(site, Overview, query)))

    @routes.get("/verdict", **described(VerdictAnswer, "The verdict, the four answers, the findings"))
    def verdict(request: Request, query: OfScope) -> Response:
        return respond(request, _excerpt(VerdictAnswer, _section(site, Overview, query)))

    @routes.get("/loops", **described(LoopsAnswer, "Reopened, ping-pong, stalled, and the handoffs"))
    def loops(request: Request, query: OfWeeks) -> Response:
        return respond(request, _loops_answer(_section(site, LoopsSection, query)))

    @routes.get("/groups", **described(GroupsSection, "Teams and services"))
    def groups(request: Request, query: OfWeeks) -> Response:
        return respond(request, _section(site, GroupsSection, query))


def _loops_answer(section: LoopsSection) -> LoopsAnswer:
    return LoopsAnswer(
        as_of=section.as_of,
        scope=section.scope,
        period=section.period,
        known_from=section.known_from,
        reopened=section.loops.reopened,
        pingpong=section.loops.pingpong,
        stalled=section.loops.stalled,
        flows=tuple(HandoffCount(flow.giver, flow.receiver, flow.handoffs) for flow in section.handoffs),
    )


def _add_metric_routes(routes: APIRouter, site: Website) -> None:
    @routes.get("/metrics", **described(MetricsAnswer, "All metrics of the report's period"))
    def metrics(request: Request, query: OfWeeks) -> Response:
        overview = _section(site, Overview, query)
        named = tuple(NamedMetric(**field_values(metric), id=id_) for id_, metric in overview.metrics.items())
        answer = MetricsAnswer(
            as_of=overview.as_of,
            scope=overview.scope,
            period=overview.period,
            known_from=overview.known_from,
            metrics=named,
        )
        return respond(request, answer)

    @routes.get("/metrics/{metric}", **described(MetricSeries, "One metric by day, week or month"))
    def series(request: Request, metric: MetricId, query: Annotated[MetricQuery, Query()]) -> Response:
        if metric not in DEFINITIONS:
            raise HTTPException(404, f"There is no metric '{metric}'.")
        return respond(request, _series(site, metric, query))

    @routes.get("/definitions", **described(DefinitionsAnswer, "What the metrics mean"))
    def definitions(request: Request) -> Response:
        # Without the label, which is for pages: programs have the id.
        metrics = tuple(MetricDefinition(row.id, row.unit, row.better, row.meaning) for row in CATALOGUE)
        return respond(request, DefinitionsAnswer(metrics=metrics))


def _series(site: Website, metric: str, query: MetricQuery) -> MetricSeries:
    snapshot = _snapshot(site, query)
    points_query = series_query({**query.parameters(), "metric": metric}, snapshot)
    line = scope_series(site, snapshot.scope, points_query)
    # The indexes of changes count finished points only.
    closed = [point.first for point in line.points if point.finished]
    return MetricSeries(
        metric=metric,
        unit=DEFINITIONS[metric].unit,
        scope=str(snapshot.scope),
        grain=points_query.grain,
        points=tuple(line.points),
        trend=line.trend,
        changes=tuple(closed[change.index] for change in line.changes),
    )


def _add_cycle_routes(routes: APIRouter, site: Website) -> None:
    @routes.get("/cycles", **described(CyclePage, "Cycles, 50 a page"))
    def cycles(request: Request, query: Annotated[CyclesQuery, Query()]) -> Response:
        section = _section(site, CyclesSection, query)
        listing = cycle_listing(query.parameters(), section.cycles)
        page = CyclePage(
            as_of=section.as_of,
            scope=section.scope,
            period=section.period,
            known_from=section.known_from,
            total=listing.total,
            page=listing.page,
            pages=listing.pages,
            cycles=tuple(listing.items),
        )
        return respond(request, page)

    @routes.get("/forecasts", **described(ForecastList, "What problems will bring, and how earlier forecasts did"))
    def forecasts(request: Request) -> Response:
        return respond(request, _forecast_list(site))

    @routes.get("/cycles/{name}", **described(CycleDetails, "One cycle: episodes, resolutions, tickets"))
    def cycle(request: Request, name: CycleId, query: Annotated[WeeksQuery, Query()]) -> Response:
        return respond(request, _cycle_details(family_page(site, name, query.period)))


def _forecast_list(site: Website) -> ForecastList:
    made = named_forecasts(site)
    hits = hit_rate(made)
    return ForecastList(due=hits.due, held=hits.held, forecasts=tuple(map(_problem_forecast, made)))


def _problem_forecast(row: NamedForecast) -> ProblemForecast:
    stored, family = row.stored, row.family
    return ProblemForecast(
        cycle=family and family.name, title=family and family.title, withdrawn=row.is_withdrawn,
        begin=row.begin, end=row.end, expected=stored.forecast.expected,
        low=stored.forecast.low, high=stored.forecast.high, came=stored.came, held=stored.is_held,
    )  # fmt: skip


def _cycle_details(page: FamilyPage) -> CycleDetails:
    family = page.family
    return CycleDetails(
        family=FamilySummary(
            id=family.name,
            title=family.title,
            is_cycle=family.is_cycle,
            is_dismissed=family.is_dismissed,
            episodes=family.rhythm.episodes,
            tickets=family.tickets,
            hours=page.hours,
            hours_logged_share=family.logged_seconds / family.seconds if family.seconds else None,
            teams=family.teams,
            people=len(family.resolvers),
        ),
        cycle=page.row,
        episodes=tuple(page.episodes),
        resolutions=tuple((text, len(ids)) for text, ids in page.resolutions),
        resolvers=tuple(Resolver(person, tickets) for person, tickets in page.people),
        tickets=tuple(listed_ticket(FamilyTicket, row) for row in page.tickets),
    )
