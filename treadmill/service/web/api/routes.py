"""The questions that the API answers."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response

from treadmill.service.analysis.catalogue import CATALOGUE
from treadmill.service.report.look import Look
from treadmill.service.report.parts import Part
from treadmill.service.store import browsing, cells, runs, sources
from treadmill.service.store.browsing import Row
from treadmill.service.web.api import models, queries
from treadmill.service.web.api.answering import PROBLEMS, answered
from treadmill.service.web.api.exports import add_exports
from treadmill.service.web.pages.cycles import known_cycle, listing_of
from treadmill.service.web.pages.groups import service_row, team_row
from treadmill.service.web.pages.review import LISTS
from treadmill.service.web.pages.tickets import mark, place_of, wanted_of
from treadmill.service.web.pages.trends import asked_of, drawn
from treadmill.service.web.rendering import DEFINED, known_scope
from treadmill.service.web.site import Site

HOUR = 3600
NOTHING = "Nothing was analysed yet."

OfScope = Annotated[queries.OfScope, Query()]


def router(site: Site) -> APIRouter:
    """`/api/v1/...`."""
    found = APIRouter(prefix="/api/v1", responses=PROBLEMS)
    _of_the_report(found, site)
    _of_metrics(found, site)
    _of_lists(found, site)
    _of_the_store(found, site)
    add_exports(found, site)
    return found


def part_of(site: Site, query: queries.OfScope, name: str) -> Part:
    """A part of the report on the scope of a query. Raises HTTPException where nothing was analysed."""
    part = site.reporter.part(known_scope(site, query.scope), name)
    if part is None:
        raise HTTPException(404, NOTHING)
    return part


def look_of(site: Site, query: queries.OfScope) -> Look:
    """A look at the scope of a query. Raises HTTPException where nothing was analysed."""
    look = site.analyst.stored_look(known_scope(site, query.scope))
    if look is None:
        raise HTTPException(404, NOTHING)
    return look


def _of(part: Part, *names: str) -> dict[str, Any]:
    return {name: part[name] for name in ("as_of", "scope", *names)}


def _of_the_report(found: APIRouter, site: Site) -> None:
    @found.get("/report", summary="The whole report on a scope, as `report --format json` writes it")
    def report(query: OfScope) -> dict[str, Any]:
        return part_of(site, query, "report")

    @found.get("/verdict", response_model=models.VerdictOfScope, summary="The verdict, the four answers, the findings")
    def verdict(request: Request, query: OfScope) -> Response:
        told = _of(part_of(site, query, "overview"), "period", "verdict", "questions", "findings")
        return answered(request, models.VerdictOfScope, told)

    @found.get("/loops", response_model=models.Loops, summary="Reopened, ping-pong, stalled, and the handoffs")
    def loops(request: Request, query: OfScope) -> Response:
        part = part_of(site, query, "loops")
        flows = [{"from": one, "to": other, "handoffs": times} for one, other, times in part["flows"]]
        return answered(request, models.Loops, _of(part, "period") | part["loops"] | {"flows": flows})

    @found.get("/groups", response_model=models.Groups, summary="Teams and services")
    def groups(request: Request, query: OfScope) -> Response:
        part = part_of(site, query, "groups")
        teams, services = map(team_row, part["teams"]), map(service_row, part["services"])
        told = _of(part, "period") | {"teams": list(teams), "services": list(services)}
        return answered(request, models.Groups, told)


def _of_metrics(found: APIRouter, site: Site) -> None:
    @found.get("/metrics", response_model=models.Metrics, summary="All metrics of the report's period")
    def metrics(request: Request, query: OfScope) -> Response:
        part = part_of(site, query, "overview")
        known = [{"id": id_, **metric} for id_, metric in part["metrics"].items()]
        return answered(request, models.Metrics, _of(part, "period") | {"metrics": known})

    @found.get("/metrics/{metric}", response_model=models.Series, summary="One metric by day, week or month")
    def series(request: Request, metric: str, query: Annotated[queries.OfPeriods, Query()]) -> Response:
        if metric not in DEFINED:
            raise HTTPException(404, f"There is no metric '{metric}'.")
        look = look_of(site, query)
        asked = asked_of({**query.told(), "metric": metric}, look)
        points = [asdict(point) for point in drawn(site, look.scope, asked).points]
        head = {"metric": metric, "unit": DEFINED[metric].unit, "scope": str(look.scope), "grain": asked.grain}
        return answered(request, models.Series, head | {"points": points})

    @found.get("/definitions", response_model=models.Definitions, summary="What the metrics mean")
    def definitions(request: Request) -> Response:
        return answered(request, models.Definitions, {"metrics": [asdict(one) for one in CATALOGUE]})


def _of_lists(found: APIRouter, site: Site) -> None:
    @found.get("/cycles", response_model=models.Cycles, summary="Cycles, 50 a page")
    def cycles(request: Request, query: Annotated[queries.OfCycles, Query()]) -> Response:
        part = part_of(site, query, "cycles")
        listing = listing_of(query.told(), part["cycles"])
        head = {"total": listing.total, "page": listing.page, "pages": listing.pages}
        return answered(request, models.Cycles, _of(part) | head | {"cycles": listing.items})

    @found.get("/cycles/{name}", response_model=models.OneCycle, summary="One cycle with its episodes")
    def cycle(request: Request, name: str) -> Response:
        known = known_cycle(site, name)
        if known["row"] is None:
            raise HTTPException(404, "This family is no cycle.")
        told = {"cycle": known["row"], "episodes": known["episodes"], "resolutions": known["resolutions"]}
        return answered(request, models.OneCycle, told)

    @found.get("/tickets", response_model=models.Tickets, summary="The tickets behind a number")
    def tickets(request: Request, query: Annotated[queries.OfTickets, Query()]) -> Response:
        wanted = wanted_of(site, look_of(site, query), query.told())
        with site.database.read() as connection:
            rows = browsing.listed(connection, wanted, query.limit + 1, place_of(query.after))
        return answered(request, models.Tickets, _tickets(rows, query.limit))

    @found.get("/review", response_model=models.Tickets, summary="Tickets whose class is in doubt or contradicts")
    def review(request: Request, query: Annotated[queries.OfReview, Query()]) -> Response:
        scope = known_scope(site, query.scope)
        with site.database.read() as connection:
            rows = LISTS[query.list_](connection, scope, query.limit + 1, place_of(query.after))
        return answered(request, models.Tickets, _tickets(rows, query.limit))


def _of_the_store(found: APIRouter, site: Site) -> None:
    @found.get("/sources", response_model=models.Sources, summary="Sources, how complete they are, their last runs")
    def known_sources(request: Request) -> Response:
        states = [
            {name: getattr(one, name) for name in models.Source.model_fields if name != "gaps"}
            | {"gaps": [gap.model_dump() for gap in one.gaps]}
            for one in sources.states(site.database)
        ]
        last = [{name: run[name] for name in models.Run.model_fields} for run in runs.newest(site.database)]
        return answered(request, models.Sources, {"sources": states, "runs": last})

    @found.get("/scopes", response_model=models.Scopes, summary="What can be asked for as scope")
    def scopes(request: Request) -> Response:
        with site.database.read() as connection:
            return answered(request, models.Scopes, {"scopes": cells.values(connection)})


def _tickets(rows: Sequence[Row], limit: int) -> dict[str, Any]:
    onward = mark(rows[limit - 1]["place"]) if len(rows) > limit else None
    return {"tickets": [_ticket(row) for row in rows[:limit]], "next": onward}


def _ticket(row: Row) -> dict[str, Any]:
    own = {name: row[name] for name in models.Ticket.model_fields if name != "hours"}
    return own | {"hours": row["seconds"] / HOUR}
