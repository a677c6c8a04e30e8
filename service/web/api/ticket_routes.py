"""The routes of the API on tickets, sources and scopes."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Annotated, TypeVar

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response

from service.analysis.formatting import HOUR
from service.pipeline.corrections import UnknownName
from service.pipeline.explanation import explain
from service.pipeline.likely_pairs import LikelyPair
from service.report.coverage import snapshot_known_from
from service.report.sections.base import ReportPeriod
from service.report.sections.report import Overview
from service.store.queries import ticket_lists
from service.store.queries.metric_filters import FILTERS
from service.store.queries.review import review_counts
from service.store.queries.scopes import ALL_TIME, Scope
from service.store.queries.snapshot import Snapshot
from service.store.queries.ticket_lists import Row, TicketQuery
from service.store.results import cells
from service.store.tickets import runs, sources
from service.store.tickets.vocabulary import unknown_words
from service.web.api.answering import described, respond
from service.web.api.models.pairs import LikelyPairList, PairedTicket, ProbablePair
from service.web.api.models.sources import RunRefusals, RunSummary, ScopeList, SourceList, SourceStatus
from service.web.api.models.tickets import ListedTicket, ReviewList, TicketExplanation, TicketList, TicketToReview
from service.web.api.queries import PairsQuery, ReviewQuery, TicketsQuery
from service.web.html.templates import existing_scope
from service.web.pages.review import LISTS
from service.web.pages.sources import Number
from service.web.pages.tickets import cursor_text, is_before_data, ticket_query
from service.web.parameters import cursor
from service.web.selection import View
from service.web.website import Website

ANALYSED = ("visibility", "recall")
"""Fields of a source that only an analysis knows."""

T = TypeVar("T", bound=ListedTicket)
TicketName = Annotated[
    str,
    Path(
        description="The key or id of a ticket, behind its source and a colon where several sources have it.",
        examples=["servicenow:INC0013147"],
    ),
]


def add_ticket_routes(routes: APIRouter, site: Website) -> None:
    """Add `/tickets`, `/tickets/{name}`, `/review` and `/pairs`."""

    @routes.get("/tickets", **described(TicketList, "The tickets behind a number"))
    def tickets(request: Request, query: Annotated[TicketsQuery, Query()]) -> Response:
        snapshot = site.analyst.stored_snapshot(existing_scope(site, query.scope), query.period)
        if snapshot is None:
            raise HTTPException(404, "Nothing was analysed yet.")
        return respond(request, _tickets(site, snapshot, query))

    @routes.get("/tickets/{name:path}", **described(TicketExplanation, "What is known about one ticket"))
    def ticket(request: Request, name: TicketName) -> Response:
        try:
            explanation = explain(site.analyst, name)
        except UnknownName as problem:
            raise HTTPException(404, str(problem)) from problem
        return respond(request, TicketExplanation(ticket=name, lines=tuple(explanation.splitlines())))

    @routes.get("/pairs", **described(LikelyPairList, "Pairs of tickets that may be the same problem"))
    def pairs(request: Request, query: Annotated[PairsQuery, Query()]) -> Response:
        likely = site.pair_queue.pairs(query.limit)
        return respond(request, LikelyPairList(pairs=tuple(map(_pair, likely))))

    @routes.get("/review", **described(ReviewList, "Tickets whose class is in doubt or contradicts their kind"))
    def review(request: Request, query: Annotated[ReviewQuery, Query()]) -> Response:
        return respond(request, _review(site, query))


def _pair(pair: LikelyPair) -> ProbablePair:
    earlier, later = (
        PairedTicket(**{field.name: getattr(ticket, field.name) for field in fields(PairedTicket)})
        for ticket in pair.tickets
    )
    return ProbablePair(
        a=earlier.id, b=later.id, probability=pair.probability, source=pair.source, marked=pair.marked,
        tickets=(earlier, later),
    )  # fmt: skip


def _tickets(site: Website, snapshot: Snapshot, query: TicketsQuery) -> TicketList:
    wanted_tickets = ticket_query(site, snapshot, query.parameters())
    with site.database.read() as connection:
        rows = ticket_lists.list_tickets(connection, wanted_tickets, query.limit + 1, cursor(query.parameters()))
        count, seconds = ticket_lists.count_tickets(connection, wanted_tickets)
    span, about = wanted_tickets.span or snapshot.span, wanted_tickets.about
    is_unknown = is_before_data(wanted_tickets, snapshot_known_from(snapshot))
    return TicketList(
        about=about,
        told=FILTERS[about].phrase if about else None,
        period=ReportPeriod(span.from_instant, span.to_instant),
        count=None if is_unknown else count,
        counted_hours=None if is_unknown else seconds / HOUR,
        tickets=tuple(listed_ticket(ListedTicket, row) for row in rows[: query.limit]),
        next=_next(rows, query.limit),
    )


def _review(site: Website, query: ReviewQuery) -> ReviewList:
    scope = existing_scope(site, query.scope)
    with site.database.read() as connection:
        rows = LISTS[query.list_](connection, scope, query.limit + 1, cursor(query.parameters()))
        in_doubt, contradicting = review_counts(connection, scope)
        decided, _ = ticket_lists.count_tickets(connection, TicketQuery(scope, "labelled", ALL_TIME))
    return ReviewList(
        in_doubt=in_doubt,
        contradicting=contradicting,
        decided=decided,
        tickets=tuple(listed_ticket(TicketToReview, row) for row in rows[: query.limit]),
        next=_next(rows, query.limit),
    )


def _next(rows: Sequence[Row], limit: int) -> str | None:
    """Return the cursor after `limit` rows; None unless a row follows."""
    # Queries ask for one row more than the answer shows: its presence is cheaper to find out than a count.
    return cursor_text(rows[limit - 1]["place"]) if len(rows) > limit else None


def listed_ticket(kind: type[T], row: Row) -> T:
    """Return a row of a list as a ticket of the API."""
    values = {field.name: row[field.name] for field in fields(kind) if field.name != "hours"}
    return kind(**values, hours=None if row["hours_are"] == "unknown" else row["seconds"] / HOUR)


def add_source_routes(routes: APIRouter, site: Website) -> None:
    """Add `/sources`, `/sources/runs/{number}` and `/scopes`."""

    summary = "Sources, how complete they are, their last runs"

    # Generated clients name their functions after the operation, which would otherwise be that of the function below.
    @routes.get("/sources", operation_id="known_sources_api_v1_sources_get", **described(SourceList, summary))
    def list_sources(request: Request) -> Response:
        return respond(request, _sources(site))

    @routes.get("/sources/runs/{number}", **described(RunRefusals, "What a run refused"))
    def refusals(request: Request, number: Number) -> Response:
        database = site.database
        refused, left_out = tuple(runs.refusals(database, number)), tuple(runs.left_out(database, number))
        return respond(request, RunRefusals(run=number, refusals=refused, left_out=left_out))

    @routes.get("/scopes", **described(ScopeList, "The values of scope"))
    def scopes(request: Request) -> Response:
        with site.database.read() as connection:
            values = cells.scope_values(connection)
        return respond(request, ScopeList(scopes={dimension: tuple(names) for dimension, names in values.items()}))


def _sources(site: Website) -> SourceList:
    status_names = [field.name for field in fields(SourceStatus) if field.name not in ("unknown", *ANALYSED)]
    overview = site.section(Overview, View(Scope()))
    analysed = {source.name: source for source in overview.sources} if overview else {}
    run_names = [field.name for field in fields(RunSummary)]
    states, words = sources.states(site.database), unknown_words(site.database)
    return SourceList(
        problems=tuple(site.ready().problems),
        sources=tuple(
            SourceStatus(
                **{name: getattr(state, name) for name in status_names}
                | {name: getattr(analysed.get(state.name), name, None) for name in ANALYSED}
                | {"unknown": words[state.name]}
            )
            for state in states
        ),
        runs=tuple(RunSummary(*(run[name] for name in run_names)) for run in runs.latest(site.database)),
    )
