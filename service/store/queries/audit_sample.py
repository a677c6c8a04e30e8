"""The audit sample: random repeats, and random tickets that are none, which people have not judged yet."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, select

from service.store.queries.recognition import ANSWER, ANSWERED, FACT, JOINED, is_valid, others_in, repeats_in
from service.store.queries.scopes import Span
from service.store.results.audit_sample import Question

DRAWN = ("ticket_id", "family_id", "opened_s", "burst_s")
CONDITIONS = {"repeat": repeats_in, "missed": others_in}


class DrawnTicket(NamedTuple):
    """A ticket of the sample by its number in the store, the number of its family, and its burst as in `FactRow`."""

    number: int
    family_id: int | None
    opened_s: int
    burst_s: int
    question: Question


class ShownTicket(NamedTuple):
    """An earlier ticket that is shown beside a drawn one."""

    key: str
    title: str
    url: str | None
    opened_at: datetime


def draw(
    connection: Connection, source_id: int, question: Question, span: Span, as_of: datetime, *, limit: int
) -> list[DrawnTicket]:
    """Return the next tickets of a source to judge: random ones of a span, the same whoever asks in what order."""
    answered = select(ANSWER.c.at).where(ANSWERED, ANSWER.c.question == question, is_valid(as_of)).exists()
    conditions = and_(FACT.c.source_id == source_id, CONDITIONS[question](span), ~answered)
    columns = select(*(FACT.c[name] for name in DRAWN)).select_from(JOINED)
    # The mark is a hash of the ticket's identity: its order is as good as random, and no rebuild changes it.
    rows = connection.execute(columns.where(conditions).order_by(FACT.c.mark).limit(limit))
    return [DrawnTicket(number, family, opened_s, burst_s, question) for number, family, opened_s, burst_s in rows]


def question_about(connection: Connection, ticket: int, until_s: int) -> Question | None:
    """Return which question can be asked about a ticket; None for one that no sample draws."""
    span = Span(0, until_s)
    for question, condition in CONDITIONS.items():
        statement = select(FACT.c.ticket_id).select_from(JOINED)
        if connection.execute(statement.where(FACT.c.ticket_id == ticket, condition(span))).first() is not None:
            return "repeat" if question == "repeat" else "missed"
    return None


def earlier_ticket(connection: Connection, ticket: DrawnTicket) -> list[ShownTicket]:
    """Return the nearest earlier ticket of the family of a repeat, in the order of its episodes."""
    earlier = FACT.c.family_id == ticket.family_id, FACT.c.burst_s < ticket.burst_s
    return _shown(connection, [*earlier], FACT.c.burst_s.desc(), limit=1)


def latest_tickets(connection: Connection, families: Sequence[int], before_s: int) -> list[ShownTicket]:
    """Return of each of these families, in order, the latest ticket opened before a moment."""
    shown: list[ShownTicket] = []
    for family in families:
        shown += _shown(connection, [FACT.c.family_id == family, FACT.c.opened_s < before_s], limit=1)
    return shown


def _shown(connection: Connection, conditions: Sequence[Any], *first: Any, limit: int) -> list[ShownTicket]:
    columns = select(*(FACT.c[name] for name in ShownTicket._fields)).where(*conditions)
    latest = *first, FACT.c.opened_s.desc(), FACT.c.external_id
    return [ShownTicket(*row) for row in connection.execute(columns.order_by(*latest).limit(limit))]
