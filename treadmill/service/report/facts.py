"""Stored tickets with their lives and classes, one after the other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from treadmill.connectors.model import Ticket
from treadmill.service.analysis.business import BusinessHours
from treadmill.service.analysis.classify import classify
from treadmill.service.analysis.life import life
from treadmill.service.analysis.metrics import Fact
from treadmill.service.store import reading
from treadmill.service.store.database import Database
from treadmill.service.store.reading import StoredTicket

SCOPES: dict[str, Callable[[StoredTicket], str | None]] = {
    "source": lambda stored: stored.source,
    "team": lambda stored: stored.ticket.team,
    "service": lambda stored: stored.ticket.service,
    "kind": lambda stored: stored.ticket.kind,
    "provider": lambda stored: stored.ticket.provider,
}


class ScopeError(ValueError):
    """A scope that means nothing."""


@dataclass(frozen=True, slots=True)
class StoredFact:
    """A stored ticket and what is known of it."""

    stored: StoredTicket
    fact: Fact


def facts(
    database: Database, hours: BusinessHours, as_of: datetime, covers: Callable[[StoredTicket], bool]
) -> Iterator[StoredFact]:
    """The tickets that a scope covers and that were opened by `as_of`, in bounded memory."""
    with_teams = reading.sources_with_teams(database)
    for stored in reading.tickets(database):
        if stored.ticket.opened_at <= as_of and covers(stored):
            holder_is_team = stored.source in with_teams
            yield StoredFact(stored, _fact(stored.ticket, hours, as_of, holder_is_team=holder_is_team))


def scope(text: str) -> Callable[[StoredTicket], bool]:
    """Which tickets a scope covers: `all`, or `team:Network` and its like. Raises ScopeError for another form."""
    if text == "all":
        return lambda _stored: True
    dimension, colon, value = text.partition(":")
    if not colon or dimension not in SCOPES:
        raise ScopeError(f"the scope '{text}' must be all or one of {', '.join(SCOPES)} with a name, e.g. team:Network")
    read = SCOPES[dimension]
    return lambda stored: read(stored) == value


def _fact(ticket: Ticket, hours: BusinessHours, as_of: datetime, *, holder_is_team: bool) -> Fact:
    return Fact(
        ticket=ticket,
        life=life(ticket, hours, as_of, "team" if holder_is_team else "assignee"),
        decision=classify(ticket),
        after_hours=not hours.contains(ticket.opened_at),
    )
