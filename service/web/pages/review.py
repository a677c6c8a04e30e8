"""Review: classes that are in doubt or contradict the system's kind, decided with one key or click, and undone."""

from typing import Annotated, cast, get_args

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from service.analysis.classify import Override
from service.analysis.classify.natures import NATURE
from service.analysis.fact import WorkClass
from service.pipeline import corrections
from service.pipeline.corrections import UnknownName
from service.report.sections import Part
from service.store.queries import ticket_lists
from service.store.queries.statistics import EVER
from service.store.queries.ticket_lists import Wanted
from service.web.auth.forms import Change, Form, first
from service.web.html.selection import View
from service.web.html.templates import render, requested_view
from service.web.pages.tickets import mark, place_of
from service.web.website import Website

AT_ONCE = 20
LISTS = {"doubt": ticket_lists.in_doubt, "contradiction": ticket_lists.contradicting}
MOVED = ("reactive_hours_share", "reactive_share", "failure_demand_share", "misfiled_share")


def router(site: Website) -> APIRouter:
    """`/review`."""
    found = APIRouter(include_in_schema=False)
    change = Change(site.sessions)

    @found.get("/review")
    def review(request: Request) -> Response:
        view, number = requested_view(site, request), _number(request)
        # Asked for before the numbers are read: what is done by then is in them.
        outcome = site.analysis_runner.outcome(number, patience=0)
        part = site.part(view, "overview")
        if part is None:
            return render(site, request, "empty.html", view=view)
        name = request.query_params.get("list", "doubt")
        name = name if name in LISTS else "doubt"
        with site.database.read() as connection:
            rows = LISTS[name](connection, view.scope, AT_ONCE + 1, place_of(request.query_params.get("after")))
            doubt, contradiction = ticket_lists.to_review(connection, view.scope)
        return render(
            site, request, "review.html", view=view, report=part, rows=rows[:AT_ONCE], list=name,
            counts={"doubt": doubt, "contradiction": contradiction}, said=_said(site, view), moved=MOVED,
            classes=NATURE,
            before=_before(request), onward=mark(rows[AT_ONCE - 1]["place"]) if len(rows) > AT_ONCE else None,
            told=request.query_params.get("before") or _values(part), last=request.query_params.get("last", ""),
            analysis=number, outcome=outcome,
        )  # fmt: skip

    @found.get("/review/moved")
    def moved(request: Request) -> Response:
        """The numbers of the analysis that is named, or of a later one; 202 as long as it is under way."""
        view, outcome = requested_view(site, request), site.analysis_runner.outcome(_number(request))
        is_there = outcome == "done" and site.analyst.stored_snapshot(view.scope) is not None
        part = site.reporter.part(view.scope, "overview", view.period) if is_there else None
        if part is None:
            return Response(status_code=503 if outcome == "unknown" else 202)
        return render(
            site, request, "review_metrics.html", view=view, report=part, said=_said(site, view), moved=MOVED,
            before=_before(request),
        )  # fmt: skip

    @found.post("/review")
    def decide(request: Request, form: Annotated[Form, Depends(change)]) -> Response:
        ticket = first(form, "ticket")
        _decided(site, ticket, first(form, "class"))
        return _followed(site, request, form, last=ticket)

    @found.post("/review/undo")
    def undo(request: Request, form: Annotated[Form, Depends(change)]) -> Response:
        try:
            corrections.forget(site.analyst, first(form, "ticket"))
        except UnknownName as problem:
            raise HTTPException(400, str(problem)) from problem
        return _followed(site, request, form)

    return found


def _said(site: Website, view: View) -> int:
    """How many tickets of a scope persons have decided."""
    with site.database.read() as connection:
        return ticket_lists.counted(connection, Wanted(view.scope, "labelled", EVER))[0]


def _followed(site: Website, request: Request, form: Form, last: str = "") -> Response:
    """Begins to analyse what was said. A script is told at once what to ask for; whoever has none gets the list."""
    number = site.analysis_runner.request()
    onward = requested_view(site, request).link(
        "/review", list=first(form, "list"), before=first(form, "before"), last=last, analysis=number
    )
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"analysis": number, "onward": onward}, status_code=202)
    site.analysis_runner.outcome(number)
    return RedirectResponse(onward, status_code=303)


def _number(request: Request) -> int:
    """The number of the analysis that a query names; 0 where it names none."""
    text = request.query_params.get("analysis", "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _decided(site: Website, ticket: str, work_class: str) -> None:
    if work_class not in get_args(WorkClass):
        raise HTTPException(400, f"'{work_class}' is no work class.")
    known = cast(WorkClass, work_class)
    try:
        corrections.label(site.analyst, ticket, Override(NATURE[known], known))
    except UnknownName as problem:
        raise HTTPException(400, str(problem)) from problem


def _values(part: Part) -> str:
    """The numbers that labels move, as a query carries them; one that is not measurable is left out."""
    values = (part["metrics"][id_]["value"] for id_ in MOVED)
    return ",".join("" if value is None else f"{value:.4f}" for value in values)


def _before(request: Request) -> dict[str, float | None]:
    """The numbers as they stood before the first decision; none where a query does not carry them."""
    told = request.query_params.get("before", "").split(",")
    try:
        return {id_: float(text) if text else None for id_, text in zip(MOVED, told, strict=True)}
    except ValueError:
        return {}
