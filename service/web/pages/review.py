"""Review: classes in doubt and texts that contradict the system's kind, decided with one key or click."""

from collections.abc import Sequence
from typing import Annotated, cast, get_args

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from service.analysis.classify import Override
from service.analysis.classify.natures import NATURE
from service.analysis.fact import WorkClass
from service.pipeline import corrections
from service.pipeline.corrections import UnknownName
from service.report.sections.report import Overview
from service.store.queries import ticket_lists
from service.store.queries.review import contradicting, in_doubt, review_counts
from service.store.queries.scopes import ALL_TIME
from service.store.queries.ticket_lists import TicketQuery
from service.web.auth.forms import Change, Form, first
from service.web.html.templates import render, requested_view
from service.web.pages.tickets import cursor_text
from service.web.parameters import cursor, whole_number
from service.web.selection import View
from service.web.website import Website

PAGE_SIZE = 20
PAGE = "/review"
LAST_ANALYSIS = 10**9
LISTS = {"doubt": in_doubt, "contradiction": contradicting}
AFFECTED_METRICS = ("reactive_hours_share", "reactive_share", "failure_demand_share", "misfiled_share")


def router(site: Website) -> APIRouter:
    """Return the routes `/review`, `/review/moved` and `/review/undo`."""
    routes = APIRouter(include_in_schema=False)
    change = Change(site.sessions)

    @routes.get("/review")
    def review(request: Request) -> Response:
        view, analysis = requested_view(site, request), analysis_number(request)
        place = cursor(request.query_params)
        # Asked for before the numbers are read: an analysis that is done by now is in them.
        outcome = site.analysis_runner.outcome(analysis, patience=0)
        overview = site.section(Overview, view)
        if overview is None:
            return render(site, request, "empty.html", view=view)
        name = request.query_params.get("list", "doubt")
        name = name if name in LISTS else "doubt"
        with site.database.read() as connection:
            rows = LISTS[name](connection, view.scope, PAGE_SIZE + 1, place)
            doubtful, contradictions = review_counts(connection, view.scope)
        return render(
            site, request, "review.html", view=view, report=overview, rows=rows[:PAGE_SIZE], list=name,
            counts={"doubt": doubtful, "contradiction": contradictions}, labelled=_count_labelled(site, view),
            metrics=AFFECTED_METRICS, classes=NATURE, before=values_before(request, AFFECTED_METRICS),
            next=cursor_text(rows[PAGE_SIZE - 1]["place"]) if len(rows) > PAGE_SIZE else None,
            values=request.query_params.get("before") or values_of(overview, AFFECTED_METRICS),
            last=request.query_params.get("last", ""),
            analysis=analysis, outcome=outcome,
        )  # fmt: skip

    @routes.get("/review/moved")
    def metrics(request: Request) -> Response:
        """Return the metrics of the analysis that is named, or of a later one; 202 until it is done."""
        view, outcome = requested_view(site, request), site.analysis_runner.outcome(analysis_number(request))
        is_analysed = outcome == "done" and site.analyst.stored_snapshot(view.scope) is not None
        overview = site.reporter.section(Overview, view.scope, view.period) if is_analysed else None
        if overview is None:
            return Response(status_code=503 if outcome == "unknown" else 202)
        return render(
            site, request, "review_metrics.html", view=view, report=overview, labelled=_count_labelled(site, view),
            metrics=AFFECTED_METRICS, before=values_before(request, AFFECTED_METRICS),
        )  # fmt: skip

    @routes.post("/review")
    def decide(request: Request, form: Annotated[Form, Depends(change)]) -> Response:
        ticket = first(form, "ticket")
        _label(site, ticket, first(form, "class"))
        return analyse_and_return(site, request, PAGE, **_kept(form), last=ticket)

    @routes.post("/review/undo")
    def undo(request: Request, form: Annotated[Form, Depends(change)]) -> Response:
        try:
            corrections.forget(site.analyst, first(form, "ticket"))
        except UnknownName as problem:
            raise HTTPException(400, str(problem)) from problem
        return analyse_and_return(site, request, PAGE, **_kept(form))

    return routes


def _count_labelled(site: Website, view: View) -> int:
    """Return how many tickets of a scope people have labelled; `MAX_COUNTED` + 1 stands for more."""
    with site.database.read() as connection:
        return ticket_lists.count_tickets(connection, TicketQuery(view.scope, "labelled", ALL_TIME))[0]


def _kept(form: Form) -> dict[str, str]:
    return {name: first(form, name) for name in ("list", "before")}


def analyse_and_return(site: Website, request: Request, page: str, **query: str) -> Response:
    """Request an analysis of what was decided. A script learns which one to wait for, a browser gets the page."""
    analysis = site.analysis_runner.request()
    next_page = requested_view(site, request).link(page, **query, analysis=analysis)
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"analysis": analysis, "onward": next_page}, status_code=202)
    site.analysis_runner.outcome(analysis)
    return RedirectResponse(next_page, status_code=303)


def analysis_number(request: Request) -> int:
    """Return the number of the analysis that a URL names; 0 where it names none."""
    return whole_number(request.query_params, "analysis", 0, most=LAST_ANALYSIS)


def _label(site: Website, ticket: str, work_class: str) -> None:
    if work_class not in get_args(WorkClass):
        raise HTTPException(400, f"'{work_class}' is not a work class.")
    chosen = cast(WorkClass, work_class)
    try:
        corrections.label(site.analyst, ticket, Override(NATURE[chosen], chosen))
    except UnknownName as problem:
        raise HTTPException(400, str(problem)) from problem


def values_of(overview: Overview, metrics: Sequence[str]) -> str:
    """Return the values of metrics as a URL carries them; empty where not measurable."""
    # In the URL, so that the comparison outlives a reload and needs no session on the server.
    values = (overview.metrics[id_].value for id_ in metrics)
    return ",".join("" if value is None else f"{value:.4f}" for value in values)


def values_before(request: Request, metrics: Sequence[str]) -> dict[str, float | None]:
    """Return the values of metrics before the first decision; empty where the URL does not carry them."""
    texts = request.query_params.get("before", "").split(",")
    try:
        return {id_: float(text) if text else None for id_, text in zip(metrics, texts, strict=True)}
    except ValueError:
        return {}
