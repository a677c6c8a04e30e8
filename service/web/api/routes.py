"""The questions that the API answers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, HTTPException, Path, Query, Request, Response

from service.analysis.catalogue import CATALOGUE, DEFINITIONS
from service.analysis.weeks import Weeks
from service.pipeline.corrections import UnknownName
from service.pipeline.explanation import explain
from service.report.sections import Part
from service.store.queries import ticket_lists
from service.store.queries.metric_filters import FILTERS
from service.store.queries.review import review_counts
from service.store.queries.scopes import ALL_TIME
from service.store.queries.snapshot import VERDICT_WEEKS, Snapshot
from service.store.queries.ticket_lists import Row, TicketQuery
from service.store.results import cells
from service.store.tickets import runs, sources
from service.web.api import queries
from service.web.api.answering import PROBLEMS, answered, described, sent
from service.web.api.exports import add_exports
from service.web.api.models.cycles import Cycles, OneCycle
from service.web.api.models.groups import Groups, Loops
from service.web.api.models.numbers import Definitions, Metrics, Series
from service.web.api.models.report import Report
from service.web.api.models.sources import Refusals, Run, Scopes, Source, Sources
from service.web.api.models.tickets import Explanation, Review, Ticket, TicketInReview, TicketOfFamily, Tickets
from service.web.api.models.verdict import Overview, VerdictOfScope
from service.web.html.selection import View
from service.web.html.templates import existing_scope
from service.web.pages.cycles import cycle_details, cycle_listing
from service.web.pages.overview import repeat_cost
from service.web.pages.review import LISTS
from service.web.pages.sources import Number
from service.web.pages.teams import service_row, team_row
from service.web.pages.tickets import cursor_text, parse_cursor, ticket_query
from service.web.pages.trends import scope_series, series_query
from service.web.website import Website

HOUR = 3600
NOTHING = "Nothing was analysed yet."

OfScope = Annotated[queries.OfScope, Query()]
OfWeeks = Annotated[queries.OfWeeks, Query()]
MetricId = Annotated[str, Path(description="The id of a metric; see /definitions.", examples=["backlog"])]
CycleId = Annotated[str, Path(description="The id of a cycle, or a former one.", examples=["F39d19414569094"])]
Name = Annotated[
    str,
    Path(
        description="The key or id of a ticket, behind its source and a colon where several have it.",
        examples=["servicenow:INC0013147"],
    ),
]


def router(site: Website) -> APIRouter:
    """`/api/v1/...`."""
    found = APIRouter(prefix="/api/v1", responses=PROBLEMS)
    _of_the_report(found, site)
    _of_metrics(found, site)
    _of_cycles(found, site)
    _of_tickets(found, site)
    _of_the_store(found, site)
    add_exports(found, site)
    return found


def part_of(site: Website, query: queries.OfScope, name: str) -> Part:
    """A part of the report on the scope and weeks of a query. Raises HTTPException where nothing was analysed."""
    part = site.part(View(existing_scope(site, query.scope), _period(query)), name)
    if part is None:
        raise HTTPException(404, NOTHING)
    return part


def snapshot_of(site: Website, query: queries.OfScope) -> Snapshot:
    """A look at the scope and weeks of a query. Raises HTTPException where nothing was analysed."""
    snapshot = site.analyst.stored_snapshot(existing_scope(site, query.scope), _period(query))
    if snapshot is None:
        raise HTTPException(404, NOTHING)
    return snapshot


def _period(query: queries.OfScope) -> Weeks:
    return query.period if isinstance(query, queries.OfWeeks) else VERDICT_WEEKS


def _of(part: Part, *names: str) -> dict[str, Any]:
    return {name: part[name] for name in ("as_of", "scope", *names)}


def _of_the_report(found: APIRouter, site: Website) -> None:
    @found.get("/report", **described(Report, "The whole report, as report --format json writes it"))
    def report(request: Request, query: OfScope) -> Response:
        return sent(request, orjson.dumps(part_of(site, query, "report")))

    @found.get("/overview", **described(Overview, "The verdict, what costs most, and how it went"))
    def overview(request: Request, query: OfScope) -> Response:
        part = part_of(site, query, "overview")
        own = _of(part, *(name for name in Overview.model_fields if name in part))
        shown = {cycle["id"]: part["timelines"].get(cycle["id"], []) for cycle in part["costliest"]}
        return answered(request, Overview, own | {"paid_again": repeat_cost(part), "timelines": shown})

    @found.get("/verdict", **described(VerdictOfScope, "The verdict, the four answers, the findings"))
    def verdict(request: Request, query: OfScope) -> Response:
        part = part_of(site, query, "overview")
        return answered(request, VerdictOfScope, _of(part, "period", "verdict", "questions", "findings"))

    @found.get("/loops", **described(Loops, "Reopened, ping-pong, stalled, and the handoffs"))
    def loops(request: Request, query: OfWeeks) -> Response:
        part = part_of(site, query, "loops")
        flows = [{"from": one, "to": other, "handoffs": times} for one, other, times in part["flows"]]
        return answered(request, Loops, _of(part, "period") | part["loops"] | {"flows": flows})

    @found.get("/groups", **described(Groups, "Teams and services"))
    def groups(request: Request, query: OfWeeks) -> Response:
        part = part_of(site, query, "groups")
        teams, services = map(team_row, part["teams"]), map(service_row, part["services"])
        return answered(request, Groups, _of(part, "period") | {"teams": list(teams), "services": list(services)})


def _of_metrics(found: APIRouter, site: Website) -> None:
    @found.get("/metrics", **described(Metrics, "All metrics of the report's period"))
    def metrics(request: Request, query: OfWeeks) -> Response:
        part = part_of(site, query, "overview")
        known = [{"id": id_, **metric} for id_, metric in part["metrics"].items()]
        return answered(request, Metrics, _of(part, "period") | {"metrics": known})

    @found.get("/metrics/{metric}", **described(Series, "One metric by day, week or month"))
    def series(request: Request, metric: MetricId, query: Annotated[queries.OfPeriods, Query()]) -> Response:
        if metric not in DEFINITIONS:
            raise HTTPException(404, f"There is no metric '{metric}'.")
        snapshot = snapshot_of(site, query)
        selection = series_query({**query.told(), "metric": metric}, snapshot)
        line = scope_series(site, snapshot.scope, selection)
        closed = [point.first for point in line.points if point.finished]
        return answered(request, Series, {
            "metric": metric, "unit": DEFINITIONS[metric].unit, "scope": str(snapshot.scope), "grain": selection.grain,
            "points": [asdict(point) for point in line.points], "trend": asdict(line.trend) if line.trend else None,
            "changes": [closed[place] for place in line.changes],
        })  # fmt: skip

    @found.get("/definitions", **described(Definitions, "What the metrics mean"))
    def definitions(request: Request) -> Response:
        return answered(request, Definitions, {"metrics": [asdict(one) for one in CATALOGUE]})


def _of_cycles(found: APIRouter, site: Website) -> None:
    @found.get("/cycles", **described(Cycles, "Cycles, 50 a page"))
    def cycles(request: Request, query: Annotated[queries.OfCycles, Query()]) -> Response:
        part = part_of(site, query, "cycles")
        listing = cycle_listing(query.told(), part["cycles"])
        head = {"total": listing.total, "page": listing.page, "pages": listing.pages}
        return answered(request, Cycles, _of(part, "period") | head | {"cycles": listing.items})

    @found.get("/cycles/{name}", **described(OneCycle, "One cycle: episodes, resolutions, tickets"))
    def cycle(request: Request, name: CycleId, query: Annotated[queries.InWeeks, Query()]) -> Response:
        known = cycle_details(site, name, query.period)
        tickets = [_ticket(TicketOfFamily, row) for row in known["tickets"]]
        people = [{"person": person, "tickets": times} for person, times in known["people"]]
        resolutions = [(text, len(ids)) for text, ids in known["resolutions"]]
        own = {"episodes": known["episodes"], "resolutions": resolutions, "resolvers": people}
        head = {"family": _family(known), "cycle": known["row"]}
        return answered(request, OneCycle, head | own | {"tickets": tickets})


def _family(known: Mapping[str, Any]) -> dict[str, Any]:
    family = known["family"]
    return {
        "id": family.name, "title": family.title, "is_cycle": family.is_cycle, "is_dismissed": family.is_dismissed,
        "episodes": family.rhythm.episodes, "tickets": family.tickets, "hours": known["hours"],
        "hours_logged_share": family.logged_seconds / family.seconds if family.seconds else None,
        "teams": family.teams, "people": len(family.resolvers),
    }  # fmt: skip


def _of_tickets(found: APIRouter, site: Website) -> None:
    @found.get("/tickets", **described(Tickets, "The tickets behind a number"))
    def tickets(request: Request, query: Annotated[queries.OfTickets, Query()]) -> Response:
        snapshot = snapshot_of(site, query)
        wanted = ticket_query(site, snapshot, query.told())
        with site.database.read() as connection:
            rows = ticket_lists.list_tickets(connection, wanted, query.limit + 1, parse_cursor(query.after))
            count, seconds = ticket_lists.count_tickets(connection, wanted)
        span = wanted.span or snapshot.span
        return answered(request, Tickets, _some(Ticket, rows, query.limit) | {
            "about": wanted.about, "told": FILTERS[wanted.about].phrase if wanted.about else None,
            "period": {"from": span.from_instant, "to": span.to_instant},
            "count": count, "counted_hours": seconds / HOUR,
        })  # fmt: skip

    @found.get("/tickets/{name:path}", **described(Explanation, "What is known of one ticket"))
    def ticket(request: Request, name: Name) -> Response:
        try:
            explained = explain(site.analyst, name)
        except UnknownName as problem:
            raise HTTPException(404, str(problem)) from problem
        return answered(request, Explanation, {"ticket": name, "lines": explained.splitlines()})

    @found.get("/review", **described(Review, "Tickets whose class is in doubt or contradicts"))
    def review(request: Request, query: Annotated[queries.OfReview, Query()]) -> Response:
        scope = existing_scope(site, query.scope)
        with site.database.read() as connection:
            rows = LISTS[query.list_](connection, scope, query.limit + 1, parse_cursor(query.after))
            doubt, contradiction = review_counts(connection, scope)
            decided, _ = ticket_lists.count_tickets(connection, TicketQuery(scope, "labelled", ALL_TIME))
        head = {"in_doubt": doubt, "contradicting": contradiction, "decided": decided}
        return answered(request, Review, head | _some(TicketInReview, rows, query.limit))


def _of_the_store(found: APIRouter, site: Website) -> None:
    @found.get("/sources", **described(Sources, "Sources, how complete they are, their last runs"))
    def known_sources(request: Request) -> Response:
        states = [
            {name: getattr(one, name) for name in Source.model_fields if name != "gaps"}
            | {"gaps": [gap.model_dump() for gap in one.gaps]}
            for one in sources.states(site.database)
        ]
        last = [{name: run[name] for name in Run.model_fields} for run in runs.latest(site.database)]
        return answered(request, Sources, {"problems": site.ready().problems, "sources": states, "runs": last})

    @found.get("/sources/runs/{number}", **described(Refusals, "What a run refused"))
    def refusals(request: Request, number: Number) -> Response:
        refused = [one.model_dump() for one in runs.refusals(site.database, number)]
        return answered(request, Refusals, {"run": number, "refusals": refused})

    @found.get("/scopes", **described(Scopes, "What can be asked for as scope"))
    def scopes(request: Request) -> Response:
        with site.database.read() as connection:
            return answered(request, Scopes, {"scopes": cells.scope_values(connection)})


def _some(model: type[Ticket], rows: Sequence[Row], limit: int) -> dict[str, Any]:
    onward = cursor_text(rows[limit - 1]["place"]) if len(rows) > limit else None
    return {"tickets": [_ticket(model, row) for row in rows[:limit]], "next": onward}


def _ticket(model: type[Ticket], row: Row) -> dict[str, Any]:
    own = {name: row[name] for name in model.model_fields if name != "hours"}
    return own | {"hours": row["seconds"] / HOUR}
