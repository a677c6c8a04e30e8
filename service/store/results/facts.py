"""Facts: the analysis of each ticket, with its shape and its family."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, Self

from sqlalchemy import Connection, bindparam, delete, select, update
from sqlalchemy.engine import Dialect

from service.analysis.episodes import NEVER
from service.analysis.fact import Fact, HoursAre
from service.analysis.families.visibility import TicketVisibility
from service.store.database import Database
from service.store.results.tables import FactRow
from service.store.sql import BulkInsert, batches, insert_into
from service.store.tickets import queue
from service.store.tickets.tables import table_of

FACT = table_of(FactRow)

BATCH_SIZE = 1000
IDENTITY = ("ticket_id", "source_id", "external_id", "mark")
"""Columns that never change for a ticket. An upsert leaves them out, so that it does not rewrite their indexes."""
PLAIN = tuple(field.name for field in fields(Fact) if field.name not in ("ticket", "source", "id"))
STILL_OPEN = NEVER
"""The end of a ticket that is open."""
_STORED = tuple(
    FACT.c[name]
    for name in (
        "source_id", "burst_s", "shape_id", "family_id", "visible_by", "title_label", "is_repeat", "is_endless",
        "leads",
    )
)  # fmt: skip
_COLUMNS = (*_STORED, FACT.c.ticket_id, FACT.c.external_id, *(FACT.c[name] for name in PLAIN))


class TicketFlags(NamedTuple):
    """Flags of a ticket: it belongs to a return, its family was known to be an endless cycle, and what it leads.

    `leads` is the sum of the bits of the scopes in which it begins a major incident.
    """

    is_repeat: bool = False
    is_endless: bool = False
    leads: int = 0


NO_FLAGS = TicketFlags()

_NOT_LOGGED = FACT.c.hours_are != "logged"
_OF_TICKET = update(FACT).where(FACT.c.ticket_id == bindparam("number"))
_WRITE_ESTIMATE = _OF_TICKET.values({name: bindparam(name) for name in ("seconds", "hours_are", "is_restless")})
_ADD_ESTIMATE = _OF_TICKET.where(_NOT_LOGGED).values(
    seconds=FACT.c.seconds + bindparam("more"), hours_are="estimated"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StoredFact:
    """A fact with the ids of its source, its shape and its family, and the ground on which it is visible.

    A ticket without a shape is in no family. `burst_s` is the opening by which it belongs to an episode, in seconds
    since 1970: its own, or that of the incident of which it is a child.
    """

    fact: Fact
    source_id: int
    burst_s: int
    shape_id: int | None = None
    family_id: int | None = None
    visibility: TicketVisibility | None = None
    flags: TicketFlags = NO_FLAGS

    @property
    def repaired_s(self) -> int:
        """The seconds since 1970 of its first resolution, NEVER if it never was resolved."""
        fact = self.fact
        closed_at = fact.closed_at if fact.status_category == "closed" else None
        at = fact.first_resolved_at or fact.resolved_at or closed_at
        # Systems allow a resolution to be dated before the opening; it must not repair what had not begun.
        return NEVER if at is None else max(epoch_seconds(at), epoch_seconds(fact.opened_at))

    @property
    def ended_s(self) -> int:
        """The seconds since 1970 at which it left the backlog, STILL_OPEN if it is in there."""
        left_at = self.fact.left_at
        return STILL_OPEN if left_at is None else max(epoch_seconds(left_at), epoch_seconds(self.fact.opened_at))


class Estimate(NamedTuple):
    """The estimated work in a ticket, and whether it grows as time passes."""

    seconds: int
    hours_are: HoursAre
    is_restless: bool

    @classmethod
    def of(cls, fact: Fact) -> Self:
        """Return the estimate of a ticket whose work was not logged."""
        return cls(fact.seconds, fact.hours_are, fact.is_restless)


def with_estimate(fact: Fact, estimate: Estimate) -> Fact:
    """Return a fact with another estimate."""
    return replace(fact, **estimate._asdict())


def family_name(source: str, id_: str) -> str:
    """Return the name of the family whose oldest ticket is this one."""
    # From the ticket alone: the name outlives rebuilds, and links and corrections that use it stay valid.
    identity = f"{source}\0{id_}".encode()
    return f"F{hashlib.blake2b(identity, digest_size=7).hexdigest()}"


def epoch_seconds(at: datetime) -> int:
    """Return whole seconds since 1970."""
    return int(at.timestamp())


class FactStore:
    """Reads and writes the facts of one database. `sources` holds the names of the sources by id."""

    def __init__(self, database: Database, sources: dict[int, str]) -> None:
        self._sources = sources
        self._upsert = _upsert(database.dialect)

    def add_sources(self, sources: Mapping[int, str]) -> None:
        """Add the names of new sources."""
        self._sources.update(sources)

    def write(self, connection: Connection, facts: Iterable[StoredFact]) -> None:
        """Write facts, each in place of one of the same ticket."""
        self._upsert.run(connection, [_row(stored) for stored in facts])

    def read(self, connection: Connection, tickets: Sequence[int]) -> dict[int, StoredFact]:
        """Return the facts of these tickets by ticket number, of those that have one."""
        facts: dict[int, StoredFact] = {}
        for batch in batches(tickets, BATCH_SIZE):
            rows = self._select(connection, FACT.c.ticket_id.in_(batch))
            facts.update((stored.fact.ticket, stored) for stored in rows)
        return facts

    def read_after(self, connection: Connection, last: int) -> list[StoredFact]:
        """Return the next facts after a ticket number, in order; an empty list at the end."""
        return list(self._select(connection, FACT.c.ticket_id > last, BATCH_SIZE))

    def _select(self, connection: Connection, condition: Any, limit: int | None = None) -> Iterator[StoredFact]:
        statement = select(*_COLUMNS).where(condition).order_by(FACT.c.ticket_id).limit(limit)
        for source_id, burst_s, shape_id, family_id, *rest in connection.execute(statement).all():
            by, label, is_repeat, is_endless, leads, number, id_, *plain = rest
            fact, visibility = Fact(number, self._sources[source_id], id_, *plain), TicketVisibility(by, label)
            flags = TicketFlags(is_repeat, is_endless, leads)
            yield StoredFact(fact, source_id, burst_s, shape_id, family_id, visibility if by else None, flags)


@cache
def _upsert(dialect: Dialect) -> BulkInsert:
    insert = insert_into(FACT, dialect)
    columns = [column.name for column in FACT.c]
    replaced = {name: insert.excluded[name] for name in columns if name not in IDENTITY}
    upsert = insert.on_conflict_do_update(index_elements=["ticket_id"], set_=replaced)
    return BulkInsert(upsert, FACT, columns, dialect)


def remove(connection: Connection, tickets: Sequence[int]) -> None:
    """Delete the facts of these tickets."""
    connection.execute(delete(FACT).where(FACT.c.ticket_id.in_(tickets)))


def estimates(connection: Connection, tickets: Sequence[int]) -> dict[int, Estimate]:
    """Return the estimates of these tickets by ticket number, of those whose work was not logged."""
    columns = select(FACT.c.ticket_id, FACT.c.seconds, FACT.c.hours_are, FACT.c.is_restless).where(_NOT_LOGGED)
    by_number: dict[int, Estimate] = {}
    for batch in batches(tickets, BATCH_SIZE):
        rows = connection.execute(columns.where(FACT.c.ticket_id.in_(batch)))
        by_number.update((number, Estimate(*estimate)) for number, *estimate in rows)
    return by_number


def write_estimates(connection: Connection, estimates: Mapping[int, Estimate]) -> None:
    """Write other estimates of tickets."""
    rows = [{"number": number, **estimate._asdict()} for number, estimate in sorted(estimates.items())]
    if rows:
        connection.execute(_WRITE_ESTIMATE, rows)


def add_estimates(connection: Connection, seconds: Iterable[tuple[int, int]]) -> None:
    """Add seconds above 0 to the estimates of tickets, given as (ticket number, seconds), where nothing was logged."""
    rows = [{"number": number, "more": more} for number, more in seconds]
    if rows:
        connection.execute(_ADD_ESTIMATE, rows)


def limit_estimates(connection: Connection, most: int) -> None:
    """Cut estimates to `most` seconds; they no longer grow."""
    limited = update(FACT).where(FACT.c.hours_are == "estimated", FACT.c.seconds >= most)
    connection.execute(limited.values(seconds=most, is_restless=False))


def tickets_of_family(connection: Connection, family_id: int) -> list[int]:
    """Return the numbers of a family's tickets."""
    return list(connection.execute(select(FACT.c.ticket_id).where(FACT.c.family_id == family_id)).scalars())


def tickets_of_shape(connection: Connection, shape_id: int) -> list[int]:
    """Return the numbers of the tickets that have a shape."""
    return list(connection.execute(select(FACT.c.ticket_id).where(FACT.c.shape_id == shape_id)).scalars())


def root_external_id(connection: Connection, name: str) -> str:
    """Return the external id of the ticket after which a family is named."""
    return str(connection.execute(select(FACT.c.external_id).where(FACT.c.mark == name)).scalars().first())


def reassign_family(connection: Connection, old: int, new: int) -> None:
    """Assign the facts of one family to another."""
    connection.execute(update(FACT).where(FACT.c.family_id == old).values(family_id=new))


def assign_shape(connection: Connection, shape_id: int, family_id: int) -> None:
    """Assign the facts of one shape to a family."""
    connection.execute(update(FACT).where(FACT.c.shape_id == shape_id).values(family_id=family_id))


def shapes_in_use(connection: Connection, shapes: Sequence[int]) -> set[int]:
    """Return those of the shapes that some ticket has."""
    statement = select(FACT.c.shape_id).where(FACT.c.shape_id.in_(shapes)).distinct()
    return set(connection.execute(statement).scalars())


def queue_accruing(connection: Connection, database: Database) -> None:
    """Queue the tickets whose hours grow while time passes."""
    queue.add_all(connection, database, select(FACT.c.ticket_id).where(FACT.c.is_restless))


def set_flags(connection: Connection, flags: Mapping[int, TicketFlags]) -> None:
    """Set the flags of tickets, by ticket number."""
    by_flags: dict[TicketFlags, list[int]] = {}
    for ticket, flags_of in flags.items():
        by_flags.setdefault(flags_of, []).append(ticket)
    for flags_of, tickets in sorted(by_flags.items()):
        for batch in batches(sorted(tickets), BATCH_SIZE):
            connection.execute(update(FACT).where(FACT.c.ticket_id.in_(batch)).values(flags_of._asdict()))


def _row(stored: StoredFact) -> dict[str, Any]:
    fact = stored.fact
    row = {name: getattr(fact, name) for name in PLAIN}
    row.update(
        ticket_id=fact.ticket,
        source_id=stored.source_id,
        external_id=fact.id,
        mark=family_name(fact.source, fact.id),
        opened_s=epoch_seconds(fact.opened_at),
        ended_s=stored.ended_s,
        burst_s=stored.burst_s,
        repaired_s=stored.repaired_s,
        is_repeat=stored.flags.is_repeat,
        is_endless=stored.flags.is_endless,
        leads=stored.flags.leads,
        shape_id=stored.shape_id,
        family_id=stored.family_id,
        visible_by=stored.visibility.by if stored.visibility else None,
        title_label=stored.visibility.label if stored.visibility else None,
    )
    return row
