"""The cycles of a scope with what became of their fixes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection

from service.analysis import cycles
from service.analysis.cycles import EPISODES_OF_A_CYCLE, SPAN_OF_A_CYCLE
from service.analysis.episodes import DAY, STILL_OPEN
from service.analysis.evidence import CycleFact, FixFact
from service.analysis.formulas import absence_factor
from service.store.queries import statistics
from service.store.queries.snapshot import Snapshot
from service.store.queries.statistics import FamilyPart
from service.store.results import families, fixes
from service.store.results.facts import FactStore, StoredFact
from service.store.results.families import Episode, Family
from service.store.results.fixes import StoredFix
from service.store.tickets import reader

NOTHING = FamilyPart(0, 0, 0, ())
FAILED = "did not hold"


def cycle_facts(connection: Connection, snapshot: Snapshot) -> tuple[list[CycleFact], list[FixFact]]:
    """(the cycles of a scope, the fixes of its families), both in a fixed order."""
    every = {family.id: family for family in families.cycles(connection) if not family.is_dismissed}
    own = statistics.cycle_tickets(connection, snapshot.scope)
    window = statistics.cycle_repeats(connection, snapshot.scope, snapshot.span)
    episodes = families.episodes(connection, sorted(own.keys() & every.keys()))
    judged = _by_family(fixes.read(connection).values())
    found = [
        _cycle(family, (own[number], window.get(number, NOTHING)), episodes[number], judged.get(number, ()), snapshot)
        for number, family in every.items() if number in own
    ]  # fmt: skip
    return sorted(found, key=lambda one: (-one.window_seconds, -one.seconds, one.id)), _fixes(
        connection, snapshot, judged
    )


def _cycle(
    family: Family,
    parts: tuple[FamilyPart, FamilyPart],
    episodes: Sequence[Episode],
    judged: Sequence[StoredFix],
    snapshot: Snapshot,
) -> CycleFact:
    own, window = parts
    as_of, rhythm = snapshot.clock.as_of_s, family.rhythm
    credited = [int(fix.at.timestamp()) for fix in judged if fix.outcome != FAILED]
    gap = rhythm.median_gap
    return CycleFact(
        id=family.name,
        title=family.title,
        state=cycles.cycle_state(rhythm, as_of, max(credited, default=None)),
        endless=family.is_endless,
        episodes=rhythm.episodes,
        tickets=own.tickets,
        seconds=own.seconds,
        logged_seconds=own.logged_seconds,
        window_tickets=window.tickets,
        window_seconds=window.seconds,
        first_seen=_instant(rhythm.first_start),
        last_seen=snapshot.clock.as_of if rhythm.last_end == STILL_OPEN else _instant(rhythm.last_end),
        median_gap_days=None if gap is None else gap / DAY,
        teams=tuple(family.teams),
        people=len(family.resolvers),
        absence_factor=absence_factor(family.resolvers),
        became_cycle_at=_became(episodes),
        ticket_ids=own.ids,
        window_ticket_ids=window.ids,
    )


def _became(episodes: Sequence[Episode]) -> datetime | None:
    first = episodes[0].start_s
    later = episodes[EPISODES_OF_A_CYCLE - 1 :]
    return next((_instant(one.start_s) for one in later if one.start_s - first >= SPAN_OF_A_CYCLE), None)


def _by_family(judged: Iterable[StoredFix]) -> dict[int, list[StoredFix]]:
    found: dict[int, list[StoredFix]] = defaultdict(list)
    for fix in sorted(judged, key=lambda one: (one.at, one.ticket_id)):
        found[fix.family_id].append(fix)
    return found


def _fixes(connection: Connection, snapshot: Snapshot, judged: Mapping[int, Sequence[StoredFix]]) -> list[FixFact]:
    """The fixes of families that have a ticket in the scope, by time."""
    stored = [fix for fixes_of in judged.values() for fix in fixes_of]
    store = FactStore(snapshot.results, reader.source_names(snapshot.tickets))
    tickets = store.read(connection, sorted({fix.ticket_id for fix in stored if fix.ticket_id >= 0}))
    inside = statistics.families_in_scope(connection, snapshot.scope, sorted(judged))
    own = families.read(connection, sorted(inside))
    facts = [
        _fix(
            fix, own[fix.family_id], tickets.get(fix.ticket_id),
            statistics.ids_since(connection, fix.family_id, fix.at),
        )
        for fix in stored if fix.family_id in own
    ]  # fmt: skip
    return sorted(facts, key=lambda one: (one.resolved_at, one.ticket, one.cycle))


def _fix(fix: StoredFix, family: Family, ticket: StoredFact | None, after: tuple[str, ...]) -> FixFact:
    told = fix.verdict
    return FixFact(
        ticket=ticket.fact.key if ticket else f"declared {fix.at:%Y-%m-%d}",
        cycle=family.name,
        title=ticket.fact.title if ticket else family.title,
        resolved_at=fix.at,
        outcome=told["outcome"],
        put_in=told["put_in"],
        avoided=told["avoided"],
        is_change=ticket is not None and ticket.fact.kind == "change",
        episodes_before=told["before"],
        episodes_after=told["after"],
        ratio=told["ratio"],
        low=told["low"],
        high=told["high"],
        ticket_ids=after,
    )


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
