"""Families computed from their tickets, or from their day sums: episodes, rhythm, hours and state.

A family that is new or was split is computed from all its tickets, any other from its days.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from service.analysis import cycles
from service.analysis.episodes import Episodes, group_episodes
from service.pipeline.day_sums import FamilyUpdate, days_of_members, shared_days, updated_days
from service.store.database import Database
from service.store.results import families, family_days
from service.store.results.families import Episode, Family, Member, RootTicket
from service.store.results.family_days import FamilyDay

BATCH_SIZE = 1000


@dataclass(frozen=True, slots=True)
class ComputedFamily:
    """A family with its days and, if there are several, its episodes."""

    family: Family
    days: list[FamilyDay]
    episodes: list[Episode]


class FamilyCalculator:
    """Computes families of one database, as of a moment. `dismissed` holds the names of dismissed families."""

    def __init__(self, as_of: int, dismissed: frozenset[str]) -> None:
        self._as_of = as_of
        self._dismissed = dismissed

    def recompute(
        self, connection: Connection, database: Database, updates: Mapping[int, FamilyUpdate | None]
    ) -> dict[int, Family]:
        """Compute and write families by their updates, or from all their tickets if there is none; return them.

        Families without a ticket are removed.
        """
        without_update = sorted(number for number, update in updates.items() if update is None)
        computed = [self._from_members(rows) for _, rows in families.members(connection, without_update)]
        computed += self._from_days(connection, {n: update for n, update in updates.items() if update is not None})
        by_number = {result.family.id: result.family for result in computed}
        families.remove(connection, sorted(updates.keys() - by_number.keys()))
        _write(connection, database, computed)
        return by_number

    def compute_all(self, database: Database, on_batch: Callable[[], None]) -> None:
        """Compute and write every family from its tickets, in bounded memory, into a store that has none.

        `on_batch` is called after every batch; an exception that it raises ends the work.
        """
        computed: list[ComputedFamily] = []
        with database.read() as reading:
            for _, rows in families.all_members(reading):
                computed.append(self._from_members(rows))
                if len(computed) >= BATCH_SIZE:
                    _write_batch(database, computed)
                    # Written while others are still read, so that memory does not grow with the store.
                    computed = []
                    on_batch()
        _write_batch(database, computed)

    def _from_members(self, rows: Sequence[Member]) -> ComputedFamily:
        family_id, ticket_id, name, *_, source_id, title = rows[0]
        days, first_tickets = days_of_members(rows)
        counts = Counter(row[7] for row in rows if row[7]), Counter(row[8] for row in rows if row[8])
        is_dismissed = bool(self._dismissed) and any(row[2] in self._dismissed for row in rows)
        root = RootTicket(ticket_id, name, title, source_id)
        return self._computed(family_id, days, root, counts, first_tickets.__getitem__, is_dismissed=is_dismissed)

    def _from_days(self, connection: Connection, updates: Mapping[int, FamilyUpdate]) -> list[ComputedFamily]:
        numbers = sorted({part.id for update in updates.values() for part in update.parts})
        days_of, episodes_of = family_days.read(connection, numbers), families.episodes(connection, numbers)
        dismissed = families.of_names(connection, self._dismissed) if self._dismissed else set()
        computed = []
        for number, update in sorted(updates.items()):
            before = [day for part in update.parts for day in days_of[part.id]]
            days = updated_days(connection, number, before, update)
            if days:
                episodes = [episode for part in update.parts for episode in episodes_of.get(part.id, ())]
                first_tickets = _FirstTickets(connection, number, days, episodes, update.days | shared_days(before))
                root = first_tickets.root(update.parts)
                is_dismissed = number in dismissed
                computed.append(
                    self._computed(
                        number, days, root, _updated_counts(update), first_tickets, is_dismissed=is_dismissed
                    )
                )
        return computed

    def _computed(
        self,
        number: int,
        days: list[FamilyDay],
        root: RootTicket,
        counts: tuple[Counter[str], Counter[str]],
        first_ticket: Callable[[int], int],
        *,
        is_dismissed: bool,
    ) -> ComputedFamily:
        episodes = _group_days(days)
        rhythm = cycles.compute_rhythm(episodes)
        is_cycle = cycles.is_cycle(rhythm)
        family = Family(
            id=number,
            source_id=root.source_id,
            name=root.mark,
            title=root.title,
            tickets=sum(day.tickets for day in days),
            seconds=sum(day.seconds for day in days),
            logged_seconds=sum(day.logged_seconds for day in days),
            first_end=int(episodes.ends[0]),
            rhythm=rhythm,
            teams=_most_common(counts[0]),
            resolvers=_most_common(counts[1]),
            is_cycle=is_cycle,
            is_endless=is_cycle and not is_dismissed and cycles.is_endless(rhythm, self._as_of),
            is_dismissed=is_dismissed,
        )
        # Most families have one episode, which the family itself describes: its row would only cost space.
        return ComputedFamily(family, days, _as_rows(number, days, episodes, first_ticket) if len(episodes) > 1 else [])


class _FirstTickets:
    """The tickets with which the episodes of a family begin: as they were before, or else read from the store.

    On the days `moved` they may have changed, and are always read.
    """

    def __init__(
        self,
        connection: Connection,
        number: int,
        days: Sequence[FamilyDay],
        episodes: Sequence[Episode],
        moved: set[int],
    ) -> None:
        self._connection = connection
        self._number = number
        self._opened = {day.day: day.first_s for day in days}
        self._first_day = days[0]
        self._moved = moved
        self._by_start = {episode.start_s: episode.first_ticket for episode in episodes}

    def __call__(self, day: int) -> int:
        opened = self._opened[day]
        if day not in self._moved and opened in self._by_start:
            return self._by_start[opened]
        return families.root_at(self._connection, self._number, opened).ticket_id

    def root(self, parts: Iterable[Family]) -> RootTicket:
        """Return the first ticket of all, which names the family; each part knows its own."""
        if self._first_day.day not in self._moved:
            for part in parts:
                if part.rhythm.first_start == self._first_day.first_s:
                    return RootTicket(0, part.name, part.title, part.source_id)
        return families.root_at(self._connection, self._number, self._first_day.first_s)


def _group_days(days: Sequence[FamilyDay]) -> Episodes:
    opened, ended, seconds = (
        np.array(column, np.int64)
        for column in zip(*((day.first_s, day.end_s, day.seconds) for day in days), strict=True)
    )
    return group_episodes(opened, ended, seconds)


def _as_rows(
    number: int, days: Sequence[FamilyDay], episodes: Episodes, first_ticket: Callable[[int], int]
) -> list[Episode]:
    # The "tickets" that were grouped are days: their tickets are summed up here.
    tickets = np.add.reduceat(np.array([day.tickets for day in days], np.int64), episodes.first).tolist()
    columns = (
        episodes.first.tolist(),
        episodes.starts.tolist(),
        episodes.ends.tolist(),
        tickets,
        episodes.seconds.tolist(),
    )
    return [
        Episode(number, position, start, end, count, seconds, first_ticket(days[first].day))
        for position, (first, start, end, count, seconds) in enumerate(zip(*columns, strict=True), 1)
    ]


def _updated_counts(update: FamilyUpdate) -> tuple[Counter[str], Counter[str]]:
    """Return how many of the tickets each team has, and each person resolved, after an update."""
    teams, resolvers = Counter[str](), Counter[str]()
    for part in update.parts:
        teams.update(part.teams)
        resolvers.update(part.resolvers)
    for sign, stored_facts in ((-1, update.left), (1, update.joined)):
        for stored in stored_facts:
            teams[stored.fact.team or ""] += sign
            resolvers[stored.fact.resolver or ""] += sign
    return teams, resolvers


def _most_common(counts: Counter[str]) -> dict[str, int]:
    """Return the names that count, the most frequent first, ties by name."""
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    return {name: count for name, count in ordered if name and count > 0}


def _write(connection: Connection, database: Database, computed: Sequence[ComputedFamily]) -> None:
    numbers = [result.family.id for result in computed]
    families.write(connection, database, [result.family for result in computed])
    family_days.replace(connection, numbers, ((result.family.id, day) for result in computed for day in result.days))
    families.replace_episodes(connection, numbers, [episode for result in computed for episode in result.episodes])


def _write_batch(database: Database, computed: Sequence[ComputedFamily]) -> None:
    with database.write() as connection:
        _write(connection, database, computed)
