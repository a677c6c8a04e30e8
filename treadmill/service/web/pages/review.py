"""Review: classes that are in doubt or contradict the system's kind, decided with one key or click."""

from typing import Annotated, Any, cast, get_args

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from treadmill.service import judgement
from treadmill.service.analysis.classify import Override
from treadmill.service.analysis.classify.natures import NATURE
from treadmill.service.analysis.fact import WorkClass
from treadmill.service.judgement import UnknownName
from treadmill.service.store import browsing
from treadmill.service.store.browsing import Wanted
from treadmill.service.store.looking import EVER
from treadmill.service.web.change import Change, Form, first
from treadmill.service.web.pages.tickets import mark, place_of
from treadmill.service.web.rendering import render, viewed
from treadmill.service.web.site import Site

AT_ONCE = 20
LISTS = {"doubt": browsing.in_doubt, "contradiction": browsing.contradicting}
MOVED = ("reactive_hours_share", "reactive_share", "failure_demand_share", "misfiled_share")


def router(site: Site) -> APIRouter:
    """`/review`."""
    found = APIRouter(include_in_schema=False)
    change = Change(site.sessions)

    @found.get("/review")
    def review(request: Request) -> Response:
        view = viewed(site, request)
        part = site.reporter.part(view.scope, "overview", view.period)
        if part is None:
            return render(site, request, "empty.html", view=view)
        name = request.query_params.get("list", "doubt")
        name = name if name in LISTS else "doubt"
        with site.database.read() as connection:
            rows = LISTS[name](connection, view.scope, AT_ONCE + 1, place_of(request.query_params.get("after")))
            doubt, contradiction = browsing.to_review(connection, view.scope)
            said, _ = browsing.counted(connection, Wanted(view.scope, "labelled", EVER))
        return render(
            site, request, "review.html", view=view, report=part, rows=rows[:AT_ONCE], list=name,
            counts={"doubt": doubt, "contradiction": contradiction}, said=said, moved=MOVED, classes=NATURE,
            before=_before(request), onward=mark(rows[AT_ONCE - 1]["place"]) if len(rows) > AT_ONCE else None,
        )  # fmt: skip

    @found.post("/review")
    def decide(request: Request, form: Annotated[Form, Depends(change)]) -> Response:
        view = viewed(site, request)
        before = first(form, "before") or _values(site.reporter.part(view.scope, "overview", view.period))
        _decided(site, first(form, "ticket"), first(form, "class"))
        site.catching_up.begin()
        if "application/json" in request.headers.get("accept", ""):
            return Response(status_code=204)
        return RedirectResponse(view.to("/review", list=first(form, "list"), before=before), status_code=303)

    return found


def _decided(site: Site, ticket: str, work_class: str) -> None:
    if work_class not in get_args(WorkClass):
        raise HTTPException(400, f"'{work_class}' is no work class.")
    known = cast(WorkClass, work_class)
    try:
        judgement.label(site.analyst, ticket, Override(NATURE[known], known))
    except UnknownName as problem:
        raise HTTPException(400, str(problem)) from problem


def _values(part: dict[str, Any] | None) -> str:
    """The numbers that labels move, as they stand before the first one."""
    metrics = part["metrics"] if part else {}
    return ",".join(f"{metrics[id_]['value'] or 0:.4f}" for id_ in MOVED) if metrics else ""


def _before(request: Request) -> dict[str, float]:
    told = request.query_params.get("before", "").split(",")
    try:
        return dict(zip(MOVED, map(float, told), strict=True))
    except ValueError:
        return {}
