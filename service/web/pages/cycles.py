"""The list of cycles, and one cycle with the corrections that people can make."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from service.analysis.episodes import STILL_OPEN
from service.analysis.families.masking import mask
from service.analysis.formatting import HOUR
from service.analysis.weeks import Weeks
from service.charts.timeline import Bar, Mark, Timeline, TimeScale
from service.pipeline import corrections
from service.pipeline.analyst import Analyst
from service.report.sections import Part
from service.store.queries import ticket_lists
from service.store.queries.snapshot import VERDICT_WEEKS
from service.store.results import families
from service.store.results.families import Episode, Family
from service.web.auth.forms import Change, Form, first
from service.web.html.listing import Filter, Listing
from service.web.html.selection import View
from service.web.html.templates import render, requested_view
from service.web.pages.corrections import correction_number
from service.web.website import Website

PAGE_SIZE = 50
TICKETS_SHOWN = 200
TICKETS_UNFOLDED = 25
RESOLUTIONS_SHOWN = 12
PEOPLE_SHOWN = 8
SORTS: Mapping[str, Callable[[Part], Any]] = {
    "cost": lambda cycle: (-cycle["repeat_hours_in_period"], -cycle["hours"]),
    "hours": lambda cycle: -cycle["hours"],
    "episodes": lambda cycle: -cycle["episodes"],
    "tickets": lambda cycle: -cycle["tickets"],
    "last": lambda cycle: cycle["last_seen"],
    "gap": lambda cycle: cycle["median_gap_days"] if cycle["median_gap_days"] is not None else float("inf"),
    "title": lambda cycle: cycle["title"].casefold(),
}
FILTERS = (
    Filter("state", lambda cycle: ["endless", cycle["state"]] if cycle["endless"] else [cycle["state"]]),
    Filter("team", lambda cycle: cycle["teams"]),
    Filter("service", lambda cycle: cycle["services"]),
    Filter("source", lambda cycle: [cycle["source"]]),
    Filter("fix", lambda cycle: sorted({fix["outcome"] for fix in cycle["fixes"]})),
)
DESCENDING = ("last",)


def router(site: Website) -> APIRouter:
    """Return the routes `/cycles`, `/cycles/{name}` and those of corrections of one cycle."""
    routes = APIRouter(include_in_schema=False)
    change = Change(site.sessions)

    @routes.get("/cycles")
    def cycles(request: Request) -> Response:
        view = requested_view(site, request)
        part = site.part(view, "cycles")
        if part is None:
            return render(site, request, "empty.html", view=view)
        listing = cycle_listing(request.query_params, part["cycles"], part["period"])
        return render(site, request, "cycles.html", view=view, report=part, listing=listing)

    @routes.get("/cycles/{name}")
    def cycle(request: Request, name: str) -> Response:
        view = requested_view(site, request)
        return render(
            site, request, "cycle.html", view=view, done=request.query_params.get("done"),
            corrections=corrections.listed(site.analyst, name), unfolded=TICKETS_UNFOLDED,
            **cycle_details(site, name, view.period),
        )  # fmt: skip

    @routes.post("/cycles/{name}/{action}")
    def correct(request: Request, name: str, action: str, form: Annotated[Form, Depends(change)]) -> Response:
        try:
            _correct(site.analyst, name, action, form)
        except ValueError as problem:
            raise HTTPException(400, str(problem)) from problem
        is_done = site.analysis_runner.outcome(site.analysis_runner.request()) == "done"
        page = requested_view(site, request).link(f"/cycles/{name}", done=action if is_done else "waiting")
        return RedirectResponse(page, status_code=303)

    return routes


def cycle_listing(query: Mapping[str, str], cycles: Sequence[Part], period: Part | None = None) -> Listing:
    """Return the cycles that a query asks for; with a period they can be filtered by the team that broke them."""
    filters = (*FILTERS, *([Filter("broken_by", partial(_breaking_team, period))] if period else []))
    return Listing.of(query, cycles, filters, SORTS, page_size=PAGE_SIZE, descending=DESCENDING)


def _breaking_team(period: Part, cycle: Part) -> Sequence[str]:
    """Return the team with most tickets of a cycle that broke in a period; empty for any other cycle."""
    begin, end, last = (datetime.fromisoformat(at) for at in (period["from"], period["to"], cycle["last_seen"]))
    return cycle["teams"][:1] if cycle["state"] == "broken" and begin <= last < end else []


def _correct(analyst: Analyst, name: str, action: str, form: Form) -> None:
    """Store a correction of a family. Raises ValueError where the form does not hold together."""
    if action == "merge":
        corrections.merge(analyst, [name, first(form, "other")])
    elif action == "split":
        corrections.split(analyst, [name, *form.get("ticket", ())])
    elif action == "dismiss":
        corrections.dismiss(analyst, [name])
    elif action == "undo":
        corrections.undo(analyst, correction_number(form), name)
    elif action == "fix":
        corrections.fix(analyst, name, _begin_of_day(first(form, "at"), analyst))
    else:
        raise ValueError(f"'{action}' is not a correction of a family")


def _begin_of_day(text: str, analyst: Analyst) -> datetime:
    """Return the first instant of a local day. Raises ValueError."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("Give the day of the fix, e.g. 2026-03-31.") from None
    return at.replace(tzinfo=analyst.settings.zone).astimezone(UTC)


def cycle_details(site: Website, name: str, period: Weeks = VERDICT_WEEKS) -> dict[str, Any]:
    """Return all that the page of a cycle shows, with its cost in a period. Raises HTTPException for no such family."""
    part = site.part(View(period=period), "cycles")
    with site.database.read() as connection:
        family = families.by_name(connection, name)
        if family is None or part is None:
            raise HTTPException(404, "There is no such cycle: it may have been merged with another one.")
        episodes = families.episodes(connection, [family.id]).get(family.id, [])
        tickets = ticket_lists.family_tickets(connection, family.id, TICKETS_SHOWN)
    row = next((cycle for cycle in part["cycles"] if cycle["id"] == family.name), None)
    # Families of two sources cannot be merged: their tickets have different ids and histories.
    mergeable = [cycle for cycle in part["cycles"] if row and cycle["source"] == row["source"] and cycle is not row]
    return {
        "family": family, "row": row, "report": part, "tickets": tickets, "episodes": _episode_rows(episodes),
        "resolutions": resolutions(tickets), "timeline_of": _timeline(episodes, row["fixes"] if row else [], part["as_of"]),
        "mergeable": mergeable, "people": _people(family), "hours": family.seconds / HOUR,
    }  # fmt: skip


def resolutions(tickets: Sequence[ticket_lists.Row]) -> list[tuple[str, list[str]]]:
    """Return (text of a resolution, ids of its tickets), the most frequent first; numbers and names do not count."""
    groups: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for ticket in tickets:
        if text := (ticket["resolution"] or "").strip():
            groups[mask(text)].append((text, ticket["id"]))
    commonest = [(_commonest(group), [id_ for _, id_ in group]) for group in groups.values()]
    return sorted(commonest, key=lambda resolution: (-len(resolution[1]), resolution[0]))[:RESOLUTIONS_SHOWN]


def _commonest(group: Sequence[tuple[str, str]]) -> str:
    return Counter(text for text, _ in group).most_common(1)[0][0]


def _timeline(episodes: Sequence[Episode], fixes: Sequence[Part], as_of: str) -> Timeline:
    bars = [
        Bar(_instant(episode.start_s), None if episode.end_s == STILL_OPEN else _instant(episode.end_s),
            episode.tickets, episode.seconds)
        for episode in episodes
    ]  # fmt: skip
    scale = TimeScale.over([bars], datetime.fromisoformat(as_of))
    return Timeline(bars, [Mark.from_json(fix) for fix in fixes], scale)


def _episode_rows(episodes: Sequence[Episode]) -> list[dict[str, Any]]:
    """Return the rows of the table of episodes, the latest first."""
    return [
        {
            "number": episode.number,
            "begin": _instant(episode.start_s),
            "end": None if episode.end_s == STILL_OPEN else _instant(episode.end_s),
            "tickets": episode.tickets,
            "hours": episode.seconds / HOUR,
        }
        for episode in reversed(episodes)
    ]


def _people(family: Family) -> list[tuple[str, int]]:
    """Return (pseudonym, tickets) of those who resolved most."""
    # In the order of pseudonyms, not of tickets: the page must not rank people.
    return sorted(Counter(family.resolvers).most_common(PEOPLE_SHOWN))


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
