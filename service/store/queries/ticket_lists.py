"""Tickets as pages list them: a page at a time, the latest first, however many the store holds."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, func, literal_column, select, tuple_

from service.store.queries.metric_filters import is_by_family, is_by_resolution, matches
from service.store.queries.natures import shown
from service.store.queries.scopes import Scope, Span
from service.store.results.tables import FactRow, FamilyRow
from service.store.tickets.tables import SourceRow, TicketRow, TransitionRow, table_of

FACT = table_of(FactRow)
FAMILY = table_of(FamilyRow)
SOURCE = table_of(SourceRow)
TICKET = table_of(TicketRow)
TRANSITION = table_of(TransitionRow)
COLUMNS = (
    "key", "url", "title", "kind", "nature", "work_class", "confidence", "decided_by", "own_nature", "contradicts",
    "team", "service", "priority", "status", "status_category", "opened_at", "resolved_at", "reopens", "handoffs",
    "pingpong_strict", "stall_loops", "seconds", "hours_are",
)  # fmt: skip
MAX_COUNTED = 1000
"""Counting ends here, so that a page takes the same time however many tickets there are."""
MAX_IDS = 500
FAMILIES_PER_BATCH = 500

Row = dict[str, Any]
Cursor = tuple[int, int]
"""The end of a page of a list: (the second by which the list is ordered, number) of its last ticket."""


@dataclass(frozen=True, slots=True)
class TicketQuery:
    """The tickets to list: those of a scope that meet every other field that is given.

    `about` names a filter of `metric_filters`, which needs a span. `family` is the number of a family, `episode` the
    span from the start of one of its episodes to that of the next, `handoff` names (from, to) the teams of a handoff.
    """

    scope: Scope
    about: str | None = None
    span: Span | None = None
    family: int | None = None
    ids: tuple[str, ...] = ()
    handoff: tuple[str, str] | None = None
    episode: Span | None = None


def list_tickets(connection: Connection, query: TicketQuery, limit: int, after: Cursor | None = None) -> list[Row]:
    """Return the next tickets, the latest first; `place` of each is the cursor that continues the list after it.

    They are ordered by what decides whether they are listed: their resolution, the opening by which they belong to an
    episode, else their own opening.
    """
    order = _order(query)
    statement = SHOWN.add_columns(order.label("at_s")).where(_condition(connection, query))
    if after is not None:
        statement = statement.where(tuple_(order, FACT.c.ticket_id) < after)
    rows = connection.execute(statement.order_by(order.desc(), FACT.c.ticket_id.desc()).limit(limit))
    return [as_row(row._mapping) for row in rows]


def _order(query: TicketQuery) -> Any:
    if query.episode is not None:
        return FACT.c.burst_s
    return FACT.c.ended_s if query.about is not None and is_by_resolution(query.about) else FACT.c.opened_s


def count_tickets(connection: Connection, query: TicketQuery) -> tuple[int, int]:
    """Return (how many tickets there are, the seconds of work in them); `MAX_COUNTED` + 1 stands for more."""
    condition, span = _condition(connection, query), query.span
    if query.about is None or span is None or query.family is not None or not is_by_family(query.about):
        return _count(connection, condition, MAX_COUNTED + 1)
    # Family by family: the few families that came back lead to their tickets by an index, whereas the condition on
    # the family would have every ticket of the span read and joined.
    tickets = seconds = 0
    for families in _returning_families(connection, span):
        in_batch = and_(condition, FACT.c.family_id.in_(families))
        more, work = _count(connection, in_batch, MAX_COUNTED + 1 - tickets)
        tickets, seconds = tickets + more, seconds + work
        if tickets > MAX_COUNTED:
            break
    return tickets, seconds


def _returning_families(connection: Connection, span: Span) -> Iterator[Sequence[int]]:
    """Yield batches of the families that came back and had a ticket since a span began."""
    # A literal, as the partial index has it: a parameter would keep the database from using that.
    returning = FAMILY.c.episodes > literal_column("1"), FAMILY.c.last_opening >= span.begin
    statement = select(FAMILY.c.id).where(*returning).order_by(FAMILY.c.last_opening.desc())
    options = {"yield_per": FAMILIES_PER_BATCH}
    return connection.execute(statement, execution_options=options).scalars().partitions()


def _count(connection: Connection, condition: Any, limit: int) -> tuple[int, int]:
    joined = FACT.join(FAMILY, FAMILY.c.id == FACT.c.family_id, isouter=True)
    limited = select(FACT.c.seconds).select_from(joined).where(condition).limit(limit).subquery()
    tickets, seconds = connection.execute(select(func.count(), func.sum(limited.c.seconds))).one()
    return int(tickets), int(seconds or 0)


def _condition(connection: Connection, query: TicketQuery) -> Any:
    conditions = [query.scope.condition(connection)]
    if query.about is not None and query.span is not None:
        conditions.append(matches(query.about, query.span, query.scope.dimension))
    if query.family is not None:
        conditions.append(FACT.c.family_id == query.family)
    if query.episode is not None:
        # Not by their own openings: a child of an outage belongs to its episode whenever it comes.
        conditions += [FACT.c.burst_s >= query.episode.begin, FACT.c.burst_s < query.episode.end]
    if query.handoff is not None:
        giver, taker = query.handoff
        handed = and_(TRANSITION.c.field == "team", TRANSITION.c.old == giver, TRANSITION.c.new == taker)
        of_ticket = TRANSITION.c.ticket_id == FACT.c.ticket_id
        conditions.append(select(TRANSITION.c.ticket_id).where(of_ticket, handed).exists())
    if query.ids:
        conditions.append(FACT.c.external_id.in_(query.ids[:MAX_IDS]))
    return and_(*conditions)


def family_tickets(connection: Connection, family: int, limit: int) -> list[Row]:
    """Return the latest tickets of a family with the text of their resolution, the latest first."""
    statement = SHOWN.add_columns(TICKET.c.resolution, FACT.c.opened_s.label("at_s")).join(
        TICKET, TICKET.c.id == FACT.c.ticket_id, isouter=True
    )
    latest = FACT.c.opened_s.desc(), FACT.c.external_id.desc()
    rows = connection.execute(statement.where(FACT.c.family_id == family).order_by(*latest).limit(limit))
    return [as_row(row._mapping) for row in rows]


def deleted_tickets(connection: Connection, source: str, limit: int, after: int = 0) -> list[Row]:
    """Return the next tickets of a source, by their number, that a census no longer saw there."""
    columns = (TICKET.c[name] for name in ("external_id", "key", "title", "kind", "opened_at", "deleted_at"))
    statement = select(TICKET.c.id.label("number"), *columns).join(SOURCE, SOURCE.c.id == TICKET.c.source_id)
    deleted = and_(SOURCE.c.name == source, TICKET.c.deleted_at.is_not(None), TICKET.c.id > after)
    rows = connection.execute(statement.where(deleted).order_by(TICKET.c.id).limit(limit))
    return [dict(row._mapping) for row in rows]


def handoffs(connection: Connection, scope: Scope, span: Span, limit: int) -> list[tuple[str, str, int, int]]:
    """Return (from, to, how often, in how many tickets) of handoffs between teams, the most frequent first.

    They are those of tickets resolved in the span.
    """
    joined = FACT.join(TRANSITION, TRANSITION.c.ticket_id == FACT.c.ticket_id)
    handed = and_(
        matches("resolved", span), scope.condition(connection),
        TRANSITION.c.field == "team", TRANSITION.c.old.is_not(None), TRANSITION.c.new.is_not(None),
        TRANSITION.c.old != TRANSITION.c.new, TRANSITION.c.old != "", TRANSITION.c.new != "",
    )  # fmt: skip
    times, tickets = func.count().label("times"), func.count(FACT.c.ticket_id.distinct())
    teams = TRANSITION.c.old, TRANSITION.c.new
    statement = select(*teams, times, tickets).select_from(joined).where(handed).group_by(*teams)
    rows = connection.execute(statement.order_by(times.desc(), *teams).limit(limit))
    return [(row[0], row[1], int(row[2]), int(row[3])) for row in rows]


def cycle_services(connection: Connection, scope: Scope) -> dict[str, list[str]]:
    """Return the services of the tickets of each cycle, by the cycle's name, the most frequent first."""
    in_cycle = and_(FAMILY.c.is_cycle, FACT.c.service.is_not(None), scope.condition(connection))
    tickets = func.count().label("tickets")
    statement = select(FAMILY.c.name, FACT.c.service, tickets).join(FAMILY, FAMILY.c.id == FACT.c.family_id)
    grouped = statement.where(in_cycle).group_by(FAMILY.c.name, FACT.c.service)
    services: dict[str, list[str]] = defaultdict(list)
    for name, service, _ in connection.execute(grouped.order_by(FAMILY.c.name, tickets.desc(), FACT.c.service)):
        services[name].append(service)
    return services


def as_row(mapping: Any) -> Row:
    """Return a row of a statement made from `SHOWN`, with the cursor that continues the list after it."""
    row = dict(mapping)
    return row | {"place": (row.pop("at_s"), row["number"])}


SHOWN = (
    select(
        FACT.c.ticket_id.label("number"), FACT.c.external_id.label("id"),
        SOURCE.c.name.label("source"), FAMILY.c.name.label("family"), *map(shown, COLUMNS),
    )
    .join(FAMILY, FAMILY.c.id == FACT.c.family_id, isouter=True)
    .join(SOURCE, SOURCE.c.id == FACT.c.source_id, isouter=True)
)  # fmt: skip
"""What pages show of a ticket; `at_s`, the second by which a list is ordered, is to be added."""
