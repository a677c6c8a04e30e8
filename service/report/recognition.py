"""Recognition in a scope and in each of its sources, from what the store has counted."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from service.analysis.recognition import (
    LEAST_MARKED,
    AuditSample,
    Recall,
    Recognition,
    recall_by_people,
    sample_precision,
    sample_recall,
    visibility_of,
)
from service.store.queries.recognition import SourceCounts, count_by_source
from service.store.queries.snapshot import Snapshot

LEAST_COVERED = 0.5
"""Where sources with a known recall hold a smaller share of the tickets than this, that of the scope is unknown."""


@dataclass(frozen=True, slots=True)
class ScopeRecognition:
    """Recognition in a scope, and in each of its sources by id."""

    whole: Recognition
    by_source: Mapping[int, Recognition]


def read_recognition(connection: Connection, snapshot: Snapshot) -> ScopeRecognition:
    """Return the recognition in the scope of a snapshot, over its period."""
    counts = count_by_source(connection, snapshot.scope, snapshot.span, snapshot.clock.as_of)
    return ScopeRecognition(
        _recognition(list(counts.values())), {source: _recognition([count]) for source, count in counts.items()}
    )


def _recognition(counts: Collection[SourceCounts]) -> Recognition:
    repeats = sum(count.repeats for count in counts)
    sample = _added(count.sample for count in counts)
    return Recognition(
        visibility=visibility_of(
            sum(count.words for count in counts),
            sum(count.label for count in counts),
            sum(count.nothing for count in counts),
        ),
        label_share_of_repeats=sum(count.repeats_by_label for count in counts) / repeats if repeats else None,
        recall=_recall(counts, sample),
        precision=sample_precision(sample),
        marked=sum(count.marked for count in counts),
        to_judge=sum(count.sample.to_judge for count in counts if count.marked < LEAST_MARKED),
    )


def _recall(counts: Collection[SourceCounts], sample: AuditSample) -> Recall | None:
    """Return the recall by people where it is known of most tickets, else that of the audit sample."""
    by_people = [count for count in counts if count.marked >= LEAST_MARKED]
    if not by_people or _tickets(by_people) < LEAST_COVERED * _tickets(counts):
        return sample_recall(sample)
    return recall_by_people(sum(count.recognised for count in by_people), sum(count.marked for count in by_people))


def _tickets(counts: Iterable[SourceCounts]) -> int:
    return sum(count.words + count.label + count.nothing for count in counts)


def _added(samples: Iterable[AuditSample]) -> AuditSample:
    rows = [
        (sample.repeats, sample.judged_repeats, sample.confirmed, sample.others, sample.judged_others, sample.missed)
        for sample in samples
    ]
    return AuditSample(*(sum(column) for column in zip(*rows, strict=True))) if rows else AuditSample(0, 0, 0, 0, 0, 0)
