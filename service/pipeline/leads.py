"""Leads: which major failures begin a major incident, and in which scopes."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from sqlalchemy import Connection

from service.analysis.episodes import NEVER
from service.analysis.major_incidents import MajorFailure, is_major, leads
from service.pipeline.family_update import FamilyUpdate
from service.store.results import bursts
from service.store.results.bursts import Span
from service.store.results.facts import TicketFlags
from service.store.results.families import Episode


@dataclass(slots=True)
class LeadChanges:
    """The leads that may differ after an update by ticket, and tickets that have them as (ticket, burst, flags)."""

    leads: dict[int, int] = field(default_factory=dict)
    tickets: list[tuple[int, int, TicketFlags]] = field(default_factory=list)


def family_leads(starts: Sequence[int], failures: Sequence[MajorFailure]) -> dict[int, int]:
    """Return what major failures in the order of their openings lead, by ticket; `starts` are those of the episodes."""
    by_episode = [(bisect_right(starts, failure.burst_s), failure) for failure in failures]
    return dict(zip((failure.ticket for failure in failures), leads(by_episode), strict=True))


def updated_leads(
    connection: Connection, before: Sequence[Episode], after: Sequence[Episode], update: FamilyUpdate
) -> LeadChanges:
    """Return the leads in the episodes that an update has moved, or in which a major failure came, went or changed."""
    changes = LeadChanges({stored.fact.ticket: 0 for stored in update.joined})
    for span in _moved_spans(before, after, update):
        rows = bursts.major_failures(connection, update.family.id, span)
        failures = [failure for failure, _ in rows]
        changes.leads |= family_leads([span[0]], failures)
        changes.tickets += [(failure.ticket, failure.burst_s, flags) for failure, flags in rows]
    return changes


def _moved_spans(before: Sequence[Episode], after: Sequence[Episode], update: FamilyUpdate) -> Iterator[Span]:
    former = set(_spans(before))
    moments = [stored.burst_s for _, stored in update.changes if is_major(stored.fact)]
    for begin, end in _spans(after):
        if (begin, end) not in former or any(begin <= moment < end for moment in moments):
            yield begin, end


def _spans(episodes: Sequence[Episode]) -> Iterator[Span]:
    return pairwise([*(episode.start_s for episode in episodes), NEVER])
