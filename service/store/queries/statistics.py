"""Tickets by loop, team and family, as reports name them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, and_, func, select

from service.analysis.clusters import FamilyWeeks
from service.store.queries.metric_filters import DENOMINATORS, FILTERS, matches
from service.store.queries.scopes import Scope, Span
from service.store.results.tables import EpisodeRow, FactRow, FamilyRow
from service.store.tickets.tables import table_of

FACT = table_of(FactRow)
FAMILY = table_of(FamilyRow)
EPISODE = table_of(EpisodeRow)
LOOP_COUNTS = {"reopened": FACT.c.reopens, "pingpong": FACT.c.pingpong_strict, "stalled": FACT.c.stall_loops}
WEEK_SECONDS = 7 * 86_400
FILTERS_BY_MEASURE = {
    "failures": "failure_demand_share", "repeat": "repeat_share", "endless": "endless_share",
    "requests": "requests", "rerequest": "request_repeat_share",
}  # fmt: skip
MEASURES_OF_HOURS = ("failures", "repeat")
# A report names examples; pages list all of them.
MAX_NAMED = 20


@dataclass(frozen=True, slots=True)
class LoopCount:
    """The tickets that loop of `n` resolved with a history, their seconds, and the ids of the worst, worst first.

    `unknown` of them have unknown hours.
    """

    tickets: int
    n: int
    seconds: int
    unknown: int
    worst: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FamilyPart:
    """Some tickets of a family: how many, repeats among them, seconds, how many of those were logged, and the ids."""

    tickets: int
    repeats: int
    seconds: int
    logged_seconds: int
    ids: tuple[str, ...]


def count_loop(connection: Connection, name: str, scope: Scope, span: Span) -> LoopCount:
    """Return one kind of loop among the tickets resolved in a span; `name` is one of `LOOP_COUNTS`."""
    times = LOOP_COUNTS[name]
    all_tickets = and_(matches(DENOMINATORS[name], span), scope.condition(connection))
    loops = matches(name, span)
    unknown = and_(loops, FACT.c.hours_are == "unknown")
    seconds_of = func.coalesce(func.sum(FACT.c.seconds).filter(loops), 0)
    counts = select(func.count(), func.count().filter(loops), seconds_of, func.count().filter(unknown))
    n, tickets, seconds, without = connection.execute(counts.where(all_tickets)).one()
    # By source too: an external id is unique within its source only, and the same data must give the same report.
    ordered = times.desc(), FACT.c.source_id, FACT.c.external_id
    worst = select(FACT.c.external_id).where(loops, scope.condition(connection)).order_by(*ordered).limit(MAX_NAMED)
    return LoopCount(int(tickets), int(n), int(seconds), int(without), tuple(connection.execute(worst).scalars()))


def openings_by_source(connection: Connection, scope: Scope, span: Span) -> dict[int, int]:
    """Return the number of tickets of a scope that were opened in a span, by the number of their source."""
    opened = matches("opened", span), scope.condition(connection)
    statement = select(FACT.c.source_id, func.count()).where(*opened).group_by(FACT.c.source_id)
    return dict(connection.execute(statement).all())


def family_weeks(connection: Connection, scope: Scope, span: Span) -> FamilyWeeks:
    """Return the failures and requests of a scope that were opened in a span, by family and by week of the span.

    Reads the facts of the span by their opening, whatever else is stored.
    """
    # Weeks of 168 hours: where clocks change, tickets within an hour of a Monday go to the week beside theirs.
    week = (FACT.c.opened_s - span.begin) // WEEK_SECONDS
    is_part = {name: FILTERS[filter_].condition for name, filter_ in FILTERS_BY_MEASURE.items()}
    counts = [func.count().filter(condition) for condition in is_part.values()]
    seconds = [func.coalesce(func.sum(FACT.c.seconds).filter(is_part[name]), 0) for name in MEASURES_OF_HOURS]
    statement = select(FACT.c.family_id, week, *counts, *seconds)
    in_span = matches("reactive_share", span), FACT.c.family_id.is_not(None), scope.condition(connection)
    rows = connection.execute(statement.where(*in_span).group_by(FACT.c.family_id, week)).all()
    columns = np.array([tuple(map(int, row)) for row in rows], np.int64).reshape(-1, 2 + len(counts) + len(seconds)).T
    names = (*is_part, *(f"{name}.s" for name in MEASURES_OF_HOURS))
    sums = dict(zip(names, columns[2:].astype(np.float64), strict=True))
    return FamilyWeeks(columns[0], columns[1], sums)


def misfiled_ids(connection: Connection, scope: Scope, span: Span) -> tuple[str, ...]:
    """Return ids of tickets opened in a span whose text contradicts their kind, the newest first, at most 20."""
    newest = FACT.c.opened_s.desc(), FACT.c.external_id
    misfiled = matches("misfiled_share", span), scope.condition(connection)
    statement = select(FACT.c.external_id).where(*misfiled).order_by(*newest)
    return tuple(connection.execute(statement.limit(MAX_NAMED)).scalars())


def pingpong_ids(connection: Connection, span: Span) -> dict[str, tuple[str, ...]]:
    """Return ids of tickets resolved in a span that went straight back, by team, worst first, at most 20 each."""
    worst = FACT.c.pingpong_strict.desc(), FACT.c.source_id, FACT.c.external_id
    pingpong = matches("pingpong_rate_strict", span), FACT.c.team.is_not(None)
    return _ids_by_team(connection, select(FACT.c.team, FACT.c.external_id).where(*pingpong).order_by(*worst))


def repeat_ids(connection: Connection, span: Span) -> dict[str, tuple[str, ...]]:
    """Return ids of repeats opened in a span, by team, those with most work first, at most 20 each."""
    most = FACT.c.seconds.desc(), FACT.c.source_id, FACT.c.external_id
    repeats = matches("repeat_share", span), FACT.c.team.is_not(None)
    return _ids_by_team(connection, select(FACT.c.team, FACT.c.external_id).where(*repeats).order_by(*most))


def _ids_by_team(connection: Connection, statement: Any) -> dict[str, tuple[str, ...]]:
    by_team: dict[str, list[str]] = defaultdict(list)
    for team, id_ in connection.execute(statement):
        if len(by_team[team]) < MAX_NAMED:
            by_team[team].append(id_)
    return {team: tuple(ids) for team, ids in by_team.items()}


def cycle_repeats(connection: Connection, scope: Scope, span: Span, about: str) -> dict[int, FamilyPart]:
    """Return the repeats of cycles opened in a span, by number of family, those with most work first.

    `about` is the share whose tickets they are: `repeat_share` of failures and rework, or `request_repeat_share`.
    """
    repeats = and_(matches(about, span), FAMILY.c.is_cycle, scope.condition(connection))
    return _parts(connection, repeats, FACT.c.seconds.desc())


def cycle_tickets(connection: Connection, scope: Scope) -> dict[int, FamilyPart]:
    """Return the tickets of cycles in a scope, by number of family, the latest first."""
    return _parts(connection, and_(FAMILY.c.is_cycle, scope.condition(connection)), FACT.c.opened_s.desc())


def _parts(connection: Connection, condition: Any, order: Any) -> dict[int, FamilyPart]:
    columns = select(FACT.c.family_id, FACT.c.external_id, FACT.c.seconds, FACT.c.hours_are, FACT.c.is_repeat)
    statement = columns.join(FAMILY, FAMILY.c.id == FACT.c.family_id).where(condition)
    tickets: dict[int, list[_PartTicket]] = defaultdict(list)
    for family_id, *ticket in connection.execute(statement.order_by(order, FACT.c.external_id)):
        tickets[family_id].append(_PartTicket._make(ticket))
    return {family_id: _part(tickets_of) for family_id, tickets_of in tickets.items()}


class _PartTicket(NamedTuple):
    id: str
    seconds: int
    hours_are: str
    is_repeat: bool


def _part(tickets: Sequence[_PartTicket]) -> FamilyPart:
    seconds = sum(ticket.seconds for ticket in tickets)
    logged = sum(ticket.seconds for ticket in tickets if ticket.hours_are == "logged")
    repeats = sum(ticket.is_repeat for ticket in tickets)
    return FamilyPart(len(tickets), repeats, seconds, logged, tuple(ticket.id for ticket in tickets))


def families_in_scope(connection: Connection, scope: Scope, numbers: Sequence[int]) -> set[int]:
    """Return those of these families that have a ticket in a scope."""
    statement = select(FACT.c.family_id).where(FACT.c.family_id.in_(numbers), scope.condition(connection)).distinct()
    return set(connection.execute(statement).scalars())


def ids_since(connection: Connection, family_id: int, at: datetime) -> tuple[str, ...]:
    """Return ids of the tickets of a family's episodes that began after an instant, the latest first, at most 20."""
    later = EPISODE.c.family_id == family_id, EPISODE.c.start_s > int(at.timestamp())
    # A ticket that joins an episode from before the instant is no return, whenever it was opened.
    first = select(func.min(EPISODE.c.start_s)).where(*later).scalar_subquery()
    since = FACT.c.family_id == family_id, FACT.c.burst_s >= first
    latest = FACT.c.opened_s.desc(), FACT.c.external_id
    statement = select(FACT.c.external_id).where(*since).order_by(*latest).limit(MAX_NAMED)
    return tuple(connection.execute(statement).scalars())
