"""Days of families: the tickets of a family that were opened on one day of UTC, in sums."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Self

from sqlalchemy import Connection, and_, bindparam, delete, func, select

from service.store.results.facts import Work
from service.store.results.tables import FactRow, FamilyDayRow
from service.store.sql import batches
from service.store.tickets.tables import table_of

FAMILY_DAY = table_of(FamilyDayRow)
FACT = table_of(FactRow)
BATCH_SIZE = 500
DAY_S = 86_400

_LOGGED = func.coalesce(func.sum(FACT.c.seconds).filter(FACT.c.hours_are == "logged"), 0)
_OPENED = and_(
    FACT.c.family_id == bindparam("family"), FACT.c.opened_s >= bindparam("begin"), FACT.c.opened_s < bindparam("end")
)
_SUMS = select(
    func.min(FACT.c.opened_s), func.max(FACT.c.ended_s), func.count(), func.sum(FACT.c.seconds), _LOGGED
).where(_OPENED)  # fmt: skip


class FamilyDay(NamedTuple):
    """One day of a family. `day` counts from 1970; `first_s` is the first opening, `end_s` the last end."""

    day: int
    first_s: int
    end_s: int
    tickets: int
    seconds: int
    logged_seconds: int

    @classmethod
    def of_tickets(cls, day: int, tickets: Sequence[Work]) -> Self | None:
        """Return the day of these tickets, None for no ticket."""
        if not tickets:
            return None
        opened, ended, seconds, logged = zip(*tickets, strict=True)
        return cls(day, min(opened), max(ended), len(tickets), sum(seconds), sum(logged))

    def merge(self, part: Self) -> Self:
        """Return this day with the tickets of another part of it."""
        first, end = min(self.first_s, part.first_s), max(self.end_s, part.end_s)
        return self._replace(first_s=first, end_s=end)._add(part, 1)

    def subtract(self, part: Self) -> Self:
        """Return this day without a part of it that holds neither the first opening nor the last end."""
        # Sums can be subtracted, a minimum or maximum cannot: if the part holds one, the caller counts the day again.
        return self._add(part, -1)

    def _add(self, part: Self, sign: int) -> Self:
        return self._replace(
            tickets=self.tickets + sign * part.tickets,
            seconds=self.seconds + sign * part.seconds,
            logged_seconds=self.logged_seconds + sign * part.logged_seconds,
        )


def read(connection: Connection, families: Sequence[int]) -> dict[int, list[FamilyDay]]:
    """Return the days of these families in order, by family id."""
    days: dict[int, list[FamilyDay]] = {}
    for batch in batches(families, BATCH_SIZE):
        rows = select(FAMILY_DAY).where(FAMILY_DAY.c.family_id.in_(batch))
        for family_id, *rest in connection.execute(rows.order_by(FAMILY_DAY.c.family_id, FAMILY_DAY.c.day)).all():
            days.setdefault(family_id, []).append(FamilyDay(*rest))
    return days


def replace(connection: Connection, families: Sequence[int], days: Iterable[tuple[int, FamilyDay]]) -> None:
    """Write the days of families, given as (family id, day), in place of their former ones."""
    for batch in batches(families, BATCH_SIZE):
        connection.execute(delete(FAMILY_DAY).where(FAMILY_DAY.c.family_id.in_(batch)))
    rows = [{"family_id": family_id, **day._asdict()} for family_id, day in days]
    if rows:
        connection.execute(FAMILY_DAY.insert(), rows)


def count(connection: Connection, family_id: int, day: int) -> FamilyDay | None:
    """Compute one day of a family from its facts; None if no ticket was opened on it."""
    span = {"family": family_id, "begin": day * DAY_S, "end": (day + 1) * DAY_S}
    row = connection.execute(_SUMS, span).one()
    return FamilyDay(day, *map(int, row)) if row[2] else None
