"""The audit sample as people judge it: tickets to judge with what they are compared with, and answers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from sqlalchemy import Connection

from service.analysis.recognition import LEAST_MARKED, PER_QUESTION, AuditSample
from service.pipeline.analyst import Analyst, utc_now
from service.pipeline.corrections import UnknownName, ticket_named
from service.pipeline.suggestions import SuggestionQuery, suggest_families
from service.store.queries import audit_sample as queries
from service.store.queries.audit_sample import DrawnTicket, ShownTicket
from service.store.queries.recognition import SourceCounts, count_by_source
from service.store.queries.scopes import Scope
from service.store.results import audit_sample
from service.store.results.audit_sample import JudgedTicket, Question
from service.store.tickets import reader
from service.store.tickets.reader import StoredTicket

EVER = 10**11


@dataclass(frozen=True, slots=True)
class SampleTicket:
    """A ticket to judge, and the earlier tickets that it is compared with, the likeliest first.

    `question` is `repeat`: is it the same problem as the earlier ticket? or `missed`: is it the same as any of them?
    """

    source: str
    id: str
    key: str
    url: str | None
    title: str
    description: str
    opened_at: datetime
    question: Question
    earlier: tuple[ShownTicket, ...]


@dataclass(frozen=True, slots=True)
class SampleProgress:
    """The progress of the sample of a source; `is_needed` where too few duplicates are marked by people."""

    sample: AuditSample
    marked: int
    is_needed: bool


def progress(analyst: Analyst) -> Mapping[str, SampleProgress]:
    """Return how far the sample of every source is judged, by its name; empty before the first analysis."""
    names = reader.source_names(analyst.database)
    return {
        names[source_id]: SampleProgress(count.sample, count.marked, count.marked < LEAST_MARKED)
        for source_id, count in sorted(_counts(analyst).items())
    }


def to_judge(analyst: Analyst, limit: int) -> list[SampleTicket]:
    """Return the next tickets to judge, of sources where people have marked too few duplicates."""
    snapshot = analyst.stored_snapshot(Scope())
    if snapshot is None:
        return []
    with analyst.database.read() as connection:
        drawn = [
            ticket
            for source_id, count in sorted(_counts(analyst).items()) if count.marked < LEAST_MARKED
            for question, judged in _judged(count.sample)
            for ticket in queries.draw(
                connection, source_id, question, snapshot.span, snapshot.clock.as_of, limit=PER_QUESTION - judged
            )
        ][:limit]  # fmt: skip
        stored = {row.number: row for row in reader.read(connection, sorted(ticket.number for ticket in drawn))}
        return [
            _shown(analyst, connection, ticket, stored[ticket.number]) for ticket in drawn if ticket.number in stored
        ]


def judge(analyst: Analyst, name: str, *, same: bool) -> str:
    """Store an answer about a ticket and return the confirmation. Raises UnknownName."""
    stored = ticket_named(analyst, name)
    with analyst.database.read() as connection:
        question = queries.question_about(connection, stored.number, EVER)
    if question is None:
        raise UnknownName(f"{stored.ticket.key} is in no audit sample: it is not reactive, or was not analysed yet")
    audit_sample.save_answer(analyst.database, _judged_ticket(stored), question, utc_now(), same=same)
    return f"{stored.ticket.key} is {'the same problem as an earlier ticket' if same else 'a problem of its own'}"


def take_back(analyst: Analyst, name: str) -> str:
    """Delete the answer about a ticket and return the confirmation. Raises UnknownName."""
    stored = ticket_named(analyst, name)
    if not audit_sample.delete_answer(analyst.database, _judged_ticket(stored)):
        raise UnknownName(f"nobody has judged {stored.ticket.key}")
    return f"{stored.ticket.key} is to be judged again"


def _counts(analyst: Analyst) -> Mapping[int, SourceCounts]:
    snapshot = analyst.stored_snapshot(Scope())
    if snapshot is None:
        return {}
    with analyst.database.read() as connection:
        return count_by_source(connection, snapshot.scope, snapshot.span, snapshot.clock.as_of)


def _judged(sample: AuditSample) -> Iterator[tuple[Question, int]]:
    judged = (sample.judged_repeats, sample.judged_others)
    return zip(get_args(Question), (min(n, PER_QUESTION) for n in judged), strict=True)


def _shown(analyst: Analyst, connection: Connection, drawn: DrawnTicket, stored: StoredTicket) -> SampleTicket:
    ticket = stored.ticket
    if drawn.question == "repeat":
        earlier = queries.earlier_ticket(connection, drawn)
    else:
        query = SuggestionQuery(ticket, stored.source, drawn.family_id, drawn.opened_s)
        likely = [family.id for family in suggest_families(analyst.database, query)]
        earlier = queries.latest_tickets(connection, likely, drawn.opened_s)
    return SampleTicket(
        source=stored.source,
        id=ticket.id,
        key=ticket.key,
        url=ticket.url,
        title=ticket.title,
        description=ticket.description,
        opened_at=ticket.opened_at,
        question=drawn.question,
        earlier=tuple(earlier),
    )


def _judged_ticket(stored: StoredTicket) -> JudgedTicket:
    return JudgedTicket(stored.source_id, stored.ticket.id, f"{stored.source}:{stored.ticket.key}")
