"""Pages of tickets, written where they are new or changed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Table, and_, bindparam, delete, select
from sqlalchemy.engine import Dialect

from connectors.model import Record, Ticket
from service.analysis.limits import cut_title
from service.store.database import Database
from service.store.sql import BulkInsert, insert_into, insert_rows
from service.store.tickets import queue
from service.store.tickets.privacy import PrivacyFilter
from service.store.tickets.tables import LinkRow, SlaRow, TicketRow, TransitionRow, WorklogRow, table_of

BATCH_SIZE = 500
TICKET = table_of(TicketRow)
CHILDREN: tuple[tuple[Table, str], ...] = (
    (table_of(TransitionRow), "transitions"),
    (table_of(LinkRow), "links"),
    (table_of(WorklogRow), "worklogs"),
    (table_of(SlaRow), "slas"),
)
TICKET_FIELDS = tuple(
    name for name in Ticket.model_fields if name != "id" and name not in {child for _, child in CHILDREN}
)
PEOPLE = ("requester", "assignee", "resolver")
_OF_THESE = and_(TICKET.c.source_id == bindparam("source"), TICKET.c.external_id.in_(bindparam("ids", expanding=True)))
_VERSIONS = select(
    TICKET.c.id, TICKET.c.external_id, TICKET.c.fingerprint, TICKET.c.updated_at, TICKET.c.deleted_at
).where(_OF_THESE)
_IDS = select(TICKET.c.id, TICKET.c.external_id).where(_OF_THESE)


@dataclass(slots=True)
class WriteCounts:
    """The numbers of tickets of a page that were new, changed, unchanged, or restored after a deletion."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    restored: int = 0


@dataclass(slots=True)
class PreparedTicket:
    """A ticket to write, its fingerprint, and its row if its version is not stored."""

    ticket: Ticket
    fingerprint: bytes
    row: dict[str, Any] | None = None


class PageWriter:
    """Writes tickets of any source into the store, each once, in its newest version."""

    def __init__(self, database: Database, privacy: PrivacyFilter) -> None:
        self._database = database
        self._privacy = privacy
        self._filter_person = privacy.person_filter()
        self._filter_text = privacy.text_filter()
        self._as_json = TypeAdapter(Ticket).dump_json
        self._upsert = _upsert(database.dialect)
        self._inserts = {table: insert_rows(table, database.dialect) for table, _ in CHILDREN}
        self._child_values: dict[str, Callable[[Any], dict[str, Any]]] = {
            "transitions": self._transition, "links": _plain, "worklogs": self._worklog, "slas": _plain,
        }  # fmt: skip

    def prepare(self, source_id: int, tickets: Iterable[Ticket]) -> list[PreparedTicket]:
        """Return a page as it is to be written: each ticket once, and the rows of those that are new or changed."""
        # Before the transaction: masking and hashing long texts takes time, in which nobody else could write.
        # A ticket that moves while a source is read may come twice in a page; it is counted and written once.
        newest: dict[str, Ticket] = {}
        for ticket in tickets:
            if ticket.id not in newest or newest[ticket.id].updated_at <= ticket.updated_at:
                newest[ticket.id] = ticket
        page = list(newest.values())
        prepared: list[PreparedTicket] = []
        with self._database.read() as connection:
            for start in range(0, len(page), BATCH_SIZE):
                batch = page[start : start + BATCH_SIZE]
                stored = _stored_versions(connection, source_id, [ticket.id for ticket in batch])
                prepared += [self._prepared(ticket, source_id, stored.get(ticket.id)) for ticket in batch]
        return prepared

    def write(
        self, connection: Connection, source_id: int, page: Sequence[PreparedTicket], *, authoritative: bool = False
    ) -> WriteCounts:
        """Write the new and changed tickets. Unless `authoritative`, a version older than the stored one is skipped."""
        counts = WriteCounts()
        for start in range(0, len(page), BATCH_SIZE):
            batch = page[start : start + BATCH_SIZE]
            self._write_batch(connection, source_id, batch, counts, authoritative=authoritative)
        return counts

    def _prepared(self, ticket: Ticket, source_id: int, stored: Any) -> PreparedTicket:
        fingerprint = self._privacy.fingerprint(self._as_json(ticket))
        prepared = PreparedTicket(ticket, fingerprint)
        if stored is None or stored.deleted_at is not None or stored.fingerprint != fingerprint:
            prepared.row = self._row(prepared.ticket, source_id, fingerprint)
        return prepared

    def _write_batch(
        self,
        connection: Connection,
        source_id: int,
        tickets: Sequence[PreparedTicket],
        counts: WriteCounts,
        *,
        authoritative: bool,
    ) -> None:
        stored = _stored_versions(connection, source_id, [prepared.ticket.id for prepared in tickets])
        changed: dict[str, Ticket] = {}
        rows: list[dict[str, Any]] = []
        for prepared in tickets:
            ticket = prepared.ticket
            version = stored.get(ticket.id)
            # Pages read while tickets move may bring an older version after a newer one.
            is_late = not authoritative and version is not None and ticket.updated_at < version.updated_at
            if self._must_write(version, prepared.fingerprint, counts, is_late=is_late):
                changed[ticket.id] = ticket
                # Without a row only if another process has written this ticket since the page was prepared.
                rows.append(prepared.row or self._row(ticket, source_id, prepared.fingerprint))
        if rows:
            self._upsert.run(connection, rows)
            numbers = self._numbers(connection, source_id, list(changed))
            # Queued in the transaction of the write: no ticket is stored that no analysis will read.
            queue.add(connection, self._database, numbers.values())
            replaced = [row.id for row in stored.values() if row.external_id in changed]
            self._replace_children(connection, numbers, changed, replaced)

    @staticmethod
    def _must_write(version: Any, fingerprint: bytes, counts: WriteCounts, *, is_late: bool) -> bool:
        """Return True if the ticket is to be written, and count it."""
        if version is None:
            counts.new += 1
            return True
        if version.deleted_at is not None:
            counts.restored += 1
            return True
        if version.fingerprint == fingerprint or is_late:
            counts.unchanged += 1
            return False
        counts.changed += 1
        return True

    @staticmethod
    def _numbers(connection: Connection, source_id: int, ids: list[str]) -> dict[str, int]:
        rows = connection.execute(_IDS, {"source": source_id, "ids": ids})
        return {row.external_id: row.id for row in rows}

    def _row(self, ticket: Ticket, source_id: int, fingerprint: bytes) -> dict[str, Any]:
        # Its children and its own id stand there as well, and are no columns.
        row = dict(ticket.__dict__)
        row.update(
            source_id=source_id,
            external_id=ticket.id,
            fingerprint=fingerprint,
            title=self._filter_text(cut_title(ticket.title)),
            description=self._filter_text(ticket.description),
            resolution=self._filter_text(ticket.resolution) if ticket.resolution else ticket.resolution,
            deleted_at=None,
        )
        for name in PEOPLE:
            row[name] = self._filter_person(row[name])
        return row

    def _replace_children(
        self, connection: Connection, numbers: Mapping[str, int], tickets: Mapping[str, Ticket], replaced: list[int]
    ) -> None:
        # Deleted and written anew: a source may insert or remove a change in the middle of a history.
        for table, name in CHILDREN:
            if replaced:
                connection.execute(delete(table).where(table.c.ticket_id.in_(replaced)))
            child_values = self._child_values[name]
            rows = [
                {"ticket_id": numbers[ticket.id], "position": position, **child_values(child)}
                for ticket in tickets.values()
                for position, child in enumerate(getattr(ticket, name))
            ]
            self._inserts[table].run(connection, rows)

    def _transition(self, change: Any) -> dict[str, Any]:
        row = dict(change.__dict__, actor=self._filter_person(change.actor))
        # The old and new value of this field are people, too.
        if change.field == "assignee":
            row.update(old=self._filter_person(change.old), new=self._filter_person(change.new))
        return row

    def _worklog(self, worklog: Any) -> dict[str, Any]:
        return _plain(worklog) | {"author": self._filter_person(worklog.author)}


@cache
def _upsert(dialect: Dialect) -> BulkInsert:
    insert = insert_into(TICKET, dialect)
    columns = [column.name for column in TICKET.c if column.name != "id"]
    replaced = {name: insert.excluded[name] for name in columns}
    upsert = insert.on_conflict_do_update(index_elements=["source_id", "external_id"], set_=replaced)
    return BulkInsert(upsert, TICKET, columns, dialect)


def _stored_versions(connection: Connection, source_id: int, ids: Sequence[str]) -> dict[str, Any]:
    """Return the stored versions of those of these tickets that are stored, by their ids."""
    rows = connection.execute(_VERSIONS, {"source": source_id, "ids": ids})
    return {row.external_id: row for row in rows}


def _plain(child: Record) -> dict[str, Any]:
    return {name: value for name, value in child.__dict__.items() if name != "id"}
