"""Day sums of families: one line for the tickets of a family that were opened on one day of UTC.

One line suffices, because no episode begins within a day: a ticket begins one more than 24 h after all before it. So
what a changed ticket costs does not grow with its family.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from service.store.results import facts, family_days
from service.store.results.facts import StoredFact, Work, epoch_seconds
from service.store.results.families import Family, Member
from service.store.results.family_days import DAY_S, FamilyDay


@dataclass(frozen=True, slots=True)
class FamilyUpdate:
    """The families that were merged into one, or the one itself, and the tickets that left it and joined it.

    A ticket that stayed but changed did both.
    """

    parts: Sequence[Family]
    left: Sequence[StoredFact]
    joined: Sequence[StoredFact]

    @property
    def days(self) -> set[int]:
        """The days, counted from 1970, on which any of these tickets was opened."""
        return {epoch_seconds(stored.fact.opened_at) // DAY_S for stored in (*self.left, *self.joined)}


def days_of_members(rows: Sequence[Member]) -> tuple[list[FamilyDay], dict[int, int]]:
    """Return (the days of a family whose tickets come in order, the first ticket of each day)."""
    by_day: dict[int, list[int]] = {}
    first_tickets: dict[int, int] = {}
    for _, ticket_id, _, opened, ended, seconds, hours_are, *_ in rows:
        day = opened // DAY_S
        first_tickets.setdefault(day, ticket_id)
        sums = by_day.setdefault(day, [opened, ended, 0, 0, 0])
        sums[1] = max(sums[1], ended)
        sums[2] += 1
        sums[3] += seconds
        sums[4] += seconds if hours_are == "logged" else 0
    return [FamilyDay(day, *sums) for day, sums in by_day.items()], first_tickets


def updated_days(
    connection: Connection, number: int, before: Iterable[FamilyDay], update: FamilyUpdate
) -> list[FamilyDay]:
    """Return the days of a family after an update, in order."""
    days: dict[int, FamilyDay] = {}
    for day in before:
        days[day.day] = days[day.day].merge(day) if day.day in days else day
    left, joined = _by_day(update.left), _by_day(update.joined)
    for number_of_day in update.days:
        old, gone = days.pop(number_of_day, None), left.get(number_of_day, [])
        # Sums can be subtracted, a first opening and a last end cannot: once one of them may have left, the day is
        # counted from its tickets.
        if old is not None and any(work.opened_s == old.first_s or work.ended_s == old.end_s for work in gone):
            updated = family_days.count(connection, number, number_of_day)
        else:
            added = FamilyDay.of_tickets(number_of_day, joined.get(number_of_day, []))
            updated = _updated_day(old, added, FamilyDay.of_tickets(number_of_day, gone))
        if updated is not None:
            days[number_of_day] = updated
    return [days[number_of_day] for number_of_day in sorted(days)]


def shared_days(days: Iterable[FamilyDay]) -> set[int]:
    """Return the days that several parts of a family have."""
    return {day for day, times in Counter(day.day for day in days).items() if times > 1}


def _updated_day(before: FamilyDay | None, added: FamilyDay | None, removed: FamilyDay | None) -> FamilyDay | None:
    total = before.merge(added) if before and added else before or added
    return total.subtract(removed) if total and removed else total


def _by_day(stored_facts: Iterable[StoredFact]) -> dict[int, list[Work]]:
    """Return the work of tickets by the day on which they were opened."""
    by_day: dict[int, list[Work]] = {}
    for stored in stored_facts:
        work = facts.work_of(stored.fact)
        by_day.setdefault(work.opened_s // DAY_S, []).append(work)
    return by_day
