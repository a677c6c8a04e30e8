"""Scopes: what of the tickets a report or an export is about."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, true

from service.store.results.cells import DIMENSIONS
from service.store.results.tables import FactRow
from service.store.tickets.tables import Source, table_of

FACT = table_of(FactRow)
SOURCE = table_of(Source)
NAMED = DIMENSIONS[1:]


class ScopeError(ValueError):
    """A scope that means nothing."""


@dataclass(frozen=True, slots=True)
class Scope:
    """All tickets, or those with one value of one dimension."""

    dimension: str = "all"
    value: str = ""

    def __str__(self) -> str:
        return self.dimension if self.dimension == "all" else f"{self.dimension}:{self.value}"

    def condition(self, connection: Connection) -> Any:
        """What holds of the facts of this scope, as SQL."""
        if self.dimension == "all":
            return true()
        if self.dimension == "source":
            numbers = connection.execute(select(SOURCE.c.id).where(SOURCE.c.name == self.value)).scalars()
            return FACT.c.source_id.in_(list(numbers))
        return FACT.c[self.dimension] == self.value


def scope(text: str) -> Scope:
    """The scope that a text means: `all`, or `team:Network` and its like. Raises ScopeError for another form."""
    if text == "all":
        return Scope()
    dimension, colon, value = text.partition(":")
    if not colon or not value or dimension not in NAMED:
        raise ScopeError(f"the scope '{text}' must be all or one of {', '.join(NAMED)} with a name, e.g. team:Network")
    return Scope(dimension, value)
