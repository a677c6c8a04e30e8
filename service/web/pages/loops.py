"""Going round inside tickets: reopened, ping-pong with the flow between teams, stalled."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response

from service.web.html.templates import render, requested_view
from service.web.website import Website

TEAMS_SHOWN = 12


def router(site: Website) -> APIRouter:
    """`/loops`."""
    found = APIRouter(include_in_schema=False)

    @found.get("/loops")
    def loops(request: Request) -> Response:
        view = requested_view(site, request)
        part, overview = (site.part(view, name) for name in ("loops", "overview"))
        if part is None or overview is None:
            return render(site, request, "empty.html", view=view)
        return render(
            site, request, "loops.html", view=view, report=part, metrics=overview["metrics"],
            matrix=matrix(part["handed"]),
        )  # fmt: skip

    return found


def matrix(flows: Sequence[tuple[str, str, int]]) -> dict[str, Any]:
    """The teams that hand over most: `teams` and `rows` of (team, how many tickets it handed to each of them)."""
    busy: Counter[str] = Counter()
    for one, other, times in flows:
        busy.update({one: times, other: times})
    teams = sorted(name for name, _ in sorted(busy.items(), key=lambda one: (-one[1], one[0]))[:TEAMS_SHOWN])
    known = {(one, other): times for one, other, times in flows}
    rows = [(team, [known.get((team, other), 0) for other in teams]) for team in teams]
    return {"teams": teams, "rows": rows, "most": max((times for _, _, times in flows), default=0)}
