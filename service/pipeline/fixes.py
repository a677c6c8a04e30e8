"""The outcome of every fix as of the moment of the analysis, and what that moves in the sums."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime

import numpy as np
from sqlalchemy import Connection

from service.analysis.episodes import Episodes
from service.analysis.fixes import FixVerdict, avoided_seconds, fix_verdicts
from service.analysis.tally import fix_entries
from service.pipeline.cell_changes import CellChanges, TicketScopes
from service.pipeline.stores import Stores
from service.store.results import families, fixes, links
from service.store.results.facts import StoredFact
from service.store.results.families import Episode, Family
from service.store.results.feedback import Correction
from service.store.results.fixes import StoredFix


@dataclass(frozen=True, slots=True)
class FixCandidate:
    """A fix before it is judged: its ticket, its moment, and its share of the hours.

    A fix that a person declared has no ticket: its number is that of the correction, below zero, and it has no scopes.
    """

    ticket_id: int
    at: datetime
    put_in: int
    scopes: TicketScopes | None


def update_fixes(
    connection: Connection, stores: Stores, corrections: Iterable[Correction], changes: CellChanges
) -> None:
    """Judge all fixes, write those that changed, and count what that moves."""
    before = fixes.read(connection)
    after = {(fix.family_id, fix.ticket_id): fix for fix in _current_fixes(connection, stores, corrections)}
    moved = {key: fix for key, fix in after.items() if before.get(key) != fix}
    gone = before.keys() - after.keys()
    # The entries are stored with the fix, so that exactly what was counted is subtracted.
    for key in sorted(gone | (moved.keys() & before.keys())):
        _count(before[key], changes, -1)
    for _, fix in sorted(moved.items()):
        _count(fix, changes, 1)
    fixes.remove(connection, sorted(gone))
    fixes.write(connection, stores.results, [fix for _, fix in sorted(moved.items())])


def _current_fixes(connection: Connection, stores: Stores, corrections: Iterable[Correction]) -> Iterable[StoredFix]:
    candidates = _candidates(connection, stores, corrections)
    family_of = families.read(connection, sorted(candidates))
    episodes = families.episodes(connection, sorted(candidates))
    for number, of_family in sorted(candidates.items()):
        if number in family_of and not family_of[number].is_dismissed:
            yield from _fixes_of_family(family_of[number], episodes.get(number, ()), of_family, stores)


def _fixes_of_family(
    family: Family, episodes: Sequence[Episode], candidates: Sequence[FixCandidate], stores: Stores
) -> Iterable[StoredFix]:
    ordered = sorted(candidates, key=lambda candidate: (candidate.at, candidate.ticket_id))
    times = [int(candidate.at.timestamp()) for candidate in ordered]
    verdicts = fix_verdicts(_episodes(family, episodes), times, stores.clock.as_of_s)
    for candidate, verdict in zip(ordered, verdicts, strict=True):
        yield StoredFix(
            family_id=family.id,
            ticket_id=candidate.ticket_id,
            at=candidate.at,
            outcome=verdict.outcome,
            verdict=asdict(verdict) | {"put_in": candidate.put_in, "avoided": avoided_seconds(verdict)},
            entries=_entries(candidate, verdict, stores),
        )


def _entries(candidate: FixCandidate, verdict: FixVerdict, stores: Stores) -> list[object]:
    """Return what is counted, as JSON: the scopes, then [day, measure, amount] for each entry."""
    entries = fix_entries(verdict.outcome, candidate.at, candidate.put_in, avoided_seconds(verdict), stores.clock.zone)
    return [
        # A declared fix is in no ticket's scopes, and counts in none.
        list(candidate.scopes) if candidate.scopes else None,
        [[day.isoformat(), measure, amount] for day, measure, amount in entries],
    ]


def _count(fix: StoredFix, changes: CellChanges, sign: int) -> None:
    scopes, rows = fix.entries
    if scopes is not None:
        entries = [(date.fromisoformat(day), measure, amount) for day, measure, amount in rows]
        changes.add(TicketScopes(*scopes), entries, sign)


def _candidates(
    connection: Connection, stores: Stores, corrections: Iterable[Correction]
) -> Mapping[int, list[FixCandidate]]:
    """Return the fixes that are resolved, by family."""
    linked = sorted(links.fixes(connection))
    shared: defaultdict[int, int] = defaultdict(int)
    for _, ticket in linked:
        # The work in a fix of several families is split among them, or their hours would sum to more than was spent.
        shared[ticket] += 1
    stored_facts = stores.facts.read(connection, sorted(shared))
    candidates: defaultdict[int, list[FixCandidate]] = defaultdict(list)
    for family, ticket in linked:
        at = stored_facts[ticket].fact.resolved_at
        if at is not None and at <= stores.clock.as_of:
            candidates[family].append(_candidate(stored_facts[ticket], at, shared[ticket]))
    for correction in corrections:
        if correction.what == "fix" and correction.fixed_at is not None and correction.fixed_at <= stores.clock.as_of:
            for family in _corrected_families(connection, stores, correction):
                candidates[family].append(FixCandidate(-correction.id, correction.fixed_at.astimezone(UTC), 0, None))
    return candidates


def _candidate(stored: StoredFact, at: datetime, families_sharing: int) -> FixCandidate:
    return FixCandidate(stored.fact.ticket, at, stored.fact.seconds // families_sharing, TicketScopes.of(stored.fact))


def _corrected_families(connection: Connection, stores: Stores, correction: Correction) -> list[int]:
    numbers = links.ticket_numbers(connection, [(correction.source_id, id_) for id_ in correction.external_ids])
    stored_facts = stores.facts.read(connection, numbers)
    return sorted({stored.family_id for stored in stored_facts.values() if stored.family_id is not None})


def _episodes(family: Family, stored: Sequence[Episode]) -> Episodes:
    """Return the episodes of a family."""
    if not stored:
        # A family with a single ticket has no row for its episode: the family itself describes it.
        only = (0, family.rhythm.first_start, family.rhythm.last_opening, family.tickets, family.seconds)
        return Episodes(*(np.array([value], np.int64) for value in only))
    columns = ("start_s", "last_s", "tickets", "seconds")
    starts, lasts, tickets, seconds = (
        np.array([getattr(episode, name) for episode in stored], np.int64) for name in columns
    )
    return Episodes(np.zeros(len(stored), np.int64), starts, lasts, tickets, seconds)
