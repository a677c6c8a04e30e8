"""The review list: tickets whose class a person should decide, for pages, API and commands alike.

In doubt are classes below the confidence that needs no review; contradicting are texts that say something else than
the system's own kind. A ticket that a person has labelled is on neither list.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, func, select, tuple_

from service.store.queries.natures import IS_DECIDED, IS_UNDECIDED, LIKELIEST, shown
from service.store.queries.scopes import Scope
from service.store.queries.ticket_lists import MAX_COUNTED, SHOWN, Cursor, Row, as_row
from service.store.results.tables import FactRow, LabelRow
from service.store.tickets.tables import TicketRow, table_of

FACT = table_of(FactRow)
LABEL = table_of(LabelRow)
TICKET = table_of(TicketRow)

_LABELLED = (
    select(LABEL.c.nature)
    .where(LABEL.c.source_id == FACT.c.source_id, LABEL.c.external_id == FACT.c.external_id)
    .exists()
)
_IN_DOUBT = and_(IS_UNDECIDED, ~_LABELLED)
_CONTRADICTING = and_(FACT.c.contradicts, ~_LABELLED)


@dataclass(frozen=True, slots=True)
class ReviewTicket:
    """A ticket on the review list, by its id in its system; see `Fact`.

    Nature and class are `undecided` where they are; `likeliest` is the class that it most likely has.
    """

    id: str
    key: str
    title: str
    nature: str
    work_class: str
    confidence: float
    decided_by: str
    own_nature: str | None
    contradicts: bool
    likeliest: str


def review_list(connection: Connection, limit: int) -> list[ReviewTicket]:
    """Return tickets to review of all sources: those in doubt, the least certain first, then contradicting ones."""
    named: dict[str, Any] = {"id": FACT.c.external_id, "likeliest": LIKELIEST}
    columns = select(*(named[name] if name in named else shown(name) for name in ReviewTicket.__slots__))
    newest = FACT.c.opened_s.desc(), FACT.c.external_id
    doubtful = columns.where(_IN_DOUBT).order_by(FACT.c.confidence, FACT.c.opened_s.desc()).limit(limit)
    tickets = [ReviewTicket(*row) for row in connection.execute(doubtful)]
    certain = columns.where(_CONTRADICTING, IS_DECIDED).order_by(*newest)
    return tickets + [ReviewTicket(*row) for row in connection.execute(certain.limit(limit - len(tickets)))]


def in_doubt(connection: Connection, scope: Scope, limit: int, after: Cursor | None = None) -> list[Row]:
    """Return the next tickets in doubt with their description, the latest first."""
    return _rows(connection, and_(_IN_DOUBT, scope.condition(connection)), limit, after)


def contradicting(connection: Connection, scope: Scope, limit: int, after: Cursor | None = None) -> list[Row]:
    """Return the next contradicting tickets with their description, the latest first."""
    return _rows(connection, and_(_CONTRADICTING, scope.condition(connection)), limit, after)


def review_counts(connection: Connection, scope: Scope) -> tuple[int, int]:
    """Return how many tickets are (in doubt, contradicting); `MAX_COUNTED` + 1 stands for more."""
    return _count(connection, scope, _IN_DOUBT), _count(connection, scope, _CONTRADICTING)


def _count(connection: Connection, scope: Scope, condition: Any) -> int:
    matching = select(FACT.c.ticket_id).where(condition, scope.condition(connection))
    limited = matching.limit(MAX_COUNTED + 1).subquery()
    return int(connection.execute(select(func.count()).select_from(limited)).scalar_one())


def _rows(connection: Connection, condition: Any, limit: int, after: Cursor | None) -> list[Row]:
    statement = SHOWN.add_columns(TICKET.c.description, LIKELIEST, FACT.c.opened_s.label("at_s")).join(
        TICKET, TICKET.c.id == FACT.c.ticket_id, isouter=True
    )
    if after is not None:
        condition = and_(condition, tuple_(FACT.c.opened_s, FACT.c.ticket_id) < after)
    latest = FACT.c.opened_s.desc(), FACT.c.ticket_id.desc()
    rows = connection.execute(statement.where(condition).order_by(*latest).limit(limit))
    return [as_row(row._mapping) for row in rows]
