"""What became of every fix, as of the moment of the analysis, and what that moves in the sums."""

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
    """A fix before it is judged: its ticket, below zero where a person declared it, its moment, its hours' share."""

    ticket_id: int
    at: datetime
    put_in: int
    scopes: TicketScopes | None


def judge(connection: Connection, stores: Stores, words: Iterable[Correction], changes: CellChanges) -> None:
    """Judges all fixes anew, writes what has changed, and gathers what that moves."""
    before = fixes.read(connection)
    after = {(fix.family_id, fix.ticket_id): fix for fix in _judged(connection, stores, words)}
    moved = {key: fix for key, fix in after.items() if before.get(key) != fix}
    gone = before.keys() - after.keys()
    for key in sorted(gone | (moved.keys() & before.keys())):
        _count(before[key], changes, -1)
    for _, fix in sorted(moved.items()):
        _count(fix, changes, 1)
    fixes.remove(connection, sorted(gone))
    fixes.write(connection, stores.results, [fix for _, fix in sorted(moved.items())])


def _judged(connection: Connection, stores: Stores, words: Iterable[Correction]) -> Iterable[StoredFix]:
    candidates = _candidates(connection, stores, words)
    own = families.read(connection, sorted(candidates))
    episodes = families.episodes(connection, sorted(candidates))
    for number, found in sorted(candidates.items()):
        if number in own and not own[number].is_dismissed:
            yield from _of_family(own[number], episodes.get(number, ()), found, stores)


def _of_family(
    family: Family, episodes: Sequence[Episode], found: Sequence[FixCandidate], stores: Stores
) -> Iterable[StoredFix]:
    ordered = sorted(found, key=lambda one: (one.at, one.ticket_id))
    times = [int(one.at.timestamp()) for one in ordered]
    verdicts = fix_verdicts(_episodes(family, episodes), times, stores.clock.as_of_s)
    for one, verdict in zip(ordered, verdicts, strict=True):
        yield StoredFix(
            family_id=family.id,
            ticket_id=one.ticket_id,
            at=one.at,
            outcome=verdict.outcome,
            verdict=asdict(verdict) | {"put_in": one.put_in, "avoided": avoided_seconds(verdict)},
            entries=_entries(one, verdict, stores),
        )


def _entries(one: FixCandidate, verdict: FixVerdict, stores: Stores) -> list[object]:
    """What is counted, as JSON: scopes, then day, measure and amount; a declared fix is in no ticket's scopes."""
    found = fix_entries(verdict.outcome, one.at, one.put_in, avoided_seconds(verdict), stores.clock.zone)
    return [
        list(one.scopes) if one.scopes else None,
        [[day.isoformat(), measure, amount] for day, measure, amount in found],
    ]


def _count(fix: StoredFix, changes: CellChanges, sign: int) -> None:
    scopes, rows = fix.entries
    if scopes is not None:
        entries = [(date.fromisoformat(day), measure, amount) for day, measure, amount in rows]
        changes.add(TicketScopes(*scopes), entries, sign)


def _candidates(
    connection: Connection, stores: Stores, words: Iterable[Correction]
) -> Mapping[int, list[FixCandidate]]:
    """Fixes that are resolved, by family. The work in one that is tied to several families is split among them."""
    tied = sorted(links.fixes(connection))
    shared: defaultdict[int, int] = defaultdict(int)
    for _, ticket in tied:
        shared[ticket] += 1
    placed = stores.facts.read(connection, sorted(shared))
    found: defaultdict[int, list[FixCandidate]] = defaultdict(list)
    for family, ticket in tied:
        at = placed[ticket].fact.resolved_at
        if at is not None and at <= stores.clock.as_of:
            found[family].append(_candidate(placed[ticket], at, shared[ticket]))
    for word in words:
        if word.what == "fix" and word.fixed_at is not None and word.fixed_at <= stores.clock.as_of:
            for family in _families_of(connection, stores, word):
                found[family].append(FixCandidate(-word.id, word.fixed_at.astimezone(UTC), 0, None))
    return found


def _candidate(placed: StoredFact, at: datetime, families_sharing: int) -> FixCandidate:
    return FixCandidate(placed.fact.ticket, at, placed.fact.seconds // families_sharing, TicketScopes.of(placed.fact))


def _families_of(connection: Connection, stores: Stores, word: Correction) -> list[int]:
    numbers = links.ticket_numbers(connection, [(word.source_id, id_) for id_ in word.external_ids])
    placed = stores.facts.read(connection, numbers)
    return sorted({one.family_id for one in placed.values() if one.family_id is not None})


def _episodes(family: Family, stored: Sequence[Episode]) -> Episodes:
    """The episodes of a family; one that has a single one keeps no row of it."""
    if not stored:
        only = (0, family.rhythm.first_start, family.first_end, family.tickets, family.seconds)
        return Episodes(*(np.array([value], np.int64) for value in only))
    columns = ("start_s", "end_s", "tickets", "seconds")
    starts, ends, tickets, seconds = (
        np.array([getattr(episode, name) for episode in stored], np.int64) for name in columns
    )
    return Episodes(np.zeros(len(stored), np.int64), starts, ends, tickets, seconds)
