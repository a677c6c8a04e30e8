"""Scopes and spans of time: which tickets a question to the store is about."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select, true

from service.store.results.cells import DIMENSIONS
from service.store.results.tables import FactRow
from service.store.tickets.tables import SourceRow, table_of

FACT = table_of(FactRow)
SOURCE = table_of(SourceRow)
NAMED_DIMENSIONS = DIMENSIONS[1:]
"""Dimensions whose scopes have a name; `all` has none."""


class ScopeError(ValueError):
    """A text that is not the form of a scope."""


@dataclass(frozen=True, slots=True)
class Scope:
    """All tickets, or those with one value of one dimension."""

    dimension: str = "all"
    value: str = ""

    def __str__(self) -> str:
        return self.dimension if self.dimension == "all" else f"{self.dimension}:{self.value}"

    def condition(self, connection: Connection) -> Any:
        """Return the SQL condition that the facts of this scope meet."""
        if self.dimension == "all":
            return true()
        if self.dimension == "source":
            numbers = connection.execute(select(SOURCE.c.id).where(SOURCE.c.name == self.value)).scalars()
            return FACT.c.source_id.in_(list(numbers))
        return FACT.c[self.dimension] == self.value


def parse_scope(text: str) -> Scope:
    """Return the scope that `all`, or `team:Network` and its like, stands for. Raises ScopeError for another form."""
    if text == "all":
        return Scope()
    dimension, colon, value = text.partition(":")
    if not colon or not value or dimension not in NAMED_DIMENSIONS:
        allowed = ", ".join(NAMED_DIMENSIONS)
        raise ScopeError(f"the scope '{text}' must be all or one of {allowed} with a name, e.g. team:Network")
    return Scope(dimension, value)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time from `begin` up to, and without, `end`, in seconds since 1970."""

    begin: int
    end: int

    @property
    def from_instant(self) -> datetime:
        """The first instant of the span."""
        return datetime.fromtimestamp(self.begin, UTC)

    @property
    def to_instant(self) -> datetime:
        """The instant after the span."""
        return datetime.fromtimestamp(self.end, UTC)


ALL_TIME = Span(0, int(datetime(9999, 12, 31, tzinfo=UTC).timestamp()))
