"""Sources, their checkpoints and their completeness."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from connectors.model import Gap, LeftOut
from service.store.database import Database
from service.store.tickets.tables import CheckpointRow, SourceRow, TicketRow, table_of

SOURCE = table_of(SourceRow)
CHECKPOINT = table_of(CheckpointRow)
TICKET = table_of(TicketRow)
MAX_KINDS = 40


@dataclass(frozen=True, slots=True)
class SourceState:
    """The state of a source. `tickets` counts those that exist in it, `deleted` those that no longer do.

    `left_out` holds, for each kind, the most that one run has left out since the source was last read from the start.
    """

    id: int
    name: str
    connector: str
    reach: datetime
    tickets: int
    deleted: int
    complete: bool | None
    gaps: tuple[Gap, ...]
    left_out: tuple[LeftOut, ...]
    reconciled_at: datetime | None
    last_success_at: datetime | None


def register(database: Database, name: str, connector: str, reach: datetime) -> SourceState:
    """Return the source of this name, created when it is new."""
    with database.write() as connection:
        # An existing source keeps its reach: after a later SINCE, a census would take all older tickets for deleted.
        insert = database.insert(SOURCE).values(
            name=name, connector=connector, reach=reach, tickets=0, deleted=0, gaps=[]
        )
        connection.execute(insert.on_conflict_do_nothing(index_elements=["name"]))
        row = connection.execute(select(SOURCE).where(SOURCE.c.name == name)).one()
        if row.connector != connector:
            connection.execute(update(SOURCE).where(SOURCE.c.id == row.id).values(connector=connector))
    return state(database, row.id)


def reset_checkpoint(database: Database, source_id: int, reach: datetime) -> None:
    """Delete the checkpoint and the values left out, and move the reach back to `reach` if that is earlier."""
    with database.write() as connection:
        connection.execute(update(SOURCE).where(SOURCE.c.id == source_id).values(left_out=[]))
        connection.execute(delete(CHECKPOINT).where(CHECKPOINT.c.source_id == source_id))
        connection.execute(update(SOURCE).where(SOURCE.c.id == source_id, SOURCE.c.reach > reach).values(reach=reach))


def copy(database: Database, into: Database) -> None:
    """Copy all sources into a database that has none; results that are computed there refer to them."""
    with database.read() as connection:
        rows = [dict(row._mapping) for row in connection.execute(select(SOURCE))]
    if rows:
        with into.write() as connection:
            connection.execute(SOURCE.insert(), rows)


def states(database: Database) -> list[SourceState]:
    """Return the states of all sources that were ever pulled, by name."""
    with database.read() as connection:
        return [_state(row) for row in connection.execute(select(SOURCE).order_by(SOURCE.c.name))]


def state(database: Database, source_id: int) -> SourceState:
    """Return the present state of one source."""
    with database.read() as connection:
        return _state(connection.execute(select(SOURCE).where(SOURCE.c.id == source_id)).one())


def _state(row: Row[Any]) -> SourceState:
    columns = {name: row._mapping[name] for name in SourceState.__slots__}
    gaps = tuple(Gap.model_validate(gap) for gap in row.gaps)
    left_out = tuple(LeftOut.model_validate(kind) for kind in row.left_out)
    return SourceState(**columns | {"gaps": gaps, "left_out": left_out})


def checkpoint(database: Database, source_id: int) -> dict[str, Any] | None:
    """Return the checkpoint of a source, None before its first page."""
    with database.read() as connection:
        return connection.execute(select(CHECKPOINT.c.value).where(CHECKPOINT.c.source_id == source_id)).scalar()


def save_checkpoint(
    connection: Connection, database: Database, source_id: int, value: Mapping[str, Any], at: datetime
) -> None:
    """Store a checkpoint in the transaction of its page."""
    # Takes the connection of the page: a checkpoint without its page would skip tickets for ever.
    insert = database.insert(CHECKPOINT).values(source_id=source_id, value=dict(value), saved_at=at)
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["source_id"], set_={"value": insert.excluded.value, "saved_at": insert.excluded.saved_at}
        )
    )


def save_left_out(connection: Connection, source_id: int, kinds: Iterable[LeftOut]) -> None:
    """Store what a run has left out so far, where it is more of a kind than earlier runs have."""
    stored = connection.execute(select(SOURCE.c.left_out).where(SOURCE.c.id == source_id)).scalar_one()
    most = {(kind.field, kind.cause, kind.mended): kind for kind in map(LeftOut.model_validate, stored)}
    for kind in kinds:
        place = kind.field, kind.cause, kind.mended
        # Not the sum: pulls overlap, and a ticket is read again whenever it changes.
        if place not in most or kind.tickets >= most[place].tickets:
            most[place] = kind
    largest = sorted(most.values(), key=lambda kind: -kind.tickets)[:MAX_KINDS]
    values = [kind.model_dump() for kind in largest]
    connection.execute(update(SOURCE).where(SOURCE.c.id == source_id).values(left_out=values))


def mark_success(database: Database, source_id: int, at: datetime) -> None:
    """Store the moment of the last pull that came to its end."""
    with database.write() as connection:
        connection.execute(update(SOURCE).where(SOURCE.c.id == source_id).values(last_success_at=at))


def mark_completeness(
    database: Database,
    source_id: int,
    complete: bool | None,
    gaps: Iterable[Gap],
    reconciled_at: datetime | None = None,
) -> None:
    """Store the completeness of a source and its gaps, and the moment of the comparison of ids if there was one."""
    values: dict[str, Any] = {"complete": complete, "gaps": [gap.model_dump() for gap in gaps]}
    if reconciled_at is not None:
        values["reconciled_at"] = reconciled_at
    with database.write() as connection:
        connection.execute(update(SOURCE).where(SOURCE.c.id == source_id).values(values))


def recount(database: Database, source_id: int) -> None:
    """Count the tickets of a source in the table. A census does this; it reads all of them anyway."""
    is_deleted = TICKET.c.deleted_at.is_not(None)
    counts = select(func.count(), func.count().filter(is_deleted)).where(TICKET.c.source_id == source_id)
    with database.write() as connection:
        stored, deleted = connection.execute(counts).one()
        values = {"tickets": stored - deleted, "deleted": deleted}
        connection.execute(update(SOURCE).where(SOURCE.c.id == source_id).values(values))
