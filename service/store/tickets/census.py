"""Comparison of the ids of a source with the stored ones, in the database and in bounded memory."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from hashlib import blake2b
from typing import Self

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    MetaData,
    String,
    Table,
    and_,
    delete,
    exists,
    func,
    not_,
    select,
    update,
)  # fmt: skip

from connectors.model import NAME_LENGTH
from service.store.database import Database
from service.store.tickets import queue
from service.store.tickets.tables import TicketRow, UnseenTicketRow, table_of

TICKET = table_of(TicketRow)
UNSEEN = table_of(UnseenTicketRow)
SOURCE_ID = Table("census_seen", MetaData(), Column("external_id", String, primary_key=True), prefixes=["TEMPORARY"])
BATCH_SIZE = 500


class IdComparison:
    """The ids of the tickets in a source, in a temporary table, compared with the stored ones."""

    def __init__(self, database: Database, connection: Connection, source_id: int, stack: ExitStack) -> None:
        self._connection = connection
        self._source_id = source_id
        self._insert = database.insert(SOURCE_ID).on_conflict_do_nothing()
        self._stack = stack
        self._too_long: set[bytes] = set()

    @classmethod
    def open(cls, database: Database, source_id: int) -> Self:
        """Return a comparison for one source, which has to be closed."""
        with ExitStack() as stack:
            # A temporary table belongs to its connection, so one connection serves the whole comparison.
            connection = stack.enter_context(database.read())
            SOURCE_ID.create(connection)
            connection.commit()
            return cls(database, connection, source_id, stack.pop_all())

    def close(self) -> None:
        """Drop the temporary table."""
        with self._stack:
            # A statement that failed leaves a transaction in which PostgreSQL refuses the DROP as well.
            self._connection.rollback()
            SOURCE_ID.drop(self._connection)
            self._connection.commit()

    def add(self, ids: Sequence[str]) -> None:
        """Add ids that exist in the source; a repeated id counts once."""
        # No index holds them, and no ticket is stored under them.
        self._too_long.update(blake2b(id_.encode(), digest_size=16).digest() for id_ in ids if len(id_) > NAME_LENGTH)
        rows = [{"external_id": id_} for id_ in ids if len(id_) <= NAME_LENGTH]
        if rows:
            self._connection.execute(self._insert, rows)
            self._connection.commit()

    @property
    def too_long(self) -> int:
        """The number of distinct ids that are too long to be stored."""
        return len(self._too_long)

    def source_count(self) -> int:
        """Return the number of distinct ids in the source."""
        stored = self._connection.execute(select(func.count()).select_from(SOURCE_ID)).scalar_one()
        return int(stored) + self.too_long

    def missing(self) -> Iterator[list[str]]:
        """Yield the ids that exist in the source and are not stored, or are stored as deleted, in batches."""
        stored = exists().where(
            TICKET.c.source_id == self._source_id,
            TICKET.c.external_id == SOURCE_ID.c.external_id,
            TICKET.c.deleted_at.is_(None),
        )
        return self._batches(SOURCE_ID.c.external_id, not_(stored))

    def deleted(self) -> Iterator[list[str]]:
        """Yield the ids that are stored as existing and no longer exist in the source, in batches."""
        return self._batches(TICKET.c.external_id, self._is_deleted())

    def unseen_before(self, at: datetime) -> Iterator[list[str]]:
        """Yield the ids of `deleted` that censuses have not seen since before this moment, in batches."""
        unseen = exists().where(
            UNSEEN.c.source_id == self._source_id, UNSEEN.c.external_id == TICKET.c.external_id, UNSEEN.c.since <= at
        )
        return self._batches(TICKET.c.external_id, and_(self._is_deleted(), unseen))

    def seen_again(self) -> Iterator[list[str]]:
        """Yield the ids that an earlier census did not see, and that exist in the source, in batches."""
        in_source = exists().where(SOURCE_ID.c.external_id == UNSEEN.c.external_id)
        return self._batches(UNSEEN.c.external_id, and_(UNSEEN.c.source_id == self._source_id, in_source))

    def _is_deleted(self) -> ColumnElement[bool]:
        in_source = exists().where(SOURCE_ID.c.external_id == TICKET.c.external_id)
        return and_(TICKET.c.source_id == self._source_id, TICKET.c.deleted_at.is_(None), not_(in_source))

    def _batches(self, column: ColumnElement[str], condition: ColumnElement[bool]) -> Iterator[list[str]]:
        """Yield the values of a column that meet a condition, in the order of the values."""
        # A transaction of its own for each batch, and the next begins after the last value instead of at an offset:
        # the caller writes between two batches, and what it writes takes rows out of the result.
        last = ""
        while True:
            statement = select(column).where(condition, column > last).order_by(column).limit(BATCH_SIZE)
            batch = list(self._connection.execute(statement).scalars())
            self._connection.commit()
            if not batch:
                return
            yield batch
            last = batch[-1]


def mark_deleted(connection: Connection, database: Database, source_id: int, ids: Sequence[str], at: datetime) -> int:
    """Mark tickets as deleted in their source, and queue them. Return how many were not marked before."""
    # Marked, not erased: a deleted ticket was work all the same, and may come back.
    unmarked = TICKET.c.source_id == source_id, TICKET.c.external_id.in_(ids), TICKET.c.deleted_at.is_(None)
    numbers = list(connection.execute(select(TICKET.c.id).where(*unmarked)).scalars())
    connection.execute(update(TICKET).where(TICKET.c.id.in_(numbers)).values(deleted_at=at))
    queue.add(connection, database, numbers)
    mark_seen(connection, source_id, ids)
    return len(numbers)


def mark_unseen(connection: Connection, database: Database, source_id: int, ids: Iterable[str], at: datetime) -> None:
    """Store that a census did not see these tickets; the moment of the first such census stays."""
    rows = [{"source_id": source_id, "external_id": id_, "since": at} for id_ in ids]
    if rows:
        connection.execute(database.insert(UNSEEN).on_conflict_do_nothing(), rows)


def mark_seen(connection: Connection, source_id: int, ids: Iterable[str]) -> None:
    """Forget that a census did not see these tickets."""
    connection.execute(delete(UNSEEN).where(UNSEEN.c.source_id == source_id, UNSEEN.c.external_id.in_(list(ids))))
