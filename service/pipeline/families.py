"""Families computed anew from their tickets: episodes, rhythm, hours, whether they are cycles that do not end.

A family whose tickets changed a little is computed from its days, of which only the changed ones are counted anew, and
one that was put together from the days of its parts: what that costs does not grow with its tickets. One that is new or
was split is computed from all its tickets.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection

from service.analysis import cycles
from service.analysis.episodes import Episodes, episodes
from service.analysis.fact import Fact
from service.store.database import Database
from service.store.results import facts, families
from service.store.results.facts import StoredFact, Work, epoch_seconds
from service.store.results.families import DAY_S, Episode, Family, FamilyDay, FamilyStatus, Member, RootTicket

WRITTEN_AT_ONCE = 1000


class TicketFlags(NamedTuple):
    """Whether a ticket's family had an earlier episode, and whether it belongs to a cycle that does not end."""

    repeat: bool
    endless: bool


def flags(fact: Fact, standing: FamilyStatus | None) -> TicketFlags:
    """The flags of a ticket; a family that a person dismissed makes no repeats."""
    if standing is None or standing.is_dismissed:
        return TicketFlags(repeat=False, endless=False)
    return TicketFlags(repeat=epoch_seconds(fact.opened_at) > standing.first_end, endless=standing.is_endless)


@dataclass(frozen=True, slots=True)
class FamilyUpdate:
    """The families that one was before it was put together, or itself, and the tickets that left it and came to it.

    A ticket that stayed but changed did both.
    """

    parts: Sequence[Family]
    left: Sequence[StoredFact]
    came: Sequence[StoredFact]

    @property
    def days(self) -> set[int]:
        """The days, counted from 1970, on which any of these tickets was opened."""
        return {epoch_seconds(one.fact.opened_at) // DAY_S for one in (*self.left, *self.came)}


@dataclass(frozen=True, slots=True)
class ComputedFamily:
    """A family with all that is kept of it."""

    family: Family
    days: list[FamilyDay]
    episodes: list[Episode]


class FamilyCalculator:
    """Computes families of one database, as of a moment. `dismissed` are the marks of tickets of dismissed ones."""

    def __init__(self, as_of: int, dismissed: frozenset[str]) -> None:
        self._as_of = as_of
        self._dismissed = dismissed

    def recompute(
        self,
        connection: Connection,
        database: Database,
        renewals: Mapping[int, FamilyUpdate | None],
    ) -> dict[int, Family]:
        """Computes and writes families by what renews them, or from all their tickets where nothing is told.

        Those that have no ticket left are taken out. The families that are left, by number.
        """
        whole = sorted(number for number, one in renewals.items() if one is None)
        made = [self._from_members(rows) for _, rows in families.members(connection, whole)]
        made += self._from_parts(connection, {number: one for number, one in renewals.items() if one is not None})
        left = {one.family.id for one in made}
        families.remove(connection, sorted(renewals.keys() - left))
        _write(connection, database, made)
        return {one.family.id: one.family for one in made}

    def recompute_all(self, database: Database, step: Callable[[], None]) -> None:
        """Computes and writes every family from its tickets, in bounded memory; there are none before.

        `step` is called now and then; what it raises ends the work.
        """
        made: list[ComputedFamily] = []
        with database.read() as reading:
            for _, rows in families.all_members(reading):
                made.append(self._from_members(rows))
                if len(made) >= WRITTEN_AT_ONCE:
                    _write_apart(database, made)
                    made = []
                    step()
        _write_apart(database, made)

    def _from_members(self, rows: Sequence[Member]) -> ComputedFamily:
        family_id, ticket_id, mark, *_, source_id, title = rows[0]
        days, firsts = _days(rows)
        teams, resolvers = Counter(row[7] for row in rows if row[7]), Counter(row[8] for row in rows if row[8])
        is_dismissed = bool(self._dismissed) and any(row[2] in self._dismissed for row in rows)
        root = RootTicket(ticket_id, mark, title, source_id)
        return self._made(family_id, days, root, (teams, resolvers), firsts.__getitem__, is_dismissed=is_dismissed)

    def _from_parts(self, connection: Connection, renewals: Mapping[int, FamilyUpdate]) -> list[ComputedFamily]:
        numbers = sorted({part.id for one in renewals.values() for part in one.parts})
        known, former = families.days(connection, numbers), families.episodes(connection, numbers)
        dismissed = families.of_names(connection, self._dismissed) if self._dismissed else set()
        made = []
        for number, one in sorted(renewals.items()):
            before = [day for part in one.parts for day in known[part.id]]
            days = _moved(connection, number, before, one)
            if days:
                began = [episode for part in one.parts for episode in former.get(part.id, ())]
                firsts = _Firsts(connection, number, days, began, one.days | _shared(before))
                root = firsts.root(one.parts)
                made.append(self._made(number, days, root, _recounted(one), firsts, is_dismissed=number in dismissed))
        return made

    def _made(
        self,
        number: int,
        days: list[FamilyDay],
        root: RootTicket,
        counted: tuple[Counter[str], Counter[str]],
        first_of: Callable[[int], int],
        *,
        is_dismissed: bool,
    ) -> ComputedFamily:
        found = _episodes(days)
        rhythm = cycles.rhythm(found)
        is_cycle = cycles.is_cycle(rhythm)
        family = Family(
            id=number,
            source_id=root.source_id,
            name=root.mark,
            title=root.title,
            tickets=sum(day.tickets for day in days),
            seconds=sum(day.seconds for day in days),
            logged_seconds=sum(day.logged_seconds for day in days),
            first_end=int(found.ends[0]),
            rhythm=rhythm,
            teams=_ranked(counted[0]),
            resolvers=_ranked(counted[1]),
            is_cycle=is_cycle,
            is_endless=is_cycle and not is_dismissed and cycles.is_endless(rhythm, self._as_of),
            is_dismissed=is_dismissed,
        )
        return ComputedFamily(family, days, _as_rows(number, days, found, first_of) if len(found) > 1 else [])


class _Firsts:
    """The first tickets of the days of a family that begin its episodes: those that are known, or else asked for.

    On the days `moved` none is known.
    """

    def __init__(
        self, connection: Connection, number: int, days: Sequence[FamilyDay], former: Sequence[Episode], moved: set[int]
    ) -> None:
        self._connection = connection
        self._number = number
        self._opened = {day.day: day.first_s for day in days}
        self._first = days[0]
        self._moved = moved
        self._known = {one.start_s: one.first_ticket for one in former}

    def __call__(self, day: int) -> int:
        opened = self._opened[day]
        if day not in self._moved and opened in self._known:
            return self._known[opened]
        return families.root_at(self._connection, self._number, opened).ticket_id

    def root(self, parts: Iterable[Family]) -> RootTicket:
        """The first ticket of all; each part knows its own."""
        if self._first.day not in self._moved:
            for part in parts:
                if part.rhythm.first_start == self._first.first_s:
                    return RootTicket(0, part.name, part.title, part.source_id)
        return families.root_at(self._connection, self._number, self._first.first_s)


def _shared(days: Iterable[FamilyDay]) -> set[int]:
    """The days that several parts of a family have."""
    return {day for day, times in Counter(day.day for day in days).items() if times > 1}


def _moved(connection: Connection, number: int, known: Iterable[FamilyDay], renewal: FamilyUpdate) -> list[FamilyDay]:
    """The days of a family after a change. One is counted anew only where its first opening or last end has left."""
    found: dict[int, FamilyDay] = {}
    for day in known:
        found[day.day] = found[day.day].merge(day) if day.day in found else day
    left, came = _by_day(renewal.left), _by_day(renewal.came)
    for on in renewal.days:
        old, gone = found.get(on), left.get(on, [])
        fresh = FamilyDay.of_tickets(on, came.get(on, []))
        if old is not None and any(one[0] == old.first_s or one[1] == old.end_s for one in gone):
            moved = families.count_day(connection, number, on)
        else:
            moved = _added(old, fresh, FamilyDay.of_tickets(on, gone))
        found.pop(on, None)
        if moved is not None:
            found[on] = moved
    return [found[on] for on in sorted(found)]


def _by_day(placed: Iterable[StoredFact]) -> dict[int, list[Work]]:
    """The opening, end, seconds and logged seconds of tickets, by the day on which they were opened."""
    found: dict[int, list[Work]] = {}
    for one in placed:
        work = facts.work_of(one.fact)
        found.setdefault(work.opened_s // DAY_S, []).append(work)
    return found


def _added(old: FamilyDay | None, came: FamilyDay | None, left: FamilyDay | None) -> FamilyDay | None:
    """A day with what came and without what left, which was neither its first nor its last."""
    total = old.merge(came) if old and came else old or came
    return total.subtract(left) if total and left else total


def _days(rows: Sequence[Member]) -> tuple[list[FamilyDay], dict[int, int]]:
    """(the days of a family whose tickets come in order, the first ticket of each day)."""
    found: dict[int, list[int]] = {}
    firsts: dict[int, int] = {}
    for _, ticket_id, _, opened, ended, seconds, hours_are, *_ in rows:
        day = opened // DAY_S
        firsts.setdefault(day, ticket_id)
        sums = found.setdefault(day, [opened, ended, 0, 0, 0])
        sums[1] = max(sums[1], ended)
        sums[2] += 1
        sums[3] += seconds
        sums[4] += seconds if hours_are == "logged" else 0
    return [FamilyDay(day, *sums) for day, sums in found.items()], firsts


def _episodes(days: Sequence[FamilyDay]) -> Episodes:
    opened, ended, seconds = (
        np.array(column, np.int64) for column in zip(*((d[1], d[2], d[4]) for d in days), strict=True)
    )
    return episodes(opened, ended, seconds)


def _as_rows(number: int, days: Sequence[FamilyDay], found: Episodes, first_of: Callable[[int], int]) -> list[Episode]:
    tickets = np.add.reduceat(np.array([day.tickets for day in days], np.int64), found.first).tolist()
    columns = zip(
        found.first.tolist(), found.starts.tolist(), found.ends.tolist(), tickets, found.seconds.tolist(), strict=True
    )
    return [
        Episode(number, place, start, end, count, seconds, first_of(days[first].day))
        for place, (first, start, end, count, seconds) in enumerate(columns, 1)
    ]


def _recounted(renewal: FamilyUpdate) -> tuple[Counter[str], Counter[str]]:
    """How many of the tickets each team has, and each person resolved."""
    teams, resolvers = Counter[str](), Counter[str]()
    for part in renewal.parts:
        teams.update(part.teams)
        resolvers.update(part.resolvers)
    for sign, placed in ((-1, renewal.left), (1, renewal.came)):
        for one in placed:
            teams[one.fact.team or ""] += sign
            resolvers[one.fact.resolver or ""] += sign
    return teams, resolvers


def _ranked(counts: Counter[str]) -> dict[str, int]:
    """The names that count, the most frequent first."""
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return {name: count for name, count in ordered if name and count > 0}


def _write(connection: Connection, database: Database, made: Sequence[ComputedFamily]) -> None:
    numbers = [one.family.id for one in made]
    families.write(connection, database, [one.family for one in made])
    families.replace_days(connection, numbers, ((one.family.id, day) for one in made for day in one.days))
    families.replace_episodes(connection, numbers, [episode for one in made for episode in one.episodes])


def _write_apart(database: Database, made: Sequence[ComputedFamily]) -> None:
    with database.write() as connection:
        _write(connection, database, made)
