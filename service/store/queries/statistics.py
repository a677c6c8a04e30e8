"""Questions to the facts of one scope: which tickets loop, are misfiled, belong to cycles."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, func, select

from service.analysis.classify import REVIEW_BELOW
from service.store.queries.scopes import Scope
from service.store.results.tables import FactRow, FamilyRow
from service.store.tickets.tables import table_of

FACT = table_of(FactRow)
FAMILY = table_of(FamilyRow)
LOOPS = {"reopened": FACT.c.reopens, "pingpong": FACT.c.pingpong_strict, "stalled": FACT.c.stall_loops}
NAMED_AT_MOST = 20


@dataclass(frozen=True, slots=True)
class Span:
    """From `begin` up to, and without, `end`, in seconds since 1970."""

    begin: int
    end: int

    @property
    def from_instant(self) -> datetime:
        """Where it begins."""
        return datetime.fromtimestamp(self.begin, UTC)

    @property
    def to_instant(self) -> datetime:
        """Where it ends."""
        return datetime.fromtimestamp(self.end, UTC)


EVER = Span(0, int(datetime(9999, 12, 31, tzinfo=UTC).timestamp()))
"""All time."""


@dataclass(frozen=True, slots=True)
class Loop:
    """Of `n` tickets resolved with a history, those that loop, their seconds, and the ids of the worst, worst first."""

    tickets: int
    n: int
    seconds: int
    worst: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Some tickets of a family: how many, their seconds, those of them that were logged, and the tickets' ids."""

    tickets: int
    seconds: int
    logged_seconds: int
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InDoubt:
    """A ticket that a person should label; see `Fact`."""

    id: str
    key: str
    title: str
    nature: str
    work_class: str
    confidence: float
    decided_by: str
    own_nature: str | None
    contradicts: bool


def in_doubt(connection: Connection, limit: int) -> list[InDoubt]:
    """The review list: tickets below the confidence that needs no review, then those that contradict their kind."""
    columns = select(*(FACT.c["external_id" if name == "id" else name] for name in InDoubt.__slots__))
    doubtful = columns.where(FACT.c.confidence < REVIEW_BELOW).order_by(FACT.c.confidence, FACT.c.opened_s.desc())
    found = [InDoubt(*row) for row in connection.execute(doubtful.limit(limit))]
    clear = and_(FACT.c.contradicts, FACT.c.confidence >= REVIEW_BELOW, ~FACT.c.decided_by.startswith("person"))
    newest = columns.where(clear).order_by(FACT.c.opened_s.desc(), FACT.c.external_id)
    return found + [InDoubt(*row) for row in connection.execute(newest.limit(limit - len(found)))]


def loop(connection: Connection, name: str, scope: Scope, span: Span) -> Loop:
    """One kind of loop among the tickets resolved in a span; `name` is one of `LOOPS`."""
    times = LOOPS[name]
    here = and_(
        FACT.c.ended_s >= span.begin, FACT.c.ended_s < span.end, FACT.c.resolved_at.is_not(None),
        FACT.c.history_is.in_(("history", "truncated")), scope.condition(connection),
    )  # fmt: skip
    loops = times > 0
    counted = select(func.count(), func.count().filter(loops), func.sum(FACT.c.seconds).filter(loops)).where(here)
    n, tickets, seconds = connection.execute(counted).one()
    worst = select(FACT.c.external_id).where(here, loops).order_by(times.desc(), FACT.c.source_id, FACT.c.external_id)
    ids = connection.execute(worst.limit(NAMED_AT_MOST)).scalars()
    return Loop(int(tickets), int(n), int(seconds or 0), tuple(ids))


def misfiled(connection: Connection, scope: Scope, span: Span) -> tuple[str, ...]:
    """Ids of tickets opened in a span whose text contradicts their kind, the newest first, not all of them."""
    here = and_(FACT.c.opened_s >= span.begin, FACT.c.opened_s < span.end, FACT.c.contradicts)
    newest = FACT.c.opened_s.desc(), FACT.c.external_id
    statement = select(FACT.c.external_id).where(here, scope.condition(connection)).order_by(*newest)
    return tuple(connection.execute(statement.limit(NAMED_AT_MOST)).scalars())


def pingpong_by_team(connection: Connection, span: Span) -> dict[str, tuple[str, ...]]:
    """Ids of tickets resolved in a span that went straight back, by the team that has them, worst first."""
    here = and_(FACT.c.ended_s >= span.begin, FACT.c.ended_s < span.end, FACT.c.pingpong_strict > 0)
    worst = FACT.c.pingpong_strict.desc(), FACT.c.source_id, FACT.c.external_id
    statement = select(FACT.c.team, FACT.c.external_id).where(here, FACT.c.team.is_not(None)).order_by(*worst)
    return _some(connection, statement)


def repeats_by_team(connection: Connection, span: Span) -> dict[str, tuple[str, ...]]:
    """Ids of repeats opened in a span, by team, those with most work first."""
    here = and_(_repeats(span), FACT.c.team.is_not(None))
    most = FACT.c.seconds.desc(), FACT.c.source_id, FACT.c.external_id
    joined = select(FACT.c.team, FACT.c.external_id).join(FAMILY, FAMILY.c.id == FACT.c.family_id)
    return _some(connection, joined.where(here).order_by(*most))


def _some(connection: Connection, statement: Any) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for team, id_ in connection.execute(statement):
        if len(found[team]) < NAMED_AT_MOST:
            found[team].append(id_)
    return {team: tuple(ids) for team, ids in found.items()}


def repeats(connection: Connection, scope: Scope, span: Span) -> dict[int, Part]:
    """The repeats of cycles that were opened in a span, by number of family, those with most work first."""
    return _parts(connection, and_(_repeats(span), FAMILY.c.is_cycle, scope.condition(connection)))


def of_cycles(connection: Connection, scope: Scope) -> dict[int, Part]:
    """The tickets of cycles in a scope, by number of family, the latest first."""
    return _parts(connection, and_(FAMILY.c.is_cycle, scope.condition(connection)), FACT.c.opened_s.desc())


def _repeats(span: Span) -> Any:
    in_span = and_(FACT.c.opened_s >= span.begin, FACT.c.opened_s < span.end)
    return and_(in_span, FACT.c.opened_s > FAMILY.c.first_end, FAMILY.c.is_dismissed.is_(False))


def _parts(connection: Connection, condition: Any, order: Any = None) -> dict[int, Part]:
    order = FACT.c.seconds.desc() if order is None else order
    columns = select(FACT.c.family_id, FACT.c.external_id, FACT.c.seconds, FACT.c.hours_are)
    statement = columns.join(FAMILY, FAMILY.c.id == FACT.c.family_id).where(condition)
    found: dict[int, list[tuple[str, int, str]]] = defaultdict(list)
    for family_id, *ticket in connection.execute(statement.order_by(order, FACT.c.external_id)):
        found[family_id].append((ticket[0], ticket[1], ticket[2]))
    return {family_id: _part(tickets) for family_id, tickets in found.items()}


def _part(tickets: Sequence[tuple[str, int, str]]) -> Part:
    seconds = sum(work for _, work, _ in tickets)
    logged = sum(work for _, work, are in tickets if are == "logged")
    return Part(len(tickets), seconds, logged, tuple(id_ for id_, _, _ in tickets))


def with_families(connection: Connection, scope: Scope, numbers: Sequence[int]) -> set[int]:
    """Those of these families that have a ticket in a scope."""
    statement = select(FACT.c.family_id).where(FACT.c.family_id.in_(numbers), scope.condition(connection)).distinct()
    return set(connection.execute(statement).scalars())


def after(connection: Connection, family_id: int, at: datetime) -> tuple[str, ...]:
    """Ids of a family's tickets that were opened after a moment, the latest first, not all of them."""
    here = FACT.c.family_id == family_id, FACT.c.opened_s > int(at.timestamp())
    latest = FACT.c.opened_s.desc(), FACT.c.external_id
    statement = select(FACT.c.external_id).where(*here).order_by(*latest).limit(NAMED_AT_MOST)
    return tuple(connection.execute(statement).scalars())
