"""The page of definitions."""

from fastapi import APIRouter, Request, Response

from service.web.html.definitions import definitions_html
from service.web.html.templates import render, requested_view
from service.web.website import Website


def router(site: Website) -> APIRouter:
    """Return the route `/definitions`."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/definitions")
    def definitions(request: Request) -> Response:
        return render(site, request, "definitions.html", view=requested_view(site, request), text=definitions_html())

    return routes
