"""Estimates of the work in tickets, which depend on what else the same persons had active at the same time.

They depend on the spans of others, never on their estimates: a change of one ticket moves those that overlap it, and no
further.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from sqlalchemy import Connection

from service.analysis.clock import FixedClock
from service.analysis.fact import Fact
from service.analysis.work import (
    MOST_SECONDS,
    NOBODY,
    STILL_ACTIVE,
    ActiveSpan,
    merge_intervals,
    shared_seconds,
    subtract_spans,
    unshared_seconds,
    whole_seconds,
)
from service.pipeline.facts import TracedTicket
from service.pipeline.stores import Stores
from service.store.results import active_spans, facts
from service.store.results.active_spans import TicketSpan
from service.store.results.facts import Estimate, StoredFact, with_estimate

NO_SPANS: Sequence[ActiveSpan] = ()
CHUNK = 20_000
"""Estimates that wait in a rebuild before they are written, and spans of nobody that are read at a time."""


@dataclass(frozen=True, slots=True)
class WorkEstimator:
    """Keeps active spans and estimates of one database.

    `is_rebuild`: spans are written alone, and `estimate_all` follows. `is_later`: the moment of the analysis is another
    than that of the one before, so that tickets that are active have more work in them.
    """

    stores: Stores
    is_rebuild: bool = False
    is_later: bool = True

    def update(
        self, connection: Connection, before: Mapping[int, StoredFact], numbers: Sequence[int],
        traced: Sequence[TracedTicket],
    ) -> tuple[list[Fact], dict[int, Estimate]]:  # fmt: skip
        """Write the spans of a batch; return (its facts with estimates, the estimates of others that have moved).

        `before` are the stored facts of the batch, `numbers` its tickets, `traced` those of them that exist.
        """
        spans = {fact.ticket: active for fact, active in traced if active}
        if self.is_rebuild:
            self.stores.active_spans.add(connection, spans)
            return [fact for fact, _ in traced], {}
        changed = self._write_spans(connection, numbers, spans)
        overlapping = _overlapping_tickets(connection, changed.values())
        to_estimate = {fact.ticket for fact, _ in traced if fact.hours_are != "logged" and fact.ticket in spans}
        standing = {number for number in to_estimate if self._stands(before.get(number), spans[number])}
        standing -= overlapping | changed.keys()
        estimates = {number: Estimate.of(before[number].fact) for number in standing}
        estimates |= self._estimate(connection, to_estimate - standing | overlapping)
        written = [_with_estimate(fact, estimates) for fact, _ in traced]
        stored = facts.estimates(connection, sorted(overlapping - set(numbers)))
        moved = {number: estimates[number] for number, former in stored.items() if estimates[number] != former}
        return written, moved

    def _write_spans(
        self, connection: Connection, numbers: Sequence[int], spans: Mapping[int, Sequence[ActiveSpan]]
    ) -> dict[int, dict[str, list[tuple[int, int]]]]:
        """Write spans in place of former ones; return by ticket and person the times that changed."""
        stored = active_spans.of_tickets(connection, numbers)
        changed = {
            number: difference
            for number in numbers
            if (difference := subtract_spans(stored.get(number, NO_SPANS), spans.get(number, NO_SPANS)))
        }
        active_spans.remove(connection, sorted(changed.keys() & stored.keys()))
        self.stores.active_spans.add(connection, {number: spans[number] for number in changed if number in spans})
        return changed

    def _stands(self, former: StoredFact | None, spans: Sequence[ActiveSpan]) -> bool:
        """Return whether the stored estimate of a ticket with unchanged spans is still right."""
        grows = self.is_later and spans[-1].end_s == STILL_ACTIVE
        return former is not None and former.fact.hours_are != "logged" and not grows

    def _estimate(self, connection: Connection, numbers: Iterable[int]) -> dict[int, Estimate]:
        """Return the estimates of these tickets from their spans and from those that overlap them."""
        spans, by_person = active_spans.of_tickets(connection, sorted(numbers)), defaultdict[str, set[TicketSpan]](set)
        for number, of_ticket in spans.items():
            for person, begin, end in of_ticket:
                by_person[person].add((number, begin, end))
        seconds = Counter[int]()
        for person, rows in by_person.items():
            intervals = merge_intervals([(begin, end) for _, begin, end in rows])
            shared = rows if person == NOBODY else active_spans.overlapping(connection, person, intervals)
            seconds.update(_seconds_of_person(self.stores.clock, person, shared))
        return {number: _as_estimate(seconds[number], spans.get(number, NO_SPANS)) for number in numbers}

    def estimate_all(self, on_batch: Callable[[], None]) -> None:
        """Estimate the work in all tickets in a rebuild, one person at a time.

        `on_batch` is called after every batch; an exception that it raises ends the work.
        """
        results, seconds = self.stores.results, Counter[int]()
        with results.read() as reading:
            for person, spans in active_spans.by_person(reading):
                for rows in _chunks(person, spans):
                    seconds.update(_seconds_of_person(self.stores.clock, person, rows))
                    if len(seconds) >= CHUNK:
                        self._add(seconds)
                        seconds = Counter()
                        on_batch()
        self._add(seconds)
        with results.write() as connection:
            facts.limit_estimates(connection, MOST_SECONDS)

    def _add(self, seconds: Mapping[int, int]) -> None:
        with self.stores.results.write() as connection:
            facts.add_estimates(connection, sorted((number, more) for number, more in seconds.items() if more))


def _overlapping_tickets(
    connection: Connection, changes: Iterable[Mapping[str, Sequence[tuple[int, int]]]]
) -> set[int]:  # fmt: skip
    """Return the tickets that a person had active in a time in which another ticket of that person has changed."""
    by_person = defaultdict[str, list[tuple[int, int]]](list)
    for change in changes:
        for person, intervals in change.items():
            by_person[person] += intervals
    return {
        number
        for person, intervals in by_person.items()
        if person != NOBODY
        for number, _, _ in active_spans.overlapping(connection, person, merge_intervals(intervals))
    }


def _seconds_of_person(clock: FixedClock, person: str, rows: Collection[TicketSpan]) -> dict[int, int]:
    """Return the seconds of work of one person by ticket."""
    columns = np.array(sorted(rows), np.int64)
    begins, ends = np.minimum(columns[:, 1], clock.as_of_s), np.minimum(columns[:, 2], clock.as_of_s)
    share = unshared_seconds if person == NOBODY else shared_seconds
    parts = Counter[int]()
    for number, of_span in zip(columns[:, 0].tolist(), share(clock.hours, begins, ends).tolist(), strict=True):
        parts[number] += of_span
    return {number: whole_seconds(of_ticket) for number, of_ticket in parts.items()}


def _chunks(person: str, spans: Iterator[TicketSpan]) -> Iterator[list[TicketSpan]]:
    """Yield the spans of a person at once, those of nobody in portions: they are shared with no other."""
    while rows := list(islice(spans, CHUNK if person == NOBODY else None)):
        yield rows


def _as_estimate(seconds: int, spans: Sequence[ActiveSpan]) -> Estimate:
    grows = bool(spans) and spans[-1].end_s == STILL_ACTIVE and seconds < MOST_SECONDS
    # Work outside of business hours leaves no trace in them: it is unknown, not nothing.
    return Estimate(min(seconds, MOST_SECONDS), "estimated" if seconds else "unknown", grows)


def _with_estimate(fact: Fact, estimates: Mapping[int, Estimate]) -> Fact:
    if fact.hours_are == "logged" or fact.ticket not in estimates:
        return fact
    return with_estimate(fact, estimates[fact.ticket])
