"""Loops inside tickets: reopened, ping-pong with the handoffs between teams, stalled."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from service.report.sections.groups import HandoffFlow, LoopsSection
from service.report.sections.report import Overview
from service.web.html.templates import render, requested_view
from service.web.website import Website

TEAMS_SHOWN = 12


def router(site: Website) -> APIRouter:
    """Return the route `/loops`."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/loops")
    def loops(request: Request) -> Response:
        view = requested_view(site, request)
        section, overview = site.section(LoopsSection, view), site.section(Overview, view)
        if section is None or overview is None:
            return render(site, request, "empty.html", view=view)
        return render(
            site, request, "loops.html", view=view, report=section, metrics=overview.metrics,
            matrix=handoff_matrix(section.handoffs),
        )  # fmt: skip

    return routes


@dataclass(frozen=True, slots=True)
class HandoffMatrix:
    """The busiest teams, rows of (team, tickets that it handed to each of them), and the largest number of tickets."""

    teams: Sequence[str]
    rows: Sequence[tuple[str, Sequence[int]]]
    most: int


def handoff_matrix(handoffs: Sequence[HandoffFlow]) -> HandoffMatrix:
    """Return the handoffs between the teams with most of them."""
    tickets_of: Counter[str] = Counter()
    for flow in handoffs:
        tickets_of.update({flow.giver: flow.tickets, flow.receiver: flow.tickets})
    # By name, so that a team keeps its row and column from one period to the next.
    teams = sorted(sorted(tickets_of, key=lambda team: (-tickets_of[team], team))[:TEAMS_SHOWN])
    cells = {(flow.giver, flow.receiver): flow.tickets for flow in handoffs}
    rows = [(giver, [cells.get((giver, receiver), 0) for receiver in teams]) for giver in teams]
    return HandoffMatrix(teams, rows, max(cells.values(), default=0))
