"""Recognition by source: how many tickets can be seen, how many duplicates were recognised, what people judged."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, case, func, not_, select

from service.analysis.recognition import AuditSample
from service.store.queries.metric_filters import DENOMINATORS, matches
from service.store.queries.scopes import Scope, Span
from service.store.results import recognition
from service.store.results.tables import AuditAnswerRow, FactRow, FamilyRow
from service.store.tickets.tables import table_of

FACT = table_of(FactRow)
FAMILY = table_of(FamilyRow)
ANSWER = table_of(AuditAnswerRow)
VALID = timedelta(weeks=26)
"""An answer of the audit sample counts for so long."""
JOINED = FACT.join(FAMILY, FAMILY.c.id == FACT.c.family_id, isouter=True)
ANSWERED = and_(ANSWER.c.source_id == FACT.c.source_id, ANSWER.c.external_id == FACT.c.external_id)


@dataclass(frozen=True, slots=True)
class SourceCounts:
    """The tickets of one source, in a scope and span, that recognition is computed from.

    `repeats_by_label` are those of the `repeats` that no words make visible; `recognised` of `marked` are tickets that
    people closed as duplicates, of the whole source within 52 weeks.
    """

    words: int
    label: int
    nothing: int
    repeats: int
    repeats_by_label: int
    recognised: int
    marked: int
    sample: AuditSample


def repeats_in(span: Span) -> Any:
    """Return the SQL condition of the repeats that the verdict counts."""
    return matches("repeat_share", span)


def others_in(span: Span) -> Any:
    """Return the SQL condition of the tickets that could have been repeats, and count as none."""
    return and_(matches(DENOMINATORS["repeat_share"], span), not_(func.coalesce(repeats_in(span), False)))


def count_by_source(connection: Connection, scope: Scope, span: Span, as_of: datetime) -> Mapping[int, SourceCounts]:
    """Return what recognition is computed from, by the id of each source with reactive tickets in the span."""
    recall, samples = recognition.recall_counts(connection), _judged(connection, scope, span, as_of)
    # A label that very many tickets share says nothing about any of them.
    shared = FACT.c.title_label.in_(recognition.shared_labels(connection))
    by = case((shared, "nothing"), else_=FACT.c.visible_by)
    is_repeat, is_other = func.coalesce(repeats_in(span), False), others_in(span)
    columns = select(
        FACT.c.source_id,
        *(func.count().filter(by == ground) for ground in ("words", "label", "nothing")),
        func.count().filter(is_repeat),
        func.count().filter(is_repeat, by != "words"),
        func.count().filter(is_other),
    ).select_from(JOINED)
    conditions = matches("reactive_share", span), FACT.c.visible_by.is_not(None), scope.condition(connection)
    counts = {}
    for source_id, words, label, nothing, repeats, by_label, others in connection.execute(
        columns.where(*conditions).group_by(FACT.c.source_id)
    ):
        judged = samples.get(source_id, (0, 0, 0, 0))
        sample = AuditSample(repeats, *judged[:2], others, *judged[2:])
        counts[source_id] = SourceCounts(
            words, label, nothing, repeats, by_label, *recall.get(source_id, (0, 0)), sample
        )
    return counts


def is_valid(as_of: datetime) -> Any:
    """Return the SQL condition of the answers that still count."""
    return ANSWER.c.at >= as_of - VALID


def _judged(connection: Connection, scope: Scope, span: Span, as_of: datetime) -> dict[int, tuple[int, int, int, int]]:
    """Return (repeats judged, confirmed, others judged, missed) by source, of answers that still count."""
    whole = Span(0, span.end)
    # An answer about a ticket that has ceased to be a repeat, or become one, is about something else.
    is_repeat = and_(ANSWER.c.question == "repeat", func.coalesce(repeats_in(whole), False))
    is_other = and_(ANSWER.c.question == "missed", others_in(whole))
    columns = select(
        FACT.c.source_id,
        func.count().filter(is_repeat), func.count().filter(is_repeat, ANSWER.c.same),
        func.count().filter(is_other), func.count().filter(is_other, ANSWER.c.same),
    ).select_from(ANSWER.join(JOINED, ANSWERED))  # fmt: skip
    rows = connection.execute(columns.where(is_valid(as_of), scope.condition(connection)).group_by(FACT.c.source_id))
    return {source_id: (judged, confirmed, others, missed) for source_id, judged, confirmed, others, missed in rows}
