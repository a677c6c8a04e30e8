"""The cycles of a scope, their episodes, and the outcome of their fixes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from sqlalchemy import Connection

from service.analysis import cycles
from service.analysis.calendar import local_date, week_number
from service.analysis.clock import FixedClock
from service.analysis.controls import Control
from service.analysis.cycles import EPISODES_OF_A_CYCLE, SPAN_OF_A_CYCLE
from service.analysis.episodes import DAY
from service.analysis.evidence import CycleFact, FixFact
from service.analysis.fixes import JUDGED
from service.analysis.formulas import absence_factor
from service.analysis.pending import PendingFix, PendingFixes
from service.analysis.survival import Peace, estimate_peace, spells_of
from service.store.queries import statistics
from service.store.queries.snapshot import Snapshot
from service.store.queries.statistics import FamilyPart
from service.store.results import families, fixes, links
from service.store.results.facts import FactStore, StoredFact
from service.store.results.families import Episode, Family
from service.store.results.fixes import StoredFix
from service.store.tickets import reader

NO_TICKETS = FamilyPart(0, 0, 0, 0, ())
FAILED = "did not hold"
TIMES = ("start_s", "last_s")


@dataclass(frozen=True, slots=True)
class ScopeCycles:
    """The cycles of a scope, those with most repeats first, the fixes of its families by time, and the episodes.

    `episodes` are by the id of the cycle, in the order of the families' numbers.
    """

    cycles: Sequence[CycleFact]
    fixes: Sequence[FixFact]
    episodes: Mapping[str, Sequence[Episode]]


def read_cycles(connection: Connection, snapshot: Snapshot) -> ScopeCycles:
    """Return the cycles of a scope with their fixes and episodes."""
    by_number = {family.id: family for family in families.cycles(connection) if not family.is_dismissed}
    in_scope = statistics.cycle_tickets(connection, snapshot.scope)
    repeats = {
        work: statistics.cycle_repeats(connection, snapshot.scope, snapshot.span, about)
        for work, about in (("failure", "repeat_share"), ("request", "request_repeat_share"))
    }
    numbers = sorted(in_scope.keys() & by_number.keys())
    episodes = families.episodes(connection, numbers)
    stored_fixes = _fixes_by_family(fixes.read(connection).values())
    pending = links.pending_fixes(connection)
    facts = [
        _cycle(
            by_number[number],
            (in_scope[number], repeats[by_number[number].work].get(number, NO_TICKETS)),
            episodes[number],
            (stored_fixes.get(number, ()), pending.get(number, ())),
            snapshot.clock,
        )
        for number in numbers
    ]  # fmt: skip
    # The id breaks ties: the same store must give the same bytes.
    facts.sort(key=lambda cycle: (-cycle.window_tickets, -cycle.window_seconds, -cycle.tickets, cycle.id))
    by_name = {by_number[number].name: episodes[number] for number in numbers}
    return ScopeCycles(facts, _fixes(connection, snapshot, stored_fixes), by_name)


def _cycle(
    family: Family,
    parts: tuple[FamilyPart, FamilyPart],
    episodes: Sequence[Episode],
    work: tuple[Iterable[StoredFix], Sequence[PendingFix]],
    clock: FixedClock,
) -> CycleFact:
    """Return a cycle; `parts` are its tickets of all time and its repeats in the period, `work` is against it."""
    (tickets, repeats), rhythm, gap = parts, family.rhythm, family.rhythm.median_gap
    stored_fixes, pending = work
    # A fix that is known to have failed broke nothing, however silent the family became later.
    not_failed = [int(fix.at.timestamp()) for fix in stored_fixes if fix.outcome != FAILED]
    now, week = clock.as_of_s, week_number(local_date(clock.as_of, clock.zone))
    return CycleFact(
        id=family.name,
        title=family.title,
        work=family.work,
        state=cycles.cycle_state(rhythm, now, week, max(not_failed, default=None)),
        trend=cycles.pace(rhythm, now, week),
        endless=family.is_endless,
        episodes=rhythm.episodes,
        tickets=tickets.tickets,
        seconds=tickets.seconds,
        logged_seconds=tickets.logged_seconds,
        repeats=tickets.repeats,
        window_tickets=repeats.tickets,
        window_seconds=repeats.seconds,
        first_seen=instant(rhythm.first_start),
        last_seen=instant(rhythm.last_opening),
        median_gap_days=None if gap is None else gap / DAY,
        teams=tuple(family.teams),
        people=len(family.resolvers),
        absence_factor=absence_factor(family.resolvers),
        became_cycle_at=_became_cycle_at(episodes),
        peace=_peace(episodes, 0, clock.as_of_s),
        ticket_ids=tickets.ids,
        window_ticket_ids=repeats.ids,
        pending_fixes=PendingFixes.of(pending),
    )


def _peace(episodes: Sequence[Episode], begin: int, end: int) -> Peace | None:
    """Return how long a family stays away after its episodes, as far as it was watched in a period."""
    starts, lasts = (np.array([getattr(episode, name) for episode in episodes], np.int64) for name in TIMES)
    return estimate_peace(spells_of(starts, lasts, begin, end))


def _became_cycle_at(episodes: Sequence[Episode]) -> datetime | None:
    first = episodes[0].start_s
    later = episodes[EPISODES_OF_A_CYCLE - 1 :]
    return next((instant(episode.start_s) for episode in later if episode.start_s - first >= SPAN_OF_A_CYCLE), None)


def _fixes_by_family(stored_fixes: Iterable[StoredFix]) -> dict[int, list[StoredFix]]:
    by_family: dict[int, list[StoredFix]] = defaultdict(list)
    for fix in sorted(stored_fixes, key=lambda fix: (fix.at, fix.ticket_id)):
        by_family[fix.family_id].append(fix)
    return by_family


def _fixes(
    connection: Connection, snapshot: Snapshot, stored_fixes: Mapping[int, Sequence[StoredFix]]
) -> list[FixFact]:
    """Return the fixes of families that have a ticket in the scope, by time."""
    every_fix = [fix for fixes_of_family in stored_fixes.values() for fix in fixes_of_family]
    store = FactStore(snapshot.results, reader.source_names(snapshot.tickets))
    # A number below zero stands for a fix that a person declared: it has no ticket.
    tickets = store.read(connection, sorted({fix.ticket_id for fix in every_fix if fix.ticket_id >= 0}))
    in_scope = statistics.families_in_scope(connection, snapshot.scope, sorted(stored_fixes))
    by_number, episodes = families.read(connection, sorted(in_scope)), families.episodes(connection, sorted(in_scope))
    facts = [
        _fix(
            fix, by_number[fix.family_id], tickets.get(fix.ticket_id), _peace_around(fix, episodes),
            statistics.ids_since(connection, fix.family_id, fix.at),
        )
        for fix in every_fix if fix.family_id in by_number
    ]  # fmt: skip
    return sorted(facts, key=lambda fix: (fix.resolved_at, fix.ticket, fix.cycle))


def _peace_around(fix: StoredFix, episodes: Mapping[int, Sequence[Episode]]) -> tuple[Peace | None, Peace | None]:
    """Return how long a family stayed away before a fix that is judged, and since, in the times it was judged by."""
    if fix.outcome not in JUDGED:
        return None, None
    of_family = episodes.get(fix.family_id, ())
    begin, at, until = (fix.verdict[name] for name in ("begin", "judged_from", "until"))
    return _peace(of_family, begin, at), _peace(of_family, at, until)


def _fix(
    fix: StoredFix,
    family: Family,
    ticket: StoredFact | None,
    peace: tuple[Peace | None, Peace | None],
    later_ids: tuple[str, ...],
) -> FixFact:
    """Return a fix; `peace` is that before it and that since, `later_ids` are of the tickets that came after it."""
    return FixFact(
        ticket=ticket.fact.key if ticket else f"declared {fix.at:%Y-%m-%d}",
        cycle=family.name,
        title=ticket.fact.title if ticket else family.title,
        resolved_at=fix.at,
        outcome=fix.verdict["outcome"],
        put_in=fix.verdict["put_in"],
        avoided=fix.verdict["avoided"],
        is_change=ticket is not None and ticket.fact.kind == "change",
        episodes_before=fix.verdict["before"],
        episodes_after=fix.verdict["after"],
        ratio=fix.verdict["ratio"],
        low=fix.verdict["low"],
        high=fix.verdict["high"],
        ticket_ids=later_ids,
        control=Control(fix.verdict["control"], fix.verdict["control_n"]),
        peace_before=peace[0],
        peace_after=peace[1],
    )


def instant(seconds: int) -> datetime:
    """Return the instant of seconds since 1970, in UTC."""
    return datetime.fromtimestamp(seconds, UTC)
