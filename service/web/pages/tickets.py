"""The tickets behind a number."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from fastapi import APIRouter, HTTPException, Request, Response

from service.analysis.calendar import midnight
from service.analysis.tally import REOPEN_WINDOW
from service.pipeline.corrections import UnknownName
from service.pipeline.explanation import explain
from service.store.queries import ticket_lists
from service.store.queries.metric_filters import ABOUT, RIPE, is_of_all_time, title, told
from service.store.queries.snapshot import Snapshot
from service.store.queries.statistics import Span
from service.store.queries.ticket_lists import Place, Wanted
from service.store.results import families
from service.web.html.templates import render, requested_view
from service.web.website import Website

AT_ONCE = 50
HOUR = 3600
ASKED = ("about", "from", "to", "cycle", "episode", "ids", "giver", "taker")


def router(site: Website) -> APIRouter:
    """`/tickets` and `/tickets/{name}`."""
    found = APIRouter(include_in_schema=False)

    @found.get("/tickets")
    def tickets(request: Request) -> Response:
        view = requested_view(site, request)
        snapshot = site.analyst.stored_snapshot(view.scope, view.period)
        if snapshot is None:
            return render(site, request, "empty.html", view=view)
        query = request.query_params
        asked = {name: query[name] for name in ASKED if query.get(name)}
        wanted = wanted_of(site, snapshot, query)
        with site.database.read() as connection:
            rows = ticket_lists.listed(connection, wanted, AT_ONCE + 1, place_of(query.get("after")))
            count, seconds = ticket_lists.counted(connection, wanted)
        return render(
            site, request, "tickets.html", view=view, rows=rows[:AT_ONCE], count=count,
            counted=ticket_lists.COUNTED_AT_MOST, hours=seconds / HOUR, about=wanted.about, cycle=query.get("cycle"),
            title=title_of(wanted), told=told_of(wanted), asked=asked,
            onward=mark(rows[AT_ONCE - 1]["place"]) if len(rows) > AT_ONCE else None,
            report={"as_of": snapshot.clock.as_of.isoformat()},
        )  # fmt: skip

    @found.get("/tickets/{name:path}")
    def ticket(request: Request, name: str) -> Response:
        try:
            explained = explain(site.analyst, name)
        except UnknownName as problem:
            raise HTTPException(404, str(problem)) from problem
        return render(site, request, "ticket.html", view=requested_view(site, request), name=name, explained=explained)

    return found


def wanted_of(site: Website, snapshot: Snapshot, query: Mapping[str, str]) -> Wanted:
    """The tickets that a query asks for; `ASKED` names the words of it. Raises HTTPException."""
    about = query.get("about") or ("opened" if not query.get("cycle") and not query.get("ids") else None)
    if about is not None and about not in ABOUT:
        raise HTTPException(404, f"There is no metric '{about}'.")
    ids = tuple(filter(None, query.get("ids", "").split(",")))
    family, span = family_of(site, query.get("cycle")), span_of(snapshot, query, about)
    if family is not None and query.get("episode"):
        about, span = "opened", episode_of(site, snapshot, family, query["episode"])
    handed = (query["giver"], query["taker"]) if query.get("giver") and query.get("taker") else None
    return Wanted(snapshot.scope, about, span, family, ids, handed)


def title_of(wanted: Wanted) -> str:
    """What the tickets of a list are."""
    if wanted.handed is not None:
        return "Tickets that {} handed to {}".format(*wanted.handed)
    if wanted.about is None:
        return "Tickets of a cycle" if wanted.family is not None else "Tickets"
    return title(wanted.about)


def told_of(wanted: Wanted) -> tuple[str, datetime, datetime] | None:
    """(how they belong to a span, its first and its last moment); None where no span matters."""
    if wanted.about is None or wanted.span is None or is_of_all_time(wanted.about):
        return None
    return told(wanted.about), wanted.span.from_instant, wanted.span.to_instant - timedelta(seconds=1)


def episode_of(site: Website, snapshot: Snapshot, family: int, number: str) -> Span:
    """When the tickets of an episode were opened: from its start to that of the next. Raises HTTPException."""
    with site.database.read() as connection:
        known = families.episodes(connection, [family]).get(family, [])
    starts = {str(one.number): one.start_s for one in known}
    if number not in starts:
        raise HTTPException(404, f"There is no episode '{number}'.")
    later = [start for start in starts.values() if start > starts[number]]
    return Span(starts[number], min(later, default=snapshot.clock.as_of_s + 1))


def span_of(snapshot: Snapshot, query: Mapping[str, str], about: str | None = None) -> Span:
    """The days that a query names, the last one included; the report's period where it names none.

    Where it matters whether tickets came back, only what was first resolved 30 days ago or earlier.
    """
    begin, end = (_day(query.get(name)) for name in ("from", "to"))
    if begin is None and end is None:
        return snapshot.ripe_span if about in RIPE else snapshot.span
    zone = snapshot.clock.zone
    first = midnight(begin, zone) if begin else snapshot.begin
    last = midnight(end + timedelta(days=1), zone) if end else snapshot.end
    if about in RIPE:
        last = max(first, min(last, snapshot.clock.as_of - REOPEN_WINDOW))
    return Span(int(first.timestamp()), int(last.timestamp()))


def family_of(site: Website, name: str | None) -> int | None:
    """The number of a family by its name. Raises HTTPException where there is none."""
    if not name:
        return None
    with site.database.read() as connection:
        found = families.by_name(connection, name)
    if found is None:
        raise HTTPException(404, f"There is no cycle '{name}'.")
    return found.id


def mark(place: Place) -> str:
    """A place in a list, as it stands in a URL."""
    return f"{place[0]}-{place[1]}"


def place_of(text: str | None) -> Place | None:
    """The place that stands in a URL; None where none does."""
    begin, _, number = (text or "").partition("-")
    is_place = begin.isdecimal() and number.isdecimal() and len(begin) < 15 and len(number) < 18
    return (int(begin), int(number)) if is_place else None


def _day(text: str | None) -> date | None:
    try:
        found = datetime.fromisoformat(text).date() if text else None
    except ValueError:
        return None
    return found if found and 1970 < found.year < 2200 else None
