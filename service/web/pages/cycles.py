"""The list of cycles, and one cycle with the corrections that people can make."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from service.analysis.calendar import midnight
from service.analysis.families.masking import mask
from service.analysis.formatting import HOUR
from service.analysis.weeks import Weeks
from service.charts.timeline import Bar, Timeline, TimeScale
from service.pipeline import corrections
from service.pipeline.analyst import Analyst
from service.report.drawing import marks
from service.report.sections.base import ReportPeriod
from service.report.sections.cycles import CycleFix, CyclesSection, FamilyEpisode, ListedCycle
from service.store.queries import ticket_lists
from service.store.queries.snapshot import VERDICT_WEEKS
from service.store.results import families
from service.store.results.families import Episode, Family
from service.web.auth.forms import Change, Form, first
from service.web.html.listing import Filter, Listing, Sort
from service.web.html.templates import render, requested_view
from service.web.pages.corrections import correction_number
from service.web.parameters import ParameterError, day
from service.web.selection import View
from service.web.website import Website

PAGE_SIZE = 50
TICKETS_SHOWN = 200
TICKETS_UNFOLDED = 25
RESOLUTIONS_SHOWN = 12
PEOPLE_SHOWN = 8
SORTS: Mapping[str, Sort[ListedCycle]] = {
    "repeats": lambda cycle: (-(cycle.repeats_in_period or 0), -(cycle.repeat_hours_in_period or 0), -cycle.tickets),
    "cost": lambda cycle: (-(cycle.repeat_hours_in_period or 0), -cycle.hours),
    "hours": lambda cycle: (-cycle.hours,),
    "episodes": lambda cycle: (-cycle.episodes,),
    "tickets": lambda cycle: (-cycle.tickets,),
    "last": lambda cycle: (cycle.last_seen.timestamp(),),
    "gap": lambda cycle: (math.inf if cycle.median_gap_days is None else cycle.median_gap_days,),
    "title": lambda cycle: (cycle.title.casefold(),),
}
FILTERS: Sequence[Filter[ListedCycle]] = (
    Filter("state", lambda cycle: ["endless", cycle.state] if cycle.endless else [cycle.state]),
    Filter("team", lambda cycle: cycle.teams),
    Filter("service", lambda cycle: cycle.services),
    Filter("source", lambda cycle: [cycle.source or ""]),
    Filter("fix", lambda cycle: sorted({fix.outcome for fix in cycle.fixes})),
)
DESCENDING = ("last",)


def router(site: Website) -> APIRouter:
    """Return the routes `/cycles`, `/cycles/{name}` and those of corrections of one cycle."""
    routes = APIRouter(include_in_schema=False)
    change = Change(site.sessions)

    @routes.get("/cycles")
    def cycles(request: Request) -> Response:
        view = requested_view(site, request)
        section = site.section(CyclesSection, view)
        if section is None:
            return render(site, request, "empty.html", view=view)
        problems, requests = (
            [cycle for cycle in section.cycles if cycle.work == work] for work in ("failure", "request")
        )
        listing = cycle_listing(request.query_params, problems, section.period)
        # The page of the address is that of the problems; the greatest requests fit on one.
        query = {name: value for name, value in request.query_params.items() if name != "page"}
        demand = cycle_listing(query, requests, section.period)
        return render(site, request, "cycles.html", view=view, report=section, listing=listing, demand=demand)

    @routes.get("/cycles/{name}")
    def cycle(request: Request, name: str) -> Response:
        view = requested_view(site, request)
        page = family_page(site, name, view.period)
        return render(
            site, request, "cycle.html", view=view, done=request.query_params.get("done"),
            corrections=corrections.listed(site.analyst, name), unfolded=TICKETS_UNFOLDED,
            **{field.name: getattr(page, field.name) for field in fields(page)},
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


def cycle_listing(
    query: Mapping[str, str], cycles: Sequence[ListedCycle], period: ReportPeriod | None = None
) -> Listing[ListedCycle]:
    """Return the cycles that a query asks for; with a period they can be filtered by the team that broke them."""
    by_breaking_team = [Filter("broken_by", partial(_breaking_team, period))] if period else []
    return Listing.of(
        query,
        cycles,
        (*FILTERS, *by_breaking_team),
        SORTS,
        title=lambda cycle: cycle.title,
        page_size=PAGE_SIZE,
        descending=DESCENDING,
    )


def _breaking_team(period: ReportPeriod, cycle: ListedCycle) -> Sequence[str]:
    """Return the team with most tickets of a cycle that broke in a period; empty for any other cycle."""
    is_broken = cycle.state == "broken" and period.begin <= cycle.last_seen < period.end
    return cycle.teams[:1] if is_broken else ()


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
        at = day({"at": text}, "at")
    except ParameterError:
        at = None
    if at is None:
        raise ValueError("Give the day of the fix, e.g. 2026-03-31.")
    return midnight(at, analyst.settings.zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class FamilyPage:
    """The content of the page of a family; `row` is None where it is no cycle.

    `mergeable` are the cycles that it can be merged with; `resolutions` are (text, ids of its tickets), `people` are
    (pseudonym, tickets).
    """

    family: Family
    row: ListedCycle | None
    report: CyclesSection
    tickets: Sequence[ticket_lists.Row]
    episodes: Sequence[FamilyEpisode]
    resolutions: Sequence[tuple[str, list[str]]]
    timeline_of: Timeline
    mergeable: Sequence[ListedCycle]
    people: Sequence[tuple[str, int]]
    hours: float


def family_page(site: Website, name: str, period: Weeks = VERDICT_WEEKS) -> FamilyPage:
    """Return the page of a family, with its cost in a period. Raises HTTPException where there is no such family."""
    section = site.section(CyclesSection, View(period=period))
    with site.database.read() as connection:
        family = families.by_name(connection, name)
        if family is None or section is None:
            raise HTTPException(404, "There is no such cycle: it may have been merged with another one.")
        episodes = families.episodes(connection, [family.id]).get(family.id, [])
        tickets = ticket_lists.family_tickets(connection, family.id, TICKETS_SHOWN)
    row = next((cycle for cycle in section.cycles if cycle.id == family.name), None)
    return FamilyPage(
        family=family,
        row=row,
        report=section,
        tickets=tickets,
        episodes=_family_episodes(episodes),
        resolutions=resolutions(tickets),
        timeline_of=_timeline(episodes, row.fixes if row else (), section.as_of),
        # Families of two sources cannot be merged: their tickets have different ids and histories.
        mergeable=[cycle for cycle in section.cycles if row and cycle.source == row.source and cycle is not row],
        people=_people(family),
        hours=family.seconds / HOUR,
    )


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


def _timeline(episodes: Sequence[Episode], fixes: Sequence[CycleFix], as_of: datetime) -> Timeline:
    bars = [
        Bar(_instant(episode.start_s), _instant(episode.last_s), episode.tickets, episode.seconds)
        for episode in episodes
    ]
    return Timeline(bars, marks(fixes), TimeScale.over([bars], as_of))


def _family_episodes(episodes: Sequence[Episode]) -> list[FamilyEpisode]:
    """Return the episodes of the table, the latest first."""
    return [
        FamilyEpisode(
            number,
            _instant(episode.start_s),
            _instant(episode.last_s),
            episode.tickets,
            episode.seconds / HOUR,
        )
        for number, episode in reversed(list(enumerate(episodes, 1)))
    ]


def _people(family: Family) -> list[tuple[str, int]]:
    """Return (pseudonym, tickets) of those who resolved most."""
    # In the order of pseudonyms, not of tickets: the page must not rank people.
    return sorted(Counter(family.resolvers).most_common(PEOPLE_SHOWN))


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
