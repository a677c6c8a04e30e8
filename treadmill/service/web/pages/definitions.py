"""What every number means."""

from fastapi import APIRouter, Request, Response

from treadmill.service.analysis.catalogue import CATALOGUE
from treadmill.service.web.rendering import render, scoped
from treadmill.service.web.site import Site


def router(site: Site) -> APIRouter:
    """`/definitions`."""
    found = APIRouter(include_in_schema=False)

    @found.get("/definitions")
    def definitions(request: Request) -> Response:
        scope, scopes = scoped(site, request)
        return render(site, request, "definitions.html", scope=scope, scopes=scopes, catalogue=CATALOGUE)

    return found
