"""Scopes and spans of time: which tickets a question to the store is about."""

import difflib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select, true

from service.store.results import cells
from service.store.results.cells import DIMENSIONS
from service.store.results.tables import FactRow
from service.store.tickets.tables import SourceRow, table_of

FACT = table_of(FactRow)
SOURCE = table_of(SourceRow)
NAMED_DIMENSIONS = DIMENSIONS[1:]
"""Dimensions whose scopes have a name; `all` has none."""


class ScopeError(ValueError):
    """A text that is not the form of a scope."""


class UnknownScope(LookupError):
    """No ticket belongs to a scope; the text says so, and names similar scopes."""


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


def verify_scope(connection: Connection, scope: Scope) -> None:
    """Raise UnknownScope where no analysed ticket belongs to a scope."""
    if scope.dimension == "all" or cells.scope_id(connection, scope.dimension, scope.value) is not None:
        return
    names = {name.casefold(): name for name in cells.scope_values(connection)[scope.dimension]}
    similar = [names[name] for name in difflib.get_close_matches(scope.value.casefold(), names)]
    hint = f" Did you mean {' or '.join(f'{scope.dimension}:{name}' for name in similar)}?" if similar else ""
    raise UnknownScope(f"No ticket belongs to the scope {scope}.{hint}")


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
