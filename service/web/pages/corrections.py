"""The corrections that people made to families, each of which can be removed; dismissed families appear only here."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from service.pipeline import corrections
from service.pipeline.corrections import UnknownName
from service.store.results.feedback import DescribedCorrection
from service.web.auth.forms import Change, Form, first
from service.web.html.listing import Filter, Listing, Sort
from service.web.html.templates import render, requested_view
from service.web.parameters import MAX_DIGITS, ParameterError, whole_number
from service.web.website import Website

PAGE_SIZE = 100
FILTERS: Sequence[Filter[DescribedCorrection]] = (Filter("what", lambda correction: [correction.record.what]),)
SORTS: Mapping[str, Sort[DescribedCorrection]] = {"latest": lambda correction: (-correction.record.id,)}


def router(site: Website) -> APIRouter:
    """Return the route `/words`."""
    routes = APIRouter(include_in_schema=False)
    change = Change(site.sessions)

    @routes.get("/words")
    def list_corrections(request: Request) -> Response:
        every = corrections.listed(site.analyst)
        listing = Listing.of(request.query_params, every, FILTERS, SORTS, title=_title, page_size=PAGE_SIZE)
        done = request.query_params.get("done")
        return render(
            site, request, "corrections.html", view=requested_view(site, request), listing=listing, done=done
        )  # fmt: skip

    @routes.post("/words")
    def remove(request: Request, form: Annotated[Form, Depends(change)]) -> Response:
        try:
            corrections.undo(site.analyst, correction_number(form))
        except UnknownName as problem:
            raise HTTPException(400, str(problem)) from problem
        is_done = site.analysis_runner.outcome(site.analysis_runner.request()) == "done"
        state = {"what": first(form, "what"), "done": "undo" if is_done else "waiting"}
        return RedirectResponse(requested_view(site, request).link("/words", **state), status_code=303)

    return routes


def correction_number(form: Form) -> int:
    """Return the number of the correction that a form is about. Raises UnknownName."""
    text = first(form, "number")
    try:
        return whole_number({"number": text}, "number", -1, most=10**MAX_DIGITS)
    except ParameterError as problem:
        raise UnknownName(str(problem)) from problem


def _title(correction: DescribedCorrection) -> str:
    return " ".join(correction.families.values())
