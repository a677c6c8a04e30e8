"""The tickets behind a number, and the explanation of one ticket."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException, Request, Response

from service.analysis.calendar import midnight
from service.analysis.coverage import is_before
from service.analysis.formatting import HOUR, local_day
from service.analysis.tally import REOPEN_WINDOW
from service.pipeline.corrections import UnknownName
from service.pipeline.explanation import explain
from service.report.coverage import snapshot_known_from
from service.store.queries import ticket_lists
from service.store.queries.metric_filters import FILTERS, RIPE_ONLY
from service.store.queries.scopes import Span
from service.store.queries.snapshot import Snapshot
from service.store.queries.ticket_lists import Cursor, TicketQuery
from service.store.results import families
from service.web.html.templates import render, requested_view
from service.web.parameters import cursor, day
from service.web.website import Website

PAGE_SIZE = 50
PARAMETERS = ("about", "from", "to", "cycle", "episode", "ids", "giver", "taker")
"""Parameters of the URL that say which tickets a list is of."""


def router(site: Website) -> APIRouter:
    """Return the routes `/tickets` and `/tickets/{name}`."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/tickets")
    def tickets(request: Request) -> Response:
        view, place = requested_view(site, request), cursor(request.query_params)
        snapshot = site.analyst.stored_snapshot(view.scope, view.period)
        if snapshot is None:
            return render(site, request, "empty.html", view=view)
        parameters = request.query_params
        query, known_from = ticket_query(site, snapshot, parameters), snapshot_known_from(snapshot)
        with site.database.read() as connection:
            rows = ticket_lists.list_tickets(connection, query, PAGE_SIZE + 1, place)
            count, seconds = ticket_lists.count_tickets(connection, query)
        return render(
            site, request, "tickets.html", view=view, rows=rows[:PAGE_SIZE], count=count,
            hours=seconds / HOUR, about=query.about, cycle=parameters.get("cycle"),
            title=list_title(query), period=list_period(query, site.zone),
            parameters={name: parameters[name] for name in PARAMETERS if parameters.get(name)},
            next=cursor_text(rows[PAGE_SIZE - 1]["place"]) if len(rows) > PAGE_SIZE else None,
            report={"as_of": snapshot.clock.as_of}, known_from=known_from,
            is_before_data=is_before_data(query, known_from),
        )  # fmt: skip

    @routes.get("/tickets/{name:path}")
    def ticket(request: Request, name: str) -> Response:
        try:
            explanation = explain(site.analyst, name)
        except UnknownName as problem:
            raise HTTPException(404, str(problem)) from problem
        view = requested_view(site, request)
        return render(site, request, "ticket.html", view=view, name=name, explanation=explanation)

    return routes


def ticket_query(site: Website, snapshot: Snapshot, parameters: Mapping[str, str]) -> TicketQuery:
    """Return the query for the tickets that the parameters of a URL ask for; see `PARAMETERS`. Raises HTTPException."""
    about = parameters.get("about") or ("opened" if not parameters.get("cycle") and not parameters.get("ids") else None)
    if about is not None and about not in FILTERS:
        raise HTTPException(404, f"There is no metric '{about}'.")
    ids = tuple(filter(None, parameters.get("ids", "").split(",")))
    family, span = _family_number(site, parameters.get("cycle")), requested_span(snapshot, parameters, about)
    if family is not None and parameters.get("episode"):
        episode = _episode_span(site, snapshot, family, parameters["episode"])
        return TicketQuery(snapshot.scope, family=family, episode=episode)
    giver, taker = parameters.get("giver"), parameters.get("taker")
    return TicketQuery(snapshot.scope, about, span, family, ids, (giver, taker) if giver and taker else None)


def is_before_data(query: TicketQuery, known_from: datetime | None) -> bool:
    """Return True if the tickets of a list are those of days before the data begin, so that nobody can count them."""
    if query.about is None or query.span is None or FILTERS[query.about].timing == "of all time":
        return False
    return is_before(query.span.to_instant, known_from)


def list_title(query: TicketQuery) -> str:
    """Return what the tickets of a list are: `Repeats`."""
    if query.handoff is not None:
        giver, taker = query.handoff
        return f"Tickets that {giver} handed to {taker}"
    if query.episode is not None:
        return "Tickets of an episode"
    if query.about is None:
        return "Tickets of a cycle" if query.family is not None else "Tickets"
    return FILTERS[query.about].title


def list_period(query: TicketQuery, zone: ZoneInfo) -> str | None:
    """Return how the tickets of a list belong to its days: `Repeats opened from 2 March 2026 to 31 May 2026`."""
    if query.episode is not None:
        return f"Tickets of the episode that began on {local_day(query.episode.from_instant, zone)}"
    if query.about is None or query.span is None or FILTERS[query.about].timing == "of all time":
        return None
    first, last = query.span.from_instant, query.span.to_instant - timedelta(seconds=1)
    days = f"{local_day(first, zone)} to {local_day(last, zone)}"
    # What is open at the end of a period depends on its last day alone.
    if FILTERS[query.about].timing == "open at the end of":
        days = local_day(last, zone)
    return f"{FILTERS[query.about].phrase} {days}"


def requested_span(snapshot: Snapshot, parameters: Mapping[str, str], about: str | None = None) -> Span:
    """Return the days that parameters name, the last one included; the report's period where they name none.

    Raises ParameterError.
    """
    begin, end = (day(parameters, name) for name in ("from", "to"))
    if begin is None and end is None:
        return snapshot.ripe_span if about in RIPE_ONLY else snapshot.span
    zone = snapshot.clock.zone
    first = midnight(begin, zone) if begin else snapshot.begin
    last = midnight(end + timedelta(days=1), zone) if end else snapshot.end
    if about in RIPE_ONLY:
        last = max(first, min(last, snapshot.clock.as_of - REOPEN_WINDOW))
    return Span(int(first.timestamp()), int(last.timestamp()))


def _episode_span(site: Website, snapshot: Snapshot, family: int, number: str) -> Span:
    """Return the span from the start of an episode to that of the next. Raises HTTPException."""
    with site.database.read() as connection:
        episodes = families.episodes(connection, [family]).get(family, [])
    starts = {str(place): episode.start_s for place, episode in enumerate(episodes, 1)}
    if number not in starts:
        raise HTTPException(404, f"There is no episode '{number}'.")
    later = [start for start in starts.values() if start > starts[number]]
    return Span(starts[number], min(later, default=snapshot.clock.as_of_s + 1))


def _family_number(site: Website, name: str | None) -> int | None:
    """Return the number of a family by its name. Raises HTTPException where there is none."""
    if not name:
        return None
    with site.database.read() as connection:
        family = families.by_name(connection, name)
    if family is None:
        raise HTTPException(404, f"There is no cycle '{name}'.")
    return family.id


def cursor_text(place: Cursor) -> str:
    """Return a cursor as it stands in a URL."""
    return f"{place[0]}-{place[1]}"
