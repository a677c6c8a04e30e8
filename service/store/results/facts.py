"""Facts: what the analysis knows of each ticket, with its shape and its family."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, select, update

from service.analysis.episodes import STILL_OPEN
from service.analysis.fact import Fact
from service.store.database import Database
from service.store.results.tables import FactRow
from service.store.sql import BulkInsert
from service.store.tickets import queue
from service.store.tickets.tables import table_of

FACT = table_of(FactRow)

AT_ONCE = 1000
IDENTITY = ("ticket_id", "source_id", "external_id", "mark")
"""What a ticket keeps for ever: written once, so that no index of it is written again."""
PLAIN = tuple(field.name for field in fields(Fact) if field.name not in ("ticket", "source", "id"))
_READ = (FACT.c.ticket_id, FACT.c.source_id, FACT.c.external_id, *(FACT.c[name] for name in PLAIN))


@dataclass(frozen=True, slots=True)
class StoredFact:
    """A fact with the numbers of its source, its shape and its family; no shape: it is in no family."""

    fact: Fact
    source_id: int
    shape_id: int | None = None
    family_id: int | None = None


class Work(NamedTuple):
    """When a ticket was opened and ended, in seconds since 1970, and the work in it, all of it and what was logged."""

    opened_s: int
    ended_s: int
    seconds: int
    logged_seconds: int


def work_of(fact: Fact) -> Work:
    """The work in a ticket; an end before its opening counts as the opening."""
    opened = epoch_seconds(fact.opened_at)
    logged = fact.seconds if fact.hours_are == "logged" else 0
    return Work(opened, max(epoch_seconds(fact.left_at), opened), fact.seconds, logged)


def family_name(source: str, id_: str) -> str:
    """The name of the family whose oldest ticket is this one."""
    identity = f"{source}\0{id_}".encode()
    return f"F{hashlib.blake2b(identity, digest_size=7).hexdigest()}"


def epoch_seconds(at: datetime | None) -> int:
    """Whole seconds since 1970; the largest integer for what has not happened."""
    return STILL_OPEN if at is None else int(at.timestamp())


class FactStore:
    """Reads and writes facts of one database. `sources` holds the names of the sources by number."""

    def __init__(self, database: Database, sources: dict[int, str]) -> None:
        self._sources = sources
        insert = database.insert(FACT)
        columns = [column.name for column in FACT.c]
        replaced = {name: insert.excluded[name] for name in columns if name not in IDENTITY}
        upsert = insert.on_conflict_do_update(index_elements=["ticket_id"], set_=replaced)
        self._upsert = BulkInsert(upsert, FACT, columns, database.dialect)

    def add_sources(self, sources: Mapping[int, str]) -> None:
        """Takes in the names of sources that are new."""
        self._sources.update(sources)

    def write(self, connection: Connection, placed: Iterable[StoredFact]) -> None:
        """Writes facts; one of the same ticket is replaced."""
        self._upsert.run(connection, [_row(one) for one in placed])

    def read(self, connection: Connection, tickets: Sequence[int]) -> dict[int, StoredFact]:
        """The facts of these tickets, by number, as far as there are any."""
        found: dict[int, StoredFact] = {}
        for start in range(0, len(tickets), AT_ONCE):
            some = FACT.c.ticket_id.in_(tickets[start : start + AT_ONCE])
            found.update((one.fact.ticket, one) for one in self._select(connection, some))
        return found

    def read_after(self, connection: Connection, last: int) -> list[StoredFact]:
        """The next facts after a ticket's number, by number; none at the end."""
        return list(self._select(connection, FACT.c.ticket_id > last, AT_ONCE))

    def _select(self, connection: Connection, condition: Any, limit: int | None = None) -> Iterator[StoredFact]:
        statement = select(FACT.c.shape_id, FACT.c.family_id, *_READ).where(condition).order_by(FACT.c.ticket_id)
        for shape_id, family_id, number, source_id, id_, *rest in connection.execute(statement.limit(limit)).all():
            yield StoredFact(Fact(number, self._sources[source_id], id_, *rest), source_id, shape_id, family_id)


def remove(connection: Connection, tickets: Sequence[int]) -> None:
    """Takes out the facts of these tickets."""
    connection.execute(delete(FACT).where(FACT.c.ticket_id.in_(tickets)))


def tickets_of_family(connection: Connection, family_id: int) -> list[int]:
    """The numbers of a family's tickets."""
    return list(connection.execute(select(FACT.c.ticket_id).where(FACT.c.family_id == family_id)).scalars())


def tickets_of_shape(connection: Connection, shape_id: int) -> list[int]:
    """The numbers of the tickets that have a shape."""
    return list(connection.execute(select(FACT.c.ticket_id).where(FACT.c.shape_id == shape_id)).scalars())


def root_external_id(connection: Connection, mark: str) -> str:
    """The system's id of the ticket that has a mark."""
    return str(connection.execute(select(FACT.c.external_id).where(FACT.c.mark == mark)).scalars().first())


def reassign_family(connection: Connection, old: int, new: int) -> None:
    """Gives the facts of one family to another."""
    connection.execute(update(FACT).where(FACT.c.family_id == old).values(family_id=new))


def assign_shape(connection: Connection, shape_id: int, family_id: int) -> None:
    """Gives the facts of one shape to a family."""
    connection.execute(update(FACT).where(FACT.c.shape_id == shape_id).values(family_id=family_id))


def shapes_in_use(connection: Connection, shapes: Sequence[int]) -> set[int]:
    """Those of the shapes that some ticket still has."""
    statement = select(FACT.c.shape_id).where(FACT.c.shape_id.in_(shapes)).distinct()
    return set(connection.execute(statement).scalars())


def _row(placed: StoredFact) -> dict[str, Any]:
    fact = placed.fact
    row, work = {name: getattr(fact, name) for name in PLAIN}, work_of(fact)
    row.update(
        ticket_id=fact.ticket,
        source_id=placed.source_id,
        external_id=fact.id,
        mark=family_name(fact.source, fact.id),
        opened_s=work.opened_s,
        ended_s=work.ended_s,
        shape_id=placed.shape_id,
        family_id=placed.family_id,
    )
    return row


def queue_accruing(connection: Connection, database: Database) -> None:
    """Queue the tickets whose hours grow while time passes."""
    queue.add_all(connection, database, select(FACT.c.ticket_id).where(FACT.c.is_restless))
