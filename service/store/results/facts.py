"""Facts: the analysis of each ticket, with its shape and its family."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, NamedTuple, Self

from sqlalchemy import Connection, bindparam, delete, select, update

from service.analysis.episodes import STILL_OPEN
from service.analysis.fact import Fact, HoursAre
from service.analysis.families.visibility import TicketVisibility
from service.store.database import Database
from service.store.results.tables import FactRow
from service.store.sql import BulkInsert, batches
from service.store.tickets import queue
from service.store.tickets.tables import table_of

FACT = table_of(FactRow)

BATCH_SIZE = 1000
IDENTITY = ("ticket_id", "source_id", "external_id", "mark")
"""Columns that never change for a ticket. An upsert leaves them out, so that it does not rewrite their indexes."""
PLAIN = tuple(field.name for field in fields(Fact) if field.name not in ("ticket", "source", "id"))
_COLUMNS = (FACT.c.ticket_id, FACT.c.source_id, FACT.c.external_id, *(FACT.c[name] for name in PLAIN))

_NOT_LOGGED = FACT.c.hours_are != "logged"
_OF_TICKET = update(FACT).where(FACT.c.ticket_id == bindparam("number"))
_WRITE_ESTIMATE = _OF_TICKET.values({name: bindparam(name) for name in ("seconds", "hours_are", "is_restless")})
_ADD_ESTIMATE = _OF_TICKET.where(_NOT_LOGGED).values(
    seconds=FACT.c.seconds + bindparam("more"), hours_are="estimated"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StoredFact:
    """A fact with the ids of its source, its shape and its family, and the ground on which it is visible.

    A ticket without a shape is in no family.
    """

    fact: Fact
    source_id: int
    shape_id: int | None = None
    family_id: int | None = None
    visibility: TicketVisibility | None = None


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


class Work(NamedTuple):
    """The opening and end of a ticket in seconds since 1970, and the seconds of work in it, in all and logged."""

    opened_s: int
    ended_s: int
    seconds: int
    logged_seconds: int


def work_of(fact: Fact) -> Work:
    """Return the work in a ticket."""
    opened = epoch_seconds(fact.opened_at)
    logged = fact.seconds if fact.hours_are == "logged" else 0
    # Systems allow a resolution to be dated before the opening; an episode of negative length would follow.
    return Work(opened, max(epoch_seconds(fact.left_at), opened), fact.seconds, logged)


def family_name(source: str, id_: str) -> str:
    """Return the name of the family whose oldest ticket is this one."""
    # From the ticket alone: the name outlives rebuilds, and links and corrections that use it stay valid.
    identity = f"{source}\0{id_}".encode()
    return f"F{hashlib.blake2b(identity, digest_size=7).hexdigest()}"


def epoch_seconds(at: datetime | None) -> int:
    """Return whole seconds since 1970, and the largest integer for None."""
    return STILL_OPEN if at is None else int(at.timestamp())


class FactStore:
    """Reads and writes the facts of one database. `sources` holds the names of the sources by id."""

    def __init__(self, database: Database, sources: dict[int, str]) -> None:
        self._sources = sources
        insert = database.insert(FACT)
        columns = [column.name for column in FACT.c]
        replaced = {name: insert.excluded[name] for name in columns if name not in IDENTITY}
        upsert = insert.on_conflict_do_update(index_elements=["ticket_id"], set_=replaced)
        self._upsert = BulkInsert(upsert, FACT, columns, database.dialect)

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
        columns = FACT.c.shape_id, FACT.c.family_id, FACT.c.visible_by, FACT.c.title_label, *_COLUMNS
        statement = select(*columns).where(condition).order_by(FACT.c.ticket_id)
        for shape_id, family_id, by, label, number, source_id, id_, *rest in connection.execute(
            statement.limit(limit)
        ).all():
            fact = Fact(number, self._sources[source_id], id_, *rest)
            yield StoredFact(fact, source_id, shape_id, family_id, TicketVisibility(by, label) if by else None)


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


def _row(stored: StoredFact) -> dict[str, Any]:
    fact = stored.fact
    row, work = {name: getattr(fact, name) for name in PLAIN}, work_of(fact)
    row.update(
        ticket_id=fact.ticket,
        source_id=stored.source_id,
        external_id=fact.id,
        mark=family_name(fact.source, fact.id),
        opened_s=work.opened_s,
        ended_s=work.ended_s,
        shape_id=stored.shape_id,
        family_id=stored.family_id,
        visible_by=stored.visibility.by if stored.visibility else None,
        title_label=stored.visibility.label if stored.visibility else None,
    )
    return row
