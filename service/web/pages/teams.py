"""Teams and services: outcome beside volume, and on how few people a service rests. Nobody is ranked or named."""

from typing import Any

from fastapi import APIRouter, Request, Response

from service.analysis.formatting import HOUR
from service.analysis.interval import wilson
from service.web.html.templates import render, requested_view
from service.web.website import Website


def router(site: Website) -> APIRouter:
    """Return the route `/teams`."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/teams")
    def teams(request: Request) -> Response:
        view = requested_view(site, request)
        part = site.part(view, "groups")
        if part is None:
            return render(site, request, "empty.html", view=view)
        team_rows = [team_row(team) for team in part["teams"]]
        service_rows = [service_row(service) for service in part["services"]]
        return render(
            site, request, "teams.html", view=view, report=part, teams=team_rows, services=service_rows
        )  # fmt: skip

    return routes


def team_row(team: dict[str, Any]) -> dict[str, Any]:
    """Return a team's volume and outcome: shares with their intervals, work in hours."""
    return {
        "name": team["name"], "closed": team["closed"], "hours": team["seconds"] / HOUR,
        "logged": team["logged_seconds"] / team["seconds"] if team["seconds"] else None,
        "stayed": _share(team["stayed"], team["ripe"]), "pingpong": _share(team["pingpong"], team["told"]),
        "repeats": _share(team["repeat_tickets"], team["reactive_tickets"]),
        "repeat_hours": team["repeat_seconds"] / HOUR, "cycles_broken": team["cycles_broken"],
    }  # fmt: skip


def service_row(service: dict[str, Any]) -> dict[str, Any]:
    """Return on how few people a service rests; `shares` are those of its resolvers, the largest first."""
    resolved = service["resolved"]
    return {
        "name": service["name"], "resolved": resolved, "absence_factor": service["absence_factor"],
        "people": service["people"], "one": _share(service["most_by_one"], resolved),
        "shares": [tickets / resolved for tickets in service["shares"]] if resolved else [],
    }  # fmt: skip


def _share(part: int, n: int) -> dict[str, Any] | None:
    if not n:
        return None
    low, high = wilson(part, n)
    return {"value": part / n, "low": low, "high": high, "n": n}
