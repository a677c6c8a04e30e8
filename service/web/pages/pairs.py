"""Likely pairs: tickets that are probably the same problem, settled with one key or click, or a group at a time."""

import json
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, cast, get_args

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from service.pipeline import pair_answers
from service.pipeline.corrections import UnknownName
from service.pipeline.likely_pairs import LikelyPair, LikelyTicket
from service.pipeline.pair_answers import Answer
from service.report.sections.report import Overview
from service.web.auth.forms import Change, Form, first
from service.web.html.differences import mark_differences
from service.web.html.templates import render, requested_view
from service.web.pages.review import analyse_and_return, analysis_number, values_before, values_of
from service.web.website import Website

PAGE_SIZE = 20
PAGE = "/review/pairs"
SHOWN_LENGTH = 600
LEAST_PROBABILITY = 0.05
"""Less likely pairs waste the time of a person: hardly one in thirty is the same problem."""
AFFECTED_METRICS = ("repeat_share", "repeat_hours_share", "endless_share")


def router(site: Website) -> APIRouter:
    """Return the routes `/review/pairs`, `/review/pairs/moved` and `/review/pairs/undo`."""
    routes = APIRouter(include_in_schema=False)
    change = Change(site.sessions)

    @routes.get("/review/pairs")
    def pairs(request: Request) -> Response:
        view, analysis = requested_view(site, request), analysis_number(request)
        # Asked for before the numbers are read: an analysis that is done by now is in them.
        outcome = site.analysis_runner.outcome(analysis, patience=0)
        overview = site.section(Overview, view)
        if overview is None:
            return render(site, request, "empty.html", view=view)
        return render(
            site, request, "pairs.html", view=view, report=overview, analysis=analysis, outcome=outcome,
            groups=group_pairs_by_family(_likely(site)), name_of=pair_name, shown=_shown,
            values=request.query_params.get("before") or values_of(overview, AFFECTED_METRICS),
            last=request.query_params.get("last", ""), **_numbers(site, request),
        )  # fmt: skip

    @routes.get("/review/pairs/moved")
    def numbers(request: Request) -> Response:
        """Return the numbers after the analysis that is named, or a later one; 202 until it is done."""
        view, outcome = requested_view(site, request), site.analysis_runner.outcome(analysis_number(request))
        overview = site.reporter.section(Overview, view.scope, view.period) if outcome == "done" else None
        if overview is None:
            return Response(status_code=503 if outcome == "unknown" else 202)
        return render(
            site, request, "pairs_numbers.html", view=view, report=overview, **_numbers(site, request)
        )  # fmt: skip

    @routes.post("/review/pairs")
    def answer(request: Request, form: Annotated[Form, Depends(change)]) -> Response:
        names = form.get("ticket", ())
        _answer(site, names, first(form, "class"))
        last = json.dumps([_tickets_named(name) for name in names])
        return analyse_and_return(site, request, PAGE, before=first(form, "before"), last=last)

    @routes.post("/review/pairs/undo")
    def undo(request: Request, form: Annotated[Form, Depends(change)]) -> Response:
        try:
            for names in _pairs_named(first(form, "ticket")):
                pair_answers.take_back(site.analyst, names)
        except UnknownName as problem:
            raise HTTPException(400, str(problem)) from problem
        return analyse_and_return(site, request, PAGE, before=first(form, "before"))

    return routes


def _answer(site: Website, pairs: Sequence[str], given: str) -> None:
    if given not in get_args(Answer):
        raise HTTPException(400, f"'{given}' is no answer: it must be {', '.join(get_args(Answer))}.")
    try:
        named = [_tickets_named(name) for name in pairs] or [_tickets_named("")]
        # All or none of a group: the first answers would else be stored beside the error.
        for names in named:
            pair_answers.verify(site.analyst, names)
        for names in named:
            pair_answers.answer(site.analyst, names, cast(Answer, given))
    except UnknownName as problem:
        raise HTTPException(400, str(problem)) from problem


def group_pairs_by_family(pairs: Sequence[LikelyPair]) -> list[list[LikelyPair]]:
    """Return the pairs in groups that hang together by their families, each in the order of its first pair."""
    groups: list[tuple[set[str], list[LikelyPair]]] = []
    for pair in pairs:
        families = {ticket.family for ticket in pair.tickets}
        touched = [group for group in groups if group[0] & families]
        if not touched:
            groups.append((families, [pair]))
            continue
        into, *others = touched
        for group in others:
            into[0].update(group[0])
            into[1].extend(group[1])
            groups.remove(group)
        into[0].update(families)
        into[1].append(pair)
    return [sorted(group, key=lambda pair: -pair.probability) for _, group in groups]


def pair_name(pair: LikelyPair) -> str:
    """Return the name of a pair as forms carry it."""
    return json.dumps([f"{pair.source}:{ticket.id}" for ticket in pair.tickets])


def _likely(site: Website) -> list[LikelyPair]:
    return [pair for pair in site.pair_queue.pairs(PAGE_SIZE) if pair.probability >= LEAST_PROBABILITY]


def _pairs_named(text: str) -> list[Sequence[str]]:
    """Return the names of the tickets of one pair, or of each of a list of pairs. Raises UnknownName."""
    try:
        pairs = json.loads(text)
    except ValueError:
        pairs = None
    if isinstance(pairs, list) and pairs and all(isinstance(pair, list) for pair in pairs):
        return [_tickets_named(json.dumps(pair)) for pair in pairs]
    return [_tickets_named(text)]


def _tickets_named(name: str) -> Sequence[str]:
    """Return the names of the tickets of a pair. Raises UnknownName for what names no pair."""
    try:
        names = json.loads(name)
    except ValueError:
        names = None
    if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
        raise UnknownName("no pair of tickets is named: reload the page and answer again")
    return names


def _shown(pair: LikelyPair) -> Iterator[dict[str, Any]]:
    """Yield each ticket of a pair with its title and its text, in which the differences are marked."""
    earlier, later = pair.tickets
    for ticket, counterpart in ((earlier, later), (later, earlier)):
        words = _text(counterpart)
        yield {
            "ticket": ticket,
            "title": mark_differences(ticket.title, words),
            "description": mark_differences(ticket.description[:SHOWN_LENGTH], words),
        }


def _text(ticket: LikelyTicket) -> str:
    return f"{ticket.title} {ticket.description}"


def _numbers(site: Website, request: Request) -> dict[str, Any]:
    return {
        "metrics": AFFECTED_METRICS,
        "before": values_before(request, AFFECTED_METRICS),
        "answers": pair_answers.count_answers(site.analyst),
    }
