"""Rows for exports, in bounded memory."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.engine import Connection

from service.store.database import Database
from service.store.queries.natures import shown
from service.store.queries.scopes import Scope
from service.store.results.tables import EpisodeRow, FactRow, FamilyRow
from service.store.tickets import reader
from service.store.tickets.tables import SourceRow, TicketRow, table_of

FACT = table_of(FactRow)
FAMILY = table_of(FamilyRow)
EPISODE = table_of(EpisodeRow)
TICKET = table_of(TicketRow)
SOURCE = table_of(SourceRow)
FACT_COLUMNS = (
    "key", "url", "kind", "nature", "work_class", "confidence", "decided_by", "opened_at", "updated_at",
    "first_resolved_at", "resolved_at", "closed_at", "status", "status_category", "priority", "team", "service",
    "category", "provider", "reopens", "handoffs", "pingpong_strict", "pingpong_loose", "stall_loops", "seconds",
    "hours_are", "history_is", "reopen_count", "reassignment_count", "own_nature", "contradicts",
    "ended_is", "is_repeat", "is_endless",
)  # fmt: skip
DELETED_COLUMNS = (
    "key", "url", "kind", "opened_at", "updated_at", "status", "status_category", "priority", "team", "service",
    "category", "provider", "reopen_count", "reassignment_count", "deleted_at", "resolution_code",
)  # fmt: skip
BATCH_SIZE = 1000


def analysed_tickets(results: Database, tickets: Database, condition: Any) -> Iterator[dict[str, Any]]:
    """Yield every ticket that meets a condition, with its analysis, its family and the number of its episode."""
    names = reader.source_names(tickets)
    earlier = EPISODE.c.family_id == FACT.c.family_id, EPISODE.c.start_s <= FACT.c.burst_s
    number = select(func.count()).select_from(EPISODE).where(*earlier).scalar_subquery()
    columns = [shown(name) for name in FACT_COLUMNS]
    statement = select(
        FACT.c.ticket_id, FACT.c.source_id, FACT.c.external_id.label("id"), FAMILY.c.name.label("family"),
        case((FAMILY.c.episodes > 1, number), (FAMILY.c.episodes == 1, 1)).label("episode"), *columns,
    ).join(FAMILY, FAMILY.c.id == FACT.c.family_id, isouter=True).where(condition)  # fmt: skip
    last = -1
    with results.read() as connection:
        while rows := connection.execute(
            statement.where(FACT.c.ticket_id > last).order_by(FACT.c.ticket_id).limit(BATCH_SIZE)
        ).all():
            codes = _resolution_codes(tickets, last, rows[-1].ticket_id)
            for row in rows:
                fact = dict(row._mapping)
                code = codes.get(fact["ticket_id"])
                source = {"source": names[fact["source_id"]], "resolution_code": code, "deleted_at": None}
                yield fact | _known_ends(fact) | source
            last = rows[-1].ticket_id
            # Ends the read: an export of a million tickets must not keep old rows alive, nor the log of SQLite growing.
            connection.rollback()


def _resolution_codes(tickets: Database, after: int, last: int) -> dict[int, str]:
    """Return the codes of resolution of the tickets of a range, by the number of the ticket."""
    in_range = TICKET.c.id > after, TICKET.c.id <= last, TICKET.c.resolution_code.is_not(None)
    with tickets.read() as connection:
        return dict(connection.execute(select(TICKET.c.id, TICKET.c.resolution_code).where(*in_range)).all())


def _known_ends(fact: dict[str, Any]) -> dict[str, Any]:
    """Return no times of an end that is assumed: whoever reads the export would take them for those of the source."""
    return {"resolved_at": None, "closed_at": None} if fact["ended_is"] == "assumed" else {}


def deleted_tickets(tickets: Database, scope: Scope) -> Iterator[dict[str, Any]]:
    """Yield the tickets that were deleted in their source, which are no longer analysed."""
    columns = [TICKET.c[name] for name in DELETED_COLUMNS]
    is_deleted = TICKET.c.deleted_at.is_not(None)
    statement = select(SOURCE.c.name.label("source"), TICKET.c.external_id.label("id"), *columns)
    ordered = statement.join(SOURCE, SOURCE.c.id == TICKET.c.source_id).where(is_deleted).order_by(TICKET.c.id)
    unknown = dict.fromkeys((*FACT_COLUMNS, "family", "episode", "hours"))
    with tickets.read() as connection:
        for row in connection.execute(ordered, execution_options={"yield_per": BATCH_SIZE}):
            ticket = unknown | dict(row._mapping)
            if scope.dimension == "all" or ticket[scope.dimension] == scope.value:
                yield ticket


def family_sources(connection: Connection, tickets: Database, names: Sequence[str]) -> dict[str, str]:
    """Return the source of each of these families by the family's name."""
    source_names = reader.source_names(tickets)
    rows = connection.execute(select(FAMILY.c.name, FAMILY.c.source_id).where(FAMILY.c.name.in_(names)))
    return {name: source_names[source_id] for name, source_id in rows}
