"""Sources: whether the data can be trusted, what runs did, and what could not be measured and why."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from treadmill.service.store import runs, sources
from treadmill.service.web.rendering import render, scoped
from treadmill.service.web.site import Site

RUNS_SHOWN = 30
Number = Annotated[int, Path(description="The number of a run.", ge=1, le=2**31 - 1, examples=[1])]


def router(site: Site) -> APIRouter:
    """`/sources` and `/sources/runs/{number}`."""
    found = APIRouter(include_in_schema=False)

    @found.get("/sources")
    def overview(request: Request) -> Response:
        scope, scopes = scoped(site, request)
        part = site.reporter.part(scope, "overview")
        unmeasured = [(id_, one) for id_, one in part["metrics"].items() if not one["measurable"]] if part else []
        return render(
            site, request, "sources.html", scope=scope, scopes=scopes, report=part,
            states=sources.states(site.database), runs=runs.newest(site.database, RUNS_SHOWN),
            problems=site.ready().problems, unmeasured=unmeasured,
        )  # fmt: skip

    @found.get("/sources/runs/{number}")
    def run(request: Request, number: Number) -> Response:
        return render(site, request, "run.html", number=number, refusals=runs.refusals(site.database, number))

    return found
