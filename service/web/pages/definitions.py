"""What every number means."""

from fastapi import APIRouter, Request, Response

from service.web.html import definitions as told
from service.web.html.templates import render, viewed
from service.web.website import Website


def router(site: Website) -> APIRouter:
    """`/definitions`."""
    found = APIRouter(include_in_schema=False)

    @found.get("/definitions")
    def definitions(request: Request) -> Response:
        view = viewed(site, request)
        return render(site, request, "definitions.html", view=view, text=told.text())

    return found
