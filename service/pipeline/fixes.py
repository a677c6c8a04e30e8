"""The outcome of every fix as of the moment of the analysis, and what that moves in the sums."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Connection

from service.analysis.controls import NO_CONTROL, Control, ControlCourse, Placebo, control_of, placebo_of
from service.analysis.cycles import Work
from service.analysis.episodes import Episodes
from service.analysis.fixes import FixVerdict, avoided_seconds, fix_verdicts
from service.analysis.tally import FixTally, fix_entries
from service.pipeline.cell_changes import CellChanges, TicketScopes
from service.pipeline.stores import Stores
from service.store.results import families, fixes, links
from service.store.results.facts import StoredFact
from service.store.results.families import Episode, Family
from service.store.results.feedback import Correction
from service.store.results.fixes import StoredFix

SAMPLE = 1000
"""The most cycles that are looked through for controls."""


@dataclass(frozen=True, slots=True)
class FixCandidate:
    """A fix before it is judged: its ticket, its moment, and its share of the hours.

    A fix that a person declared has no ticket: its number is that of the correction, below zero, and it has no scopes.
    """

    ticket_id: int
    at: datetime
    put_in: int
    scopes: TicketScopes | None


@dataclass(frozen=True, slots=True)
class JudgedFix:
    """A fix with its verdict, and the placebo by which its control is looked for."""

    family: Family
    candidate: FixCandidate
    verdict: FixVerdict
    placebo: Placebo | None


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
    judged = list(_judged_fixes(connection, stores, corrections))
    courses: dict[Work, list[ControlCourse]] = {}
    fixed = {fix.family.id for fix in judged}
    for fix in judged:
        control, work = NO_CONTROL, fix.family.work
        if fix.placebo is not None:
            if work not in courses:
                courses[work] = _courses(connection, work, fixed)
            control = control_of(fix.placebo, courses[work], stores.clock.as_of_s)
        yield _stored(fix, control, stores.clock.zone)


def _judged_fixes(connection: Connection, stores: Stores, corrections: Iterable[Correction]) -> Iterable[JudgedFix]:
    candidates = _candidates(connection, stores, corrections)
    family_of = families.read(connection, sorted(candidates))
    episodes = families.episodes(connection, sorted(candidates))
    for number, of_family in sorted(candidates.items()):
        if number in family_of and not family_of[number].is_dismissed:
            yield from _fixes_of_family(family_of[number], episodes.get(number, ()), of_family, stores.clock.as_of_s)


def _fixes_of_family(
    family: Family, stored: Sequence[Episode], candidates: Sequence[FixCandidate], as_of: int
) -> Iterable[JudgedFix]:
    ordered = sorted(candidates, key=lambda candidate: (candidate.at, candidate.ticket_id))
    times, episodes = [int(candidate.at.timestamp()) for candidate in ordered], _episodes(family, stored)
    for candidate, verdict in zip(ordered, fix_verdicts(episodes, times, as_of), strict=True):
        yield JudgedFix(family, candidate, verdict, placebo_of(episodes, verdict))


def _courses(connection: Connection, work: Work, fixed: Collection[int]) -> list[ControlCourse]:
    """Return the courses of a sample of cycles without a fix."""
    # A sample that depends on nothing but the tickets: an update must give what a rebuild gives, in bounded time.
    sample = families.cycles_without(connection, fixed, work, SAMPLE)
    episodes = families.episodes(connection, sample)
    return [ControlCourse.of(_as_episodes(episodes[number])) for number in sample]


def _stored(fix: JudgedFix, control: Control, zone: ZoneInfo) -> StoredFix:
    candidate, verdict = fix.candidate, fix.verdict
    tally = FixTally(verdict.outcome, control, candidate.put_in, avoided_seconds(verdict))
    entries = fix_entries(tally, candidate.at, zone)
    return StoredFix(
        family_id=fix.family.id,
        ticket_id=candidate.ticket_id,
        at=candidate.at,
        outcome=verdict.outcome,
        verdict=asdict(verdict)
        | {"put_in": tally.put_in, "avoided": tally.avoided, "control": control.share, "control_n": control.n},
        # What is counted, as JSON: the scopes, then [day, measure, amount] for each entry. A declared fix is in no
        # ticket's scopes, and counts in none.
        entries=[
            list(candidate.scopes) if candidate.scopes else None,
            [[day.isoformat(), measure, amount] for day, measure, amount in entries],
        ],
    )


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
    if stored:
        return _as_episodes(stored)
    # A family with a single ticket has no row for its episode: the family itself describes it.
    only = (0, family.rhythm.first_start, family.rhythm.last_opening, family.tickets, family.seconds)
    return Episodes(*(np.array([value], np.int64) for value in only))


def _as_episodes(stored: Sequence[Episode]) -> Episodes:
    columns = ("start_s", "last_s", "tickets", "seconds")
    starts, lasts, tickets, seconds = (
        np.array([getattr(episode, name) for episode in stored], np.int64) for name in columns
    )
    return Episodes(np.zeros(len(stored), np.int64), starts, lasts, tickets, seconds)
