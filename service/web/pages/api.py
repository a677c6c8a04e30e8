"""The description of the API for people, made from its OpenAPI document."""

from fastapi import APIRouter, Request, Response

from service.web.html.templates import render, requested_view
from service.web.website import Website


def router(site: Website) -> APIRouter:
    """Return the route `/docs`."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/docs")
    def docs(request: Request) -> Response:
        return render(site, request, "api.html", view=requested_view(site, request), document=request.app.openapi())

    return routes
