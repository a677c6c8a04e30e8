"""Teams and services: outcome beside volume, and on how few people a service rests. Nobody is ranked or named."""

from fastapi import APIRouter, Request, Response

from service.report.sections.groups import GroupsSection
from service.web.html.templates import render, requested_view
from service.web.website import Website


def router(site: Website) -> APIRouter:
    """Return the route `/teams`."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/teams")
    def teams(request: Request) -> Response:
        view = requested_view(site, request)
        section = site.section(GroupsSection, view)
        if section is None:
            return render(site, request, "empty.html", view=view)
        return render(
            site, request, "teams.html", view=view, report=section, teams=section.teams, services=section.services
        )  # fmt: skip

    return routes
