"""The audit sample: random tickets that a person judges with one key or click."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from service.analysis.recognition import PER_QUESTION, sample_precision, sample_recall
from service.pipeline import audit_sample
from service.pipeline.corrections import UnknownName
from service.report.sections.report import Overview
from service.web.auth.forms import Change, Form, first
from service.web.html.templates import render, requested_view
from service.web.pages.review import analyse_and_return, analysis_number
from service.web.website import Website

# Candidates are looked up for each ticket that is shown: few at a time, so that the page comes at once.
PAGE_SIZE = 10
PAGE = "/review/sample"
ANSWERS = {"same": True, "different": False}


def router(site: Website) -> APIRouter:
    """Return the routes `/review/sample`, `/review/sample/moved` and `/review/sample/undo`."""
    routes = APIRouter(include_in_schema=False)
    change = Change(site.sessions)

    @routes.get("/review/sample")
    def sample(request: Request) -> Response:
        view, analysis = requested_view(site, request), analysis_number(request)
        outcome = site.analysis_runner.outcome(analysis, patience=0)
        overview = site.section(Overview, view)
        if overview is None:
            return render(site, request, "empty.html", view=view)
        return render(
            site, request, "sample.html", view=view, report=overview, analysis=analysis, outcome=outcome,
            rows=audit_sample.to_judge(site.analyst, PAGE_SIZE), last=request.query_params.get("last", ""),
            **_numbers(site),
        )  # fmt: skip

    @routes.get("/review/sample/moved")
    def numbers(request: Request) -> Response:
        """Return the numbers after the analysis that is named, or a later one; 202 until it is done."""
        outcome = site.analysis_runner.outcome(analysis_number(request))
        if outcome != "done":
            return Response(status_code=503 if outcome == "unknown" else 202)
        return render(site, request, "sample_numbers.html", view=requested_view(site, request), **_numbers(site))

    @routes.post("/review/sample")
    def judge(request: Request, form: Annotated[Form, Depends(change)]) -> Response:
        ticket, answer = first(form, "ticket"), first(form, "class")
        if answer not in ANSWERS:
            raise HTTPException(400, f"'{answer}' is no answer: it must be same or different.")
        try:
            audit_sample.judge(site.analyst, ticket, same=ANSWERS[answer])
        except UnknownName as problem:
            raise HTTPException(400, str(problem)) from problem
        return analyse_and_return(site, request, PAGE, last=ticket)

    @routes.post("/review/sample/undo")
    def undo(request: Request, form: Annotated[Form, Depends(change)]) -> Response:
        try:
            audit_sample.take_back(site.analyst, first(form, "ticket"))
        except UnknownName as problem:
            raise HTTPException(400, str(problem)) from problem
        return analyse_and_return(site, request, PAGE)

    return routes


def _numbers(site: Website) -> dict[str, Any]:
    """Return what the answers so far amount to, as the template shows it."""
    by_source = audit_sample.progress(site.analyst)
    return {
        "progress": by_source,
        "per_question": PER_QUESTION,
        "recall_of": {name: sample_recall(state.sample) for name, state in by_source.items()},
        "precision_of": {name: sample_precision(state.sample) for name, state in by_source.items()},
    }
