"""What a stretch of work adds to the cells: gathered by day and scopes, spread over scopes and grains at the end."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from service.analysis.calendar import GRAINS, first_day
from service.analysis.fact import Fact
from service.analysis.tally import PERSON, Entry
from service.store.results.cells import CellKey, CellStore

Sums = defaultdict[str, int]


class TicketScopes(NamedTuple):
    """The scopes in which a ticket is counted, besides `all`; None where it has no value."""

    source: str
    team: str | None
    service: str | None
    kind: str | None
    provider: str | None

    @classmethod
    def of(cls, fact: Fact) -> "TicketScopes":
        """The scopes of a ticket."""
        return cls(fact.source, fact.team, fact.service, fact.kind, fact.provider)


class CellChanges:
    """Amounts by scopes, day and measure. Nothing is written before `flush`."""

    def __init__(self) -> None:
        self._sums: defaultdict[tuple[TicketScopes, date], Sums] = defaultdict(lambda: defaultdict(int))

    def __len__(self) -> int:
        return len(self._sums)

    def add(self, scopes: TicketScopes, entries: Iterable[Entry], sign: int = 1) -> None:
        """Adds entries, or takes them back with sign -1."""
        found = self._sums
        for day, measure, amount in entries:
            found[scopes, day][measure] += sign * amount

    def flush(self, connection: Connection, cells: CellStore) -> None:
        """Writes everything and forgets it."""
        spread = self._by_scope()
        numbers = cells.scope_ids(connection, {scope for scope, _ in spread})
        moved: defaultdict[CellKey, Sums] = defaultdict(lambda: defaultdict(int))
        for (scope, day), sums in spread.items():
            for grain in GRAINS:
                target = moved[CellKey(numbers[scope], grain, first_day(day, grain).isoformat())]
                for measure, amount in sums.items():
                    if grain != "day" or not measure.startswith(PERSON):
                        target[measure] += amount
        cells.add(connection, moved)
        self._sums.clear()

    def _by_scope(self) -> dict[tuple[tuple[str, str], date], Sums]:
        found: defaultdict[tuple[tuple[str, str], date], Sums] = defaultdict(lambda: defaultdict(int))
        for (scopes, day), sums in self._sums.items():
            some = {measure: amount for measure, amount in sums.items() if amount}
            for scope in _named(scopes) if some else ():
                target = found[scope, day]
                for measure, amount in some.items():
                    target[measure] += amount
        return found


def _named(scopes: TicketScopes) -> list[tuple[str, str]]:
    pairs = zip(TicketScopes._fields, scopes, strict=True)
    return [("all", ""), *((dimension, value) for dimension, value in pairs if value)]
