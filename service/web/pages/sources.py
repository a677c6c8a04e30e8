"""Sources: whether their tickets are complete, what the last runs did, and what could not be measured."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from service.report.sections.report import Overview
from service.store.queries import ticket_lists
from service.store.tickets import runs, sources
from service.store.tickets.vocabulary import unknown_words
from service.web.html.templates import render, requested_view
from service.web.parameters import MAX_DIGITS, whole_number
from service.web.website import Website

RUNS_SHOWN = 30
PAGE_SIZE = 50
Number = Annotated[int, Path(description="The number of a run.", ge=1, le=2**31 - 1, examples=[1])]


def router(site: Website) -> APIRouter:
    """Return the routes `/sources`, `/sources/runs/{number}` and `/sources/{name}/gone`."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/sources")
    def list_sources(request: Request) -> Response:
        view = requested_view(site, request)
        overview = site.section(Overview, view)
        metrics = overview.metrics.items() if overview else ()
        return render(
            site, request, "sources.html", view=view, report=overview,
            states=sources.states(site.database), words=unknown_words(site.database),
            runs=runs.latest(site.database, RUNS_SHOWN),
            unmeasured=[(id_, metric) for id_, metric in metrics if not metric.measurable],
        )  # fmt: skip

    @routes.get("/sources/runs/{number}")
    def run(request: Request, number: Number) -> Response:
        return render(
            site, request, "sync_run.html", view=requested_view(site, request), number=number,
            refusals=runs.refusals(site.database, number), left_out=runs.left_out(site.database, number),
        )  # fmt: skip

    @routes.get("/sources/{name}/gone")
    def deleted(request: Request, name: str) -> Response:
        after = whole_number(request.query_params, "after", 0, most=10**MAX_DIGITS)
        with site.database.read() as connection:
            rows = ticket_lists.deleted_tickets(connection, name, PAGE_SIZE + 1, after)
        return render(
            site, request, "deleted.html", view=requested_view(site, request), name=name, rows=rows[:PAGE_SIZE],
            next=rows[PAGE_SIZE - 1]["number"] if len(rows) > PAGE_SIZE else None,
        )  # fmt: skip

    return routes
