"""The list of cycles, and one cycle with what persons may say of it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from service.analysis.episodes import STILL_OPEN
from service.analysis.families.masking import mask
from service.analysis.weeks import Weeks
from service.charts.timeline import Span, TimeScale
from service.pipeline import corrections
from service.pipeline.analyst import Analyst
from service.pipeline.corrections import UnknownName
from service.report.sections import Part
from service.store.queries import ticket_lists
from service.store.queries.snapshot import VERDICT_WEEKS
from service.store.results import families
from service.store.results.families import Episode, Family
from service.web.auth.forms import Change, Form, first
from service.web.html.listing import Filter, Listing
from service.web.html.selection import View
from service.web.html.templates import render, requested_view
from service.web.pages.feedback import number_of
from service.web.website import Website

AT_ONCE = 50
TICKETS_SHOWN = 200
TICKETS_AT_FIRST = 25
RESOLUTIONS_SHOWN = 12
PEOPLE_SHOWN = 8
HOUR = 3600
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
REVERSED = ("last",)


def router(site: Website) -> APIRouter:
    """`/cycles`, `/cycles/{id}` and the changes of one."""
    found = APIRouter(include_in_schema=False)
    change = Change(site.sessions)

    @found.get("/cycles")
    def cycles(request: Request) -> Response:
        view = requested_view(site, request)
        part = site.part(view, "cycles")
        if part is None:
            return render(site, request, "empty.html", view=view)
        listing = listing_of(request.query_params, part["cycles"], part["period"])
        return render(site, request, "cycles.html", view=view, report=part, listing=listing)

    @found.get("/cycles/{name}")
    def cycle(request: Request, name: str) -> Response:
        view = requested_view(site, request)
        known, said = known_cycle(site, name, view.period), corrections.listed(site.analyst, name)
        done = request.query_params.get("done")
        return render(site, request, "cycle.html", view=view, done=done, said=said, at_first=TICKETS_AT_FIRST, **known)

    @found.post("/cycles/{name}/{word}")
    def say(request: Request, name: str, word: str, form: Annotated[Form, Depends(change)]) -> Response:
        try:
            target = _said(site.analyst, name, word, form)
        except (UnknownName, ValueError) as problem:
            raise HTTPException(400, str(problem)) from problem
        is_done = site.analysis_runner.outcome(site.analysis_runner.request()) == "done"
        onward = requested_view(site, request).link(f"/cycles/{target}", done=word if is_done else "waiting")
        return RedirectResponse(onward, status_code=303)

    return found


def listing_of(query: Mapping[str, str], cycles: Sequence[Part], period: Part | None = None) -> Listing:
    """The cycles that a query asks for, sorted and filtered; also by who broke them, where a period is given."""
    filters = (*FILTERS, *([Filter("broken_by", partial(_broken_by, period))] if period else []))
    return Listing.of(query, cycles, filters, SORTS, at_once=AT_ONCE, descending=REVERSED)


def _broken_by(period: Part, cycle: Part) -> Sequence[str]:
    """The team that has most of its tickets, of a cycle that broke in a period."""
    begin, end, seen = (datetime.fromisoformat(at) for at in (period["from"], period["to"], cycle["last_seen"]))
    return cycle["teams"][:1] if cycle["state"] == "broken" and begin <= seen < end else []


def _said(analyst: Analyst, name: str, word: str, form: Form) -> str:
    """Keeps what a person said; the name of the family to show next."""
    if word == "merge":
        corrections.merge(analyst, [name, first(form, "other")])
    elif word == "split":
        corrections.split(analyst, [name, *form.get("ticket", ())])
    elif word == "dismiss":
        corrections.dismiss(analyst, [name])
    elif word == "undo":
        corrections.undo(analyst, number_of(form), name)
    elif word == "fix":
        corrections.fix(analyst, name, _day(first(form, "at"), analyst))
    else:
        raise ValueError(f"'{word}' is no word on families")
    return name


def _day(text: str, analyst: Analyst) -> datetime:
    """The begin of a day. Raises ValueError."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("Give the day of the fix, e.g. 2026-03-31.") from None
    return at.replace(tzinfo=analyst.settings.zone).astimezone(UTC)


def known_cycle(site: Website, name: str, period: Weeks = VERDICT_WEEKS) -> dict[str, Any]:
    """All that the page of a cycle shows, with its cost in a period. Raises HTTPException: there is no such family."""
    part = site.part(View(period=period), "cycles")
    with site.database.read() as connection:
        family = families.by_name(connection, name)
        if family is None or part is None:
            raise HTTPException(404, "There is no such cycle: it may have been merged with another one.")
        episodes = families.episodes(connection, [family.id]).get(family.id, [])
        tickets = ticket_lists.members(connection, family.id, TICKETS_SHOWN)
    row = next((cycle for cycle in part["cycles"] if cycle["id"] == family.name), None)
    same = [cycle for cycle in part["cycles"] if row and cycle["source"] == row["source"] and cycle is not row]
    spans, fixes, axis = _drawn(episodes, row["fixes"] if row else [], part["as_of"])
    return {
        "family": family, "row": row, "report": part, "tickets": tickets, "episodes": _told(episodes),
        "resolutions": resolutions(tickets), "alike": alike(tickets), "spans": spans, "fixes": fixes, "axis": axis,
        "others": same, "people": _people(family), "hours": family.seconds / HOUR,
    }  # fmt: skip


def resolutions(tickets: Sequence[ticket_lists.Row]) -> list[tuple[str, int]]:
    """(what was written as resolution, how often), the most frequent first; numbers and names in it make no other."""
    return [(text, len(ids)) for text, ids in alike(tickets)]


def alike(tickets: Sequence[ticket_lists.Row]) -> list[tuple[str, list[str]]]:
    """The same with the ids of the tickets instead of their number."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for ticket in tickets:
        if text := (ticket["resolution"] or "").strip():
            found[mask(text)].append((text, ticket["id"]))
    told = [(_commonest(written), [id_ for _, id_ in written]) for written in found.values()]
    return sorted(told, key=lambda one: (-len(one[1]), one[0]))[:RESOLUTIONS_SHOWN]


def _commonest(written: Sequence[tuple[str, str]]) -> str:
    return Counter(text for text, _ in written).most_common(1)[0][0]


def _drawn(
    episodes: Sequence[Episode], fixes: Sequence[Part], as_of: str
) -> tuple[list[Span], list[tuple[float, str]], TimeScale]:
    end = datetime.fromisoformat(as_of)
    axis = TimeScale(_instant(episodes[0].start_s) if episodes else end, end)
    spans = [
        (axis.place(_instant(one.start_s)), 1.0 if one.end_s == STILL_OPEN else axis.place(_instant(one.end_s)),
         one.tickets)
        for one in episodes
    ]  # fmt: skip
    return spans, [(axis.place(datetime.fromisoformat(fix["at"])), fix["ticket"]) for fix in fixes], axis


def _told(episodes: Sequence[Episode]) -> list[dict[str, Any]]:
    """The episodes for a table, the latest first."""
    return [
        {
            "number": one.number, "begin": _instant(one.start_s), "tickets": one.tickets,
            "end": None if one.end_s == STILL_OPEN else _instant(one.end_s), "hours": one.seconds / HOUR,
        }
        for one in reversed(episodes)
    ]  # fmt: skip


def _people(family: Family) -> list[tuple[str, int]]:
    """Those who resolved most of it with their tickets, in the order of their pseudonyms: this is no ranking."""
    most = Counter(family.resolvers).most_common(PEOPLE_SHOWN)
    return sorted(most)


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
