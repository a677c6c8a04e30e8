"""Tickets as pages list them: a page at a time, the latest first, whatever the store holds."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, func, literal_column, select, tuple_

from service.store.queries.metric_filters import is_by_family, is_by_resolution, meets
from service.store.queries.scopes import Scope
from service.store.queries.statistics import Span
from service.store.results.tables import FactRow, FamilyRow, Label
from service.store.tickets.tables import Source, TicketRow, TransitionRow, table_of

FACT = table_of(FactRow)
FAMILY = table_of(FamilyRow)
LABEL = table_of(Label)
SOURCE = table_of(Source)
TICKET = table_of(TicketRow)
TRANSITION = table_of(TransitionRow)
SHOWN = (
    "key", "url", "title", "kind", "nature", "work_class", "confidence", "decided_by", "own_nature", "contradicts",
    "team", "service", "priority", "status", "status_category", "opened_at", "resolved_at", "reopens", "handoffs",
    "pingpong_strict", "stall_loops", "seconds", "hours_are",
)  # fmt: skip
COUNTED_AT_MOST = 1000
"""More are not counted: a page is to take the same time however many there are."""
NUMBERS_AT_ONCE = 500

Row = dict[str, Any]
Place = tuple[int, int]
"""Where a list goes on: (second of opening, number) of the last ticket that was shown."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tickets: those of a scope; that a metric or loop counts in a span; of one family, by its number.

    `handed` asks for those that one team handed to another: (from, to).
    """

    scope: Scope
    about: str | None = None
    span: Span | None = None
    family: int | None = None
    ids: tuple[str, ...] = ()
    handed: tuple[str, str] | None = None


def listed(connection: Connection, wanted: Wanted, limit: int, after: Place | None = None) -> list[Row]:
    """The next tickets, the latest first; `place` of each says where the list goes on behind it.

    They are in the order in which they were resolved where that is what they are listed for, else were opened.
    """
    order = _order(wanted)
    statement = _SHOWN.add_columns(order.label("at_s")).where(_condition(connection, wanted))
    if after is not None:
        statement = statement.where(tuple_(order, FACT.c.ticket_id) < after)
    rows = connection.execute(statement.order_by(order.desc(), FACT.c.ticket_id.desc()).limit(limit))
    return [_row(row._mapping) for row in rows]


def counted(connection: Connection, wanted: Wanted) -> tuple[int, int]:
    """(how many tickets there are, the seconds of work in them); one more than `COUNTED_AT_MOST` stands for more."""
    condition, span = _condition(connection, wanted), wanted.span
    if wanted.about is None or span is None or wanted.family is not None or not is_by_family(wanted.about):
        return _counted(connection, condition, COUNTED_AT_MOST + 1)
    tickets = seconds = 0
    for families in _returning(connection, span):
        mine = and_(condition, FACT.c.family_id.in_(families))
        more, work = _counted(connection, mine, COUNTED_AT_MOST + 1 - tickets)
        tickets, seconds = tickets + more, seconds + work
        if tickets > COUNTED_AT_MOST:
            break
    return tickets, seconds


def _returning(connection: Connection, span: Span) -> Iterator[Sequence[int]]:
    """The families that came back and had not come to their end when a span begins, some at a time."""
    here = FAMILY.c.episodes > literal_column("1"), FAMILY.c.last_end >= span.begin
    statement = select(FAMILY.c.id).where(*here).order_by(FAMILY.c.last_end.desc())
    return connection.execute(statement, execution_options={"yield_per": NUMBERS_AT_ONCE}).scalars().partitions()


def _counted(connection: Connection, condition: Any, limit: int) -> tuple[int, int]:
    joined = FACT.join(FAMILY, FAMILY.c.id == FACT.c.family_id, isouter=True)
    found = select(FACT.c.seconds).select_from(joined).where(condition).limit(limit).subquery()
    tickets, seconds = connection.execute(select(func.count(), func.sum(found.c.seconds))).one()
    return int(tickets), int(seconds or 0)


def members(connection: Connection, family: int, limit: int) -> list[Row]:
    """The latest tickets of a family with what was written as their resolution, the latest first."""
    statement = _SHOWN.add_columns(TICKET.c.resolution, FACT.c.opened_s.label("at_s")).join(
        TICKET, TICKET.c.id == FACT.c.ticket_id, isouter=True
    )
    latest = FACT.c.opened_s.desc(), FACT.c.external_id.desc()
    mine = statement.where(FACT.c.family_id == family).order_by(*latest).limit(limit)
    return [_row(row._mapping) for row in connection.execute(mine)]


def in_doubt(connection: Connection, scope: Scope, limit: int, after: Place | None = None) -> list[Row]:
    """The next tickets whose class is uncertain and about which no person said anything, with their description."""
    return _reviewed(connection, and_(_IN_DOUBT, scope.condition(connection)), limit, after)


def contradicting(connection: Connection, scope: Scope, limit: int, after: Place | None = None) -> list[Row]:
    """The next tickets whose text contradicts their kind and about which no person said anything."""
    return _reviewed(connection, and_(FACT.c.contradicts, scope.condition(connection)), limit, after)


def to_review(connection: Connection, scope: Scope) -> tuple[int, int]:
    """How many tickets (are in doubt, contradict their kind) and nothing was said of, counted as `counted` does."""
    own = scope.condition(connection)
    found = []
    for here in (_IN_DOUBT, FACT.c.contradicts):
        some = select(FACT.c.ticket_id).where(here, own, ~_SAID).limit(COUNTED_AT_MOST + 1).subquery()
        found.append(int(connection.execute(select(func.count()).select_from(some)).scalar_one()))
    return found[0], found[1]


def gone(connection: Connection, source: str, limit: int, after: int = 0) -> list[Row]:
    """The next tickets of a source, by their number, that a census no longer found there."""
    columns = (TICKET.c[name] for name in ("external_id", "key", "title", "kind", "opened_at", "deleted_at"))
    mine = select(TICKET.c.id.label("number"), *columns).join(SOURCE, SOURCE.c.id == TICKET.c.source_id)
    here = and_(SOURCE.c.name == source, TICKET.c.deleted_at.is_not(None), TICKET.c.id > after)
    return [dict(row._mapping) for row in connection.execute(mine.where(here).order_by(TICKET.c.id).limit(limit))]


def flows(connection: Connection, scope: Scope, span: Span, limit: int) -> list[tuple[str, str, int, int]]:
    """(from, to, how often, in how many tickets) of the handoffs between teams of tickets resolved in a span.

    The most frequent come first.
    """
    joined = FACT.join(TRANSITION, TRANSITION.c.ticket_id == FACT.c.ticket_id)
    here = and_(
        FACT.c.ended_s >= span.begin, FACT.c.ended_s < span.end, FACT.c.resolved_at.is_not(None),
        TRANSITION.c.field == "team", TRANSITION.c.old.is_not(None), TRANSITION.c.new.is_not(None),
        TRANSITION.c.old != TRANSITION.c.new, TRANSITION.c.old != "", TRANSITION.c.new != "",
        scope.condition(connection),
    )  # fmt: skip
    often, tickets = func.count().label("often"), func.count(FACT.c.ticket_id.distinct())
    statement = select(TRANSITION.c.old, TRANSITION.c.new, often, tickets).select_from(joined).where(here)
    grouped = statement.group_by(TRANSITION.c.old, TRANSITION.c.new).order_by(
        often.desc(), TRANSITION.c.old, TRANSITION.c.new
    )
    return [(row[0], row[1], int(row[2]), int(row[3])) for row in connection.execute(grouped.limit(limit))]


def services_of_cycles(connection: Connection, scope: Scope) -> dict[str, list[str]]:
    """The services of the tickets of each cycle, by the cycle's name, the most frequent first."""
    here = and_(FAMILY.c.is_cycle, FACT.c.service.is_not(None), scope.condition(connection))
    often = func.count().label("often")
    statement = select(FAMILY.c.name, FACT.c.service, often).join(FAMILY, FAMILY.c.id == FACT.c.family_id).where(here)
    ordered = statement.group_by(FAMILY.c.name, FACT.c.service).order_by(FAMILY.c.name, often.desc(), FACT.c.service)
    found: dict[str, list[str]] = defaultdict(list)
    for name, service, _ in connection.execute(ordered):
        found[name].append(service)
    return found


def _reviewed(connection: Connection, condition: Any, limit: int, after: Place | None) -> list[Row]:
    statement = _SHOWN.add_columns(TICKET.c.description, FACT.c.opened_s.label("at_s")).join(
        TICKET, TICKET.c.id == FACT.c.ticket_id, isouter=True
    )
    statement = statement.where(condition, ~_SAID)
    if after is not None:
        statement = statement.where(tuple_(FACT.c.opened_s, FACT.c.ticket_id) < after)
    latest = FACT.c.opened_s.desc(), FACT.c.ticket_id.desc()
    return [_row(row._mapping) for row in connection.execute(statement.order_by(*latest).limit(limit))]


def _order(wanted: Wanted) -> Any:
    return FACT.c.ended_s if wanted.about is not None and is_by_resolution(wanted.about) else FACT.c.opened_s


def _condition(connection: Connection, wanted: Wanted) -> Any:
    parts = [wanted.scope.condition(connection)]
    if wanted.about is not None and wanted.span is not None:
        parts.append(meets(wanted.about, wanted.span))
    if wanted.family is not None:
        parts.append(FACT.c.family_id == wanted.family)
    if wanted.handed is not None:
        one, other = wanted.handed
        moved = and_(TRANSITION.c.field == "team", TRANSITION.c.old == one, TRANSITION.c.new == other)
        parts.append(select(TRANSITION.c.ticket_id).where(TRANSITION.c.ticket_id == FACT.c.ticket_id, moved).exists())
    if wanted.ids:
        parts.append(FACT.c.external_id.in_(wanted.ids[:NUMBERS_AT_ONCE]))
    return and_(*parts)


def _row(found: Any) -> Row:
    row = dict(found)
    return row | {"place": (row.pop("at_s"), row["number"])}


_SAID = (
    select(LABEL.c.nature)
    .where(LABEL.c.source_id == FACT.c.source_id, LABEL.c.external_id == FACT.c.external_id)
    .exists()
)
_IN_DOUBT = FACT.c.confidence < literal_column("0.6")
"""As the partial index has it: a parameter would hide that from the database."""
_SHOWN = (
    select(
        FACT.c.ticket_id.label("number"), FACT.c.external_id.label("id"),
        SOURCE.c.name.label("source"), FAMILY.c.name.label("family"), *(FACT.c[name] for name in SHOWN),
    )
    .join(FAMILY, FAMILY.c.id == FACT.c.family_id, isouter=True)
    .join(SOURCE, SOURCE.c.id == FACT.c.source_id, isouter=True)
)  # fmt: skip
