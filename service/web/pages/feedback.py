"""What persons have said of families, where each word can be taken back: dismissed families are found here."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from service.pipeline import corrections
from service.pipeline.corrections import UnknownName
from service.store.results.feedback import DescribedCorrection
from service.web.auth.forms import Change, Form, first
from service.web.html.listing import Filter, Item, Listing
from service.web.html.templates import render, requested_view
from service.web.website import Website

AT_ONCE = 100
FILTERS = (Filter("what", lambda item: [item["spoken"].record.what]),)
SORTS: Mapping[str, Callable[[Item], Any]] = {"latest": lambda item: -item["spoken"].record.id}


def router(site: Website) -> APIRouter:
    """`/words`."""
    found = APIRouter(include_in_schema=False)
    change = Change(site.sessions)

    @found.get("/words")
    def words(request: Request) -> Response:
        items = [_item(one) for one in corrections.listed(site.analyst)]
        listing = Listing.of(request.query_params, items, FILTERS, SORTS, at_once=AT_ONCE)
        done = request.query_params.get("done")
        return render(site, request, "corrections.html", view=requested_view(site, request), listing=listing, done=done)

    @found.post("/words")
    def take_back(request: Request, form: Annotated[Form, Depends(change)]) -> Response:
        try:
            corrections.undo(site.analyst, number_of(form))
        except UnknownName as problem:
            raise HTTPException(400, str(problem)) from problem
        is_done = site.analysis_runner.outcome(site.analysis_runner.request()) == "done"
        told = {"what": first(form, "what"), "done": "undo" if is_done else "waiting"}
        return RedirectResponse(requested_view(site, request).link("/words", **told), status_code=303)

    return found


def number_of(form: Form) -> int:
    """The number of the word that a form is about. Raises UnknownName."""
    text = first(form, "number")
    if not text.isdecimal() or len(text) > 18:
        raise UnknownName(f"'{text}' is no number of a word")
    return int(text)


def _item(one: DescribedCorrection) -> Item:
    return {"spoken": one, "title": " ".join(one.families.values())}
