"""Loops inside tickets: reopened, ping-pong with the handoffs between teams, stalled."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response

from service.web.html.templates import render, requested_view
from service.web.website import Website

TEAMS_SHOWN = 12


def router(site: Website) -> APIRouter:
    """Return the route `/loops`."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/loops")
    def loops(request: Request) -> Response:
        view = requested_view(site, request)
        part, overview = (site.part(view, name) for name in ("loops", "overview"))
        if part is None or overview is None:
            return render(site, request, "empty.html", view=view)
        return render(
            site, request, "loops.html", view=view, report=part, metrics=overview["metrics"],
            matrix=handoff_matrix(part["handed"]),
        )  # fmt: skip

    return routes


def handoff_matrix(handoffs: Sequence[tuple[str, str, int]]) -> dict[str, Any]:
    """Return the busiest teams, and rows of (team, tickets that it handed to each of them), of (from, to, tickets)."""
    tickets_of: Counter[str] = Counter()
    for giver, taker, tickets in handoffs:
        tickets_of.update({giver: tickets, taker: tickets})
    busiest = sorted(tickets_of.items(), key=lambda item: (-item[1], item[0]))[:TEAMS_SHOWN]
    teams = sorted(team for team, _ in busiest)
    cells = {(giver, taker): tickets for giver, taker, tickets in handoffs}
    rows = [(giver, [cells.get((giver, taker), 0) for taker in teams]) for giver in teams]
    return {"teams": teams, "rows": rows, "most": max((tickets for _, _, tickets in handoffs), default=0)}
