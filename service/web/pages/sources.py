"""Sources: whether the data can be trusted, what runs did, and what could not be measured and why."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from service.store.queries import ticket_lists
from service.store.tickets import runs, sources
from service.web.html.templates import render, requested_view
from service.web.website import Website

RUNS_SHOWN = 30
Number = Annotated[int, Path(description="The number of a run.", ge=1, le=2**31 - 1, examples=[1])]
GONE_AT_ONCE = 50
LONGEST_NUMBER = 18


def router(site: Website) -> APIRouter:
    """`/sources`, `/sources/runs/{number}` and `/sources/{name}/gone`."""
    found = APIRouter(include_in_schema=False)

    @found.get("/sources")
    def overview(request: Request) -> Response:
        view = requested_view(site, request)
        part = site.part(view, "overview")
        unmeasured = [(id_, one) for id_, one in part["metrics"].items() if not one["measurable"]] if part else []
        return render(
            site, request, "sources.html", view=view, report=part,
            states=sources.states(site.database), runs=runs.latest(site.database, RUNS_SHOWN),
            problems=site.ready().problems, unmeasured=unmeasured,
        )  # fmt: skip

    @found.get("/sources/runs/{number}")
    def run(request: Request, number: Number) -> Response:
        view, refusals = requested_view(site, request), runs.refusals(site.database, number)
        return render(site, request, "sync_run.html", view=view, number=number, refusals=refusals)

    @found.get("/sources/{name}/gone")
    def gone(request: Request, name: str) -> Response:
        after = request.query_params.get("after", "0")
        last = int(after) if after.isascii() and after.isdecimal() and len(after) < LONGEST_NUMBER else 0
        with site.database.read() as connection:
            rows = ticket_lists.gone(connection, name, GONE_AT_ONCE + 1, last)
        return render(
            site, request, "deleted.html", view=requested_view(site, request), name=name, rows=rows[:GONE_AT_ONCE],
            onward=rows[GONE_AT_ONCE - 1]["number"] if len(rows) > GONE_AT_ONCE else None,
        )  # fmt: skip

    return found
