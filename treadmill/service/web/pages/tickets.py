"""The tickets behind a number."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from fastapi import APIRouter, HTTPException, Request, Response

from treadmill.service import judgement
from treadmill.service.analysis.calendar import midnight
from treadmill.service.judgement import UnknownName
from treadmill.service.report.look import Look
from treadmill.service.store import browsing, families
from treadmill.service.store.about import ABOUT, told
from treadmill.service.store.browsing import Place, Wanted
from treadmill.service.store.looking import Span
from treadmill.service.web.rendering import render, scoped
from treadmill.service.web.site import Site

AT_ONCE = 50
HOUR = 3600


def router(site: Site) -> APIRouter:
    """`/tickets` and `/tickets/{name}`."""
    found = APIRouter(include_in_schema=False)

    @found.get("/tickets")
    def tickets(request: Request) -> Response:
        scope, scopes = scoped(site, request)
        look = site.analyst.stored_look(scope)
        if look is None:
            return render(site, request, "empty.html", scope=scope, scopes=scopes)
        query = request.query_params
        wanted = wanted_of(site, look, query)
        with site.database.read() as connection:
            rows = browsing.listed(connection, wanted, AT_ONCE + 1, place_of(query.get("after")))
            count, seconds = browsing.counted(connection, wanted)
        span = wanted.span or look.span
        return render(
            site, request, "tickets.html", scope=scope, scopes=scopes, rows=rows[:AT_ONCE], count=count,
            counted=browsing.COUNTED_AT_MOST,
            hours=seconds / HOUR, about=wanted.about, told=told(wanted.about) if wanted.about else None,
            begin=span.from_instant, end=span.to_instant - timedelta(seconds=1), cycle=query.get("cycle"),
            onward=mark(rows[AT_ONCE - 1]["place"]) if len(rows) > AT_ONCE else None,
            report={"as_of": look.frame.as_of.isoformat()},
        )  # fmt: skip

    @found.get("/tickets/{name:path}")
    def ticket(request: Request, name: str) -> Response:
        try:
            explained = judgement.explain(site.analyst, name)
        except UnknownName as problem:
            raise HTTPException(404, str(problem)) from problem
        return render(site, request, "ticket.html", name=name, explained=explained)

    return found


def wanted_of(site: Site, look: Look, query: Mapping[str, str]) -> Wanted:
    """The tickets that a query asks for: `about`, `from`, `to`, `cycle`, `ids`. Raises HTTPException."""
    about = query.get("about") or ("opened" if not query.get("cycle") and not query.get("ids") else None)
    if about is not None and about not in ABOUT:
        raise HTTPException(404, f"There is no metric '{about}'.")
    ids = tuple(filter(None, query.get("ids", "").split(",")))
    return Wanted(look.scope, about, span_of(look, query), family_of(site, query.get("cycle")), ids)


def span_of(look: Look, query: Mapping[str, str]) -> Span:
    """The days that a query names, the last one included; the report's period where it names none."""
    begin, end = (_day(query.get(name)) for name in ("from", "to"))
    if begin is None and end is None:
        return look.span
    zone = look.frame.zone
    first = midnight(begin, zone) if begin else look.begin
    last = midnight(end + timedelta(days=1), zone) if end else look.end
    return Span(int(first.timestamp()), int(last.timestamp()))


def family_of(site: Site, name: str | None) -> int | None:
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
