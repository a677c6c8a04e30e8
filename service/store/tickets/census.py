"""Comparing the ids of a source with the stored ones, in the database and in bounded memory."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Self

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    MetaData,
    String,
    Table,
    and_,
    exists,
    func,
    not_,
    select,
    update,
)  # fmt: skip

from service.store.database import Database
from service.store.tickets import queue
from service.store.tickets.tables import TicketRow, table_of

TICKET = table_of(TicketRow)
SEEN = Table("census_seen", MetaData(), Column("external_id", String, primary_key=True), prefixes=["TEMPORARY"])
BATCH = 500


class IdComparison:
    """The ids that exist in the source, gathered in a temporary table beside the stored ones."""

    def __init__(self, database: Database, connection: Connection, source_id: int) -> None:
        self._connection = connection
        self._source_id = source_id
        self._insert = database.insert(SEEN).on_conflict_do_nothing()

    @classmethod
    @contextmanager
    def open(cls, database: Database, source_id: int) -> Iterator[Self]:
        """A comparison for one source; what it gathered is gone at the end."""
        with database.read() as connection:
            SEEN.create(connection)
            connection.commit()
            try:
                yield cls(database, connection, source_id)
            finally:
                connection.rollback()
                SEEN.drop(connection)
                connection.commit()

    def add(self, ids: Sequence[str]) -> None:
        """Notes that these exist; twice the same id counts once."""
        if ids:
            self._connection.execute(self._insert, [{"external_id": id_} for id_ in ids])
            self._connection.commit()

    def seen(self) -> int:
        """How many ids exist."""
        return int(self._connection.execute(select(func.count()).select_from(SEEN)).scalar_one())

    def missing(self) -> Iterator[list[str]]:
        """Ids that exist and are not stored, or stored as gone, in batches."""
        stored = exists().where(
            TICKET.c.source_id == self._source_id,
            TICKET.c.external_id == SEEN.c.external_id,
            TICKET.c.deleted_at.is_(None),
        )
        return self._batches(SEEN.c.external_id, not_(stored))

    def gone(self) -> Iterator[list[str]]:
        """Ids that are stored, not marked as gone, and exist no more, in batches."""
        seen = exists().where(SEEN.c.external_id == TICKET.c.external_id)
        mine = and_(TICKET.c.source_id == self._source_id, TICKET.c.deleted_at.is_(None))
        return self._batches(TICKET.c.external_id, and_(mine, not_(seen)))

    def _batches(self, column: ColumnElement[str], condition: ColumnElement[bool]) -> Iterator[list[str]]:
        """Walks by key, each batch in a transaction of its own, so that writes may go on beside it."""
        last = ""
        while True:
            statement = select(column).where(condition, column > last).order_by(column).limit(BATCH)
            batch = list(self._connection.execute(statement).scalars())
            self._connection.commit()
            if not batch:
                return
            yield batch
            last = batch[-1]


def mark_deleted(connection: Connection, database: Database, source_id: int, ids: Iterable[str], at: datetime) -> int:
    """Marks tickets as gone from the source, erasing nothing; returns how many were not marked before."""
    here = TICKET.c.source_id == source_id, TICKET.c.external_id.in_(list(ids)), TICKET.c.deleted_at.is_(None)
    numbers = list(connection.execute(select(TICKET.c.id).where(*here)).scalars())
    connection.execute(update(TICKET).where(TICKET.c.id.in_(numbers)).values(deleted_at=at))
    queue.add(connection, database, numbers)
    return len(numbers)
