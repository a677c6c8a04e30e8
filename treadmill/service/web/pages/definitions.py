"""What every number means."""

from fastapi import APIRouter, Request, Response

from treadmill.service.web import definitions as told
from treadmill.service.web.rendering import render, viewed
from treadmill.service.web.site import Site


def router(site: Site) -> APIRouter:
    """`/definitions`."""
    found = APIRouter(include_in_schema=False)

    @found.get("/definitions")
    def definitions(request: Request) -> Response:
        view = viewed(site, request)
        return render(site, request, "definitions.html", view=view, text=told.text())

    return found
