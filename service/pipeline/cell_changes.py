"""Changes to the sums of cells: collected by day and scopes, spread over scopes and grains when written."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Connection

from service.analysis.calendar import GRAINS, Grain, first_day
from service.analysis.fact import Fact
from service.analysis.major_incidents import LEAD_BITS
from service.analysis.tally import PERSON, Entry
from service.store.results.cells import CellKey, CellStore

Sums = defaultdict[str, int]


class TicketScopes(NamedTuple):
    """The scopes that count a ticket, None if it has no value; `all` counts what its source counts."""

    source: str | None
    team: str | None
    service: str | None
    kind: str | None
    provider: str | None

    @classmethod
    def of(cls, fact: Fact) -> "TicketScopes":
        """Return the scopes of a ticket."""
        return cls(fact.source, fact.team, fact.service, fact.kind, fact.provider)

    @classmethod
    def led(cls, fact: Fact, leads: int) -> "TicketScopes":
        """Return those of the scopes of a ticket whose bits are in a sum of bits."""
        pairs = zip(cls._fields, cls.of(fact), strict=True)
        return cls(*(value if leads & LEAD_BITS[dimension] else None for dimension, value in pairs))


class CellChanges:
    """Amounts by scopes, day and measure. Nothing is written before `flush`."""

    def __init__(self) -> None:
        self._sums: defaultdict[tuple[TicketScopes, date], Sums] = defaultdict(lambda: defaultdict(int))

    def __len__(self) -> int:
        return len(self._sums)

    def add(self, scopes: TicketScopes, entries: Iterable[Entry], sign: int = 1) -> None:
        """Add entries, or subtract them with sign -1."""
        changes = self._sums
        for day, measure, amount in entries:
            changes[scopes, day][measure] += sign * amount

    def flush(self, connection: Connection, cells: CellStore) -> None:
        """Write everything and start anew."""
        spread = self._by_scope()
        numbers = cells.scope_ids(connection, {scope for scope, _ in spread})
        moved: defaultdict[CellKey, Sums] = defaultdict(lambda: defaultdict(int))
        for (scope, day), sums in spread.items():
            # Persons by day would be most of all rows, and no metric of a day asks for them.
            of_day = {measure: amount for measure, amount in sums.items() if not measure.startswith(PERSON)}
            for grain, start in _starts(day):
                target = moved[CellKey(numbers[scope], grain, start)]
                for measure, amount in (of_day if grain == "day" else sums).items():
                    target[measure] += amount
        cells.add(connection, moved)
        self._sums.clear()

    def _by_scope(self) -> dict[tuple[tuple[str, str], date], Sums]:
        by_scope: defaultdict[tuple[tuple[str, str], date], Sums] = defaultdict(lambda: defaultdict(int))
        for (scopes, day), sums in self._sums.items():
            # Most of what a changed ticket subtracts and adds cancels out: only what is left is spread and written.
            nonzero = {measure: amount for measure, amount in sums.items() if amount}
            for scope in _scope_keys(scopes) if nonzero else ():
                target = by_scope[scope, day]
                for measure, amount in nonzero.items():
                    target[measure] += amount
        return by_scope


@lru_cache(maxsize=20_000)
def _starts(day: date) -> list[tuple[Grain, str]]:
    """Return each grain with the first day, in ISO 8601, of the period that contains a day."""
    return [(grain, first_day(day, grain).isoformat()) for grain in GRAINS]


def _scope_keys(scopes: TicketScopes) -> list[tuple[str, str]]:
    pairs = zip(TicketScopes._fields, scopes, strict=True)
    named = [(dimension, value) for dimension, value in pairs if value]
    return [("all", ""), *named] if scopes.source else named
