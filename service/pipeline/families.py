"""Families computed from their tickets, or from what changed in them: episodes, weeks, rhythm, state, flags of tickets.

A family that is small, new, merged or split is computed from all its tickets, a large one from what changed.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Connection

from service.analysis import cycles
from service.analysis.calendar import local_date, week_begin, week_number
from service.analysis.clock import FixedClock
from service.analysis.cycles import EPISODES_OF_A_CYCLE
from service.analysis.episodes import Episodes, Integers, are_returns, group_episodes, week_numbers
from service.analysis.major_incidents import MajorFailure
from service.pipeline.family_update import EpisodeUpdate, FamilyUpdate, updated_weeks
from service.pipeline.flags import FamilyFlags, FlaggedTickets, FlagTable, changed_flags, shared_flags
from service.pipeline.leads import family_leads, updated_leads
from service.store.database import Database
from service.store.results import bursts, families
from service.store.results.facts import TicketFlags
from service.store.results.families import Episode, Family, FamilyWeek, Member, RootTicket

BATCH_SIZE = 1000
SMALL_FAMILY = 100
"""Up to so many tickets a family is read whole: that is quicker than to ask for what changed in it."""
FAILURES = ("failure", "rework")


@dataclass(frozen=True, slots=True)
class ComputedFamily:
    """A family with its episodes and weeks, if it has several tickets, and the flags that its tickets lack."""

    family: Family
    episodes: Sequence[Episode] = ()
    weeks: Sequence[FamilyWeek] = ()
    flags: Mapping[int, TicketFlags] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FormerFamilies:
    """Families as they are stored, with their episodes and weeks, by number."""

    families: Mapping[int, Family]
    episodes: Mapping[int, Sequence[Episode]]
    weeks: Mapping[int, Sequence[FamilyWeek]]

    @classmethod
    def read(cls, connection: Connection, numbers: Sequence[int]) -> "FormerFamilies":
        """Read families with their episodes and weeks."""
        stored = families.read(connection, numbers), families.episodes(connection, numbers)
        return cls(*stored, families.weeks(connection, numbers))


class Totals(NamedTuple):
    """Sums over the tickets of a family."""

    tickets: int
    seconds: int
    logged_seconds: int
    failures: int
    requests: int

    @classmethod
    def of(cls, tickets: Iterable[tuple[int, str, str, int]]) -> "Totals":
        """Return the sums of tickets, given as (seconds, hours_are, work_class, sign)."""
        sums = [0, 0, 0, 0, 0]
        for seconds, hours_are, work_class, sign in tickets:
            sums[0] += sign
            sums[1] += sign * seconds
            sums[2] += sign * seconds if hours_are == "logged" else 0
            sums[3] += sign if work_class in FAILURES else 0
            sums[4] += sign if work_class == "request" else 0
        return cls(*sums)


class FamilyCalculator:
    """Computes families of one database, as of a moment. `dismissed` holds the names of dismissed families."""

    def __init__(self, clock: FixedClock, dismissed: frozenset[str]) -> None:
        self._zone = clock.zone
        self._as_of = clock.as_of_s
        self._week = current_week(clock)
        self._dismissed = dismissed

    def recompute(
        self,
        connection: Connection,
        database: Database,
        updates: Mapping[int, FamilyUpdate | None],
        former: FormerFamilies,
    ) -> dict[int, TicketFlags]:
        """Compute and write families by their updates, or from all their tickets if there is none.

        Return the flags of the tickets that do not have them yet. Families without a ticket are removed.
        """
        whole = sorted(number for number, update in updates.items() if update is None)
        major = bursts.major_failures_of(connection, whole)
        members = families.members(connection, whole)
        computed = [self._from_members(rows, major.get(number, ())) for number, rows in members]
        large = {number: update for number, update in sorted(updates.items()) if update is not None}
        dismissed = families.of_names(connection, self._dismissed) if large and self._dismissed else set()
        for number, update in large.items():
            computed += self._from_update(connection, update, former, is_dismissed=number in dismissed)
        families.remove(connection, sorted(updates.keys() - {result.family.id for result in computed}))
        _write(connection, database, computed, former)
        return {ticket: flags for result in computed for ticket, flags in result.flags.items()}

    def compute_all(self, database: Database, on_batch: Callable[[], None]) -> FlagTable:
        """Compute and write every family from its tickets, in bounded memory, into a store that has none.

        Return the flags of all tickets. `on_batch` is called after every batch; an exception that it raises ends the
        work.
        """
        computed, table = list[ComputedFamily](), FlagTable()
        with database.read() as reading:
            for rows, failures in _with_major_failures(reading):
                result = self._from_members(rows, failures)
                table.add(result.flags)
                computed.append(replace(result, flags={}))
                if len(computed) >= BATCH_SIZE:
                    _write_batch(database, computed)
                    # Written while others are still read, so that memory does not grow with the store.
                    computed = []
                    on_batch()
        _write_batch(database, computed)
        return table

    def _from_members(self, rows: Iterable[Member], failures: Sequence[MajorFailure]) -> ComputedFamily:
        family = _MemberColumns(rows, self._dismissed)
        first = family.first
        root = RootTicket(first.ticket_id, first.mark, first.title, first.source_id)
        opened, repaired, seconds = (
            np.frombuffer(column, np.int64) for column in (family.bursts, family.repaired, family.seconds)
        )
        episodes = group_episodes(opened, repaired, seconds)
        first_tickets = [family.numbers[place] for place in episodes.first.tolist()]
        weeks = _weeks(opened, self._zone) if len(opened) > 1 else []
        counts = family.teams, family.resolvers
        parts = _FamilyParts(first.family_id, root, family.totals, counts, weeks, family.is_dismissed)
        computed = self._computed(parts, episodes, first_tickets)
        leads = dict.fromkeys(family.leading, 0)
        if failures:
            leads |= family_leads(episodes.starts.tolist(), failures)
        return self._with_flags(computed, FlaggedTickets(family.numbers, family.bursts, family.flags), leads)

    def _from_update(
        self, connection: Connection, update: FamilyUpdate, former: FormerFamilies, *, is_dismissed: bool
    ) -> list[ComputedFamily]:
        """Return the family after an update; nothing if no ticket is left."""
        number = update.family.id
        before, weeks_before = former.episodes.get(number, ()), former.weeks.get(number, ())
        after = EpisodeUpdate(connection, before, update).episodes()
        if not after:
            return []
        weeks = list(updated_weeks(weeks_before, update, self._zone).items())
        root = _updated_root(connection, update, after[0].start_s)
        parts = _FamilyParts(number, root, _updated_totals(update), _updated_counts(update), weeks, is_dismissed)
        columns = _columns((0, row.start_s, row.last_s, row.tickets, row.seconds) for row in after)
        computed = self._computed(parts, Episodes(*columns), [row.first_ticket for row in after])
        flags = FamilyFlags(computed.episodes, computed.weeks, self._zone)
        tickets = [(stored.fact.ticket, stored.burst_s, stored.flags) for stored in update.joined]
        for span in flags.flipped(FamilyFlags(before, weeks_before, self._zone)):
            tickets += bursts.flagged(connection, number, span)
        changes = updated_leads(connection, before, after, update)
        return [self._with_flags(computed, FlaggedTickets.of(tickets + changes.tickets), changes.leads)]

    def _computed(self, parts: "_FamilyParts", episodes: Episodes, first_tickets: Sequence[int]) -> ComputedFamily:
        rhythm = cycles.compute_rhythm(episodes, parts.weeks)
        is_cycle = cycles.is_cycle(rhythm)
        family = Family(
            id=parts.id,
            source_id=parts.root.source_id,
            name=parts.root.mark,
            title=parts.root.title,
            **parts.totals._asdict(),
            rhythm=rhythm,
            teams=_most_common(parts.counts[0]),
            resolvers=_most_common(parts.counts[1]),
            is_cycle=is_cycle,
            is_endless=is_cycle and not parts.is_dismissed and cycles.is_endless(rhythm, self._as_of, self._week),
            is_dismissed=parts.is_dismissed,
        )
        # Most families have one ticket, which the family itself describes: rows would only cost space.
        if family.tickets == 1:
            return ComputedFamily(family)
        return ComputedFamily(family, _episode_rows(parts, episodes, first_tickets), self._week_rows(parts, episodes))

    def _week_rows(self, parts: "_FamilyParts", episodes: Episodes) -> list[FamilyWeek]:
        endless = [False] * len(parts.weeks)
        if len(episodes) >= EPISODES_OF_A_CYCLE and not parts.is_dismissed:
            numbers = np.array([number for number, _ in parts.weeks], np.int64)
            ends = np.array([week_begin(number + 1, self._zone) for number, _ in parts.weeks], np.int64)
            endless = cycles.endless_weeks(episodes.starts, numbers, ends).tolist()
        return [FamilyWeek(parts.id, *week, flag) for week, flag in zip(parts.weeks, endless, strict=True)]

    def _with_flags(
        self, computed: ComputedFamily, tickets: FlaggedTickets, leads: Mapping[int, int]
    ) -> ComputedFamily:
        """Return the family with the flags that these tickets do not have yet."""
        flags = FamilyFlags(computed.episodes, computed.weeks, self._zone)
        return replace(computed, flags=changed_flags(flags, tickets, leads))


class _MemberColumns:
    """The tickets of a family in columns: a family may hold a tenth of a store, whose rows would fill the memory."""

    def __init__(self, rows: Iterable[Member], dismissed: frozenset[str]) -> None:
        self.numbers, self.bursts, self.repaired, self.seconds = (array("q") for _ in range(4))
        self.flags, self.leading = list[TicketFlags](), list[int]()
        self.teams, self.resolvers = Counter[str](), Counter[str]()
        self.is_dismissed = False
        self.totals = Totals.of(self._add(row, dismissed) for row in rows)

    def _add(self, row: Member, dismissed: frozenset[str]) -> tuple[int, str, str, int]:
        """Add a ticket and return what counts in the totals of its family."""
        if not self.numbers:
            self.first = row
        self.numbers.append(row.ticket_id)
        self.bursts.append(row.burst_s)
        self.repaired.append(row.repaired_s)
        self.seconds.append(row.seconds)
        self.flags.append(shared_flags(row.is_repeat, row.is_endless, row.leads))
        if row.leads:
            self.leading.append(row.ticket_id)
        if row.team:
            self.teams[row.team] += 1
        if row.resolver:
            self.resolvers[row.resolver] += 1
        self.is_dismissed |= row.mark in dismissed
        return row.seconds, row.hours_are, row.work_class, 1


class _FamilyParts(NamedTuple):
    """The parts of a family that do not depend on its episodes."""

    id: int
    root: RootTicket
    totals: Totals
    counts: tuple[Counter[str], Counter[str]]
    weeks: Sequence[tuple[int, int]]
    is_dismissed: bool


def _with_major_failures(connection: Connection) -> Iterator[tuple[Iterator[Member], Sequence[MajorFailure]]]:
    """Yield the tickets of every family, to be read before the next, with those of them that are major failures."""
    # Both come in the order of the families' numbers, and few families have major failures.
    majors = bursts.all_major_failures(connection)
    number, failures = next(majors, (None, ()))
    for family_id, rows in families.all_members(connection):
        if family_id == number:
            yield rows, failures
            number, failures = next(majors, (None, ()))
        else:
            yield rows, ()


def current_week(clock: FixedClock) -> int:
    """Return the number of the local week that is under way."""
    return week_number(local_date(clock.as_of, clock.zone))


def _columns(rows: Iterable[tuple[int, ...]]) -> list[Integers]:
    return [np.array(column, np.int64) for column in zip(*rows, strict=True)]


def _weeks(opened: Integers, zone: ZoneInfo) -> list[tuple[int, int]]:
    numbers, tickets = np.unique(week_numbers(opened, zone), return_counts=True)
    return list(zip(numbers.tolist(), tickets.tolist(), strict=True))


def _episode_rows(parts: _FamilyParts, episodes: Episodes, first_tickets: Sequence[int]) -> list[Episode]:
    returns = are_returns(episodes.starts, episodes.lasts) & (not parts.is_dismissed)
    columns = (episodes.starts, episodes.lasts, episodes.tickets, episodes.seconds)
    rows = zip(*(column.tolist() for column in columns), first_tickets, returns.tolist(), strict=True)
    return [Episode(parts.id, *row) for row in rows]


def _updated_root(connection: Connection, update: FamilyUpdate, start_s: int) -> RootTicket:
    """Return the first ticket of all, which names the family."""
    family = update.family
    if start_s == family.rhythm.first_start and all(stored.burst_s != start_s for _, stored in update.changes):
        return RootTicket(0, family.name, family.title, family.source_id)
    return families.root_at(connection, family.id, start_s)


def _updated_totals(update: FamilyUpdate) -> Totals:
    changes = (
        (stored.fact.seconds, stored.fact.hours_are, stored.fact.work_class, sign) for sign, stored in update.changes
    )
    before = (getattr(update.family, name) for name in Totals._fields)
    return Totals(*map(sum, zip(before, Totals.of(changes), strict=True)))


def _updated_counts(update: FamilyUpdate) -> tuple[Counter[str], Counter[str]]:
    """Return how many of the tickets each team has, and each person resolved, after an update."""
    teams, resolvers = Counter(update.family.teams), Counter(update.family.resolvers)
    for sign, stored in update.changes:
        teams[stored.fact.team or ""] += sign
        resolvers[stored.fact.resolver or ""] += sign
    return teams, resolvers


def _most_common(counts: Counter[str]) -> dict[str, int]:
    """Return the names that count, the most frequent first, ties by name."""
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    return {name: count for name, count in ordered if name and count > 0}


def _write(
    connection: Connection, database: Database, computed: Sequence[ComputedFamily], former: FormerFamilies
) -> None:
    numbers = [result.family.id for result in computed]
    families.write(connection, database, [result.family for result in computed])
    episodes_before = chain.from_iterable(former.episodes.get(number, ()) for number in numbers)
    weeks_before = chain.from_iterable(former.weeks.get(number, ()) for number in numbers)
    episodes = chain.from_iterable(result.episodes for result in computed)
    families.replace_episodes(connection, database, episodes_before, episodes)
    weeks = chain.from_iterable(result.weeks for result in computed)
    families.replace_weeks(connection, database, weeks_before, weeks)


def _write_batch(database: Database, computed: Sequence[ComputedFamily]) -> None:
    with database.write() as connection:
        _write(connection, database, computed, FormerFamilies({}, {}, {}))
