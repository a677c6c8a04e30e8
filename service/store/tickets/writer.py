"""Writing pages of tickets: what is new or changed, and nothing else."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, delete, select

from connectors.model import Record, Ticket
from service.store.database import Database
from service.store.sql import BulkInsert
from service.store.tickets import queue
from service.store.tickets.privacy import PrivacyFilter
from service.store.tickets.tables import LinkRow, SlaRow, TicketRow, TransitionRow, WorklogRow, table_of

BATCH = 500
TICKET = table_of(TicketRow)
CHILDREN: tuple[tuple[Table, str], ...] = (
    (table_of(TransitionRow), "transitions"),
    (table_of(LinkRow), "links"),
    (table_of(WorklogRow), "worklogs"),
    (table_of(SlaRow), "slas"),
)
IN_ROW = tuple(name for name in Ticket.model_fields if name != "id" and name not in {child for _, child in CHILDREN})
PEOPLE = ("requester", "assignee", "resolver")
NUL = b"\\u0000"
_OF_THESE = and_(TICKET.c.source_id == bindparam("source"), TICKET.c.external_id.in_(bindparam("ids", expanding=True)))
_KNOWN = select(
    TICKET.c.id, TICKET.c.external_id, TICKET.c.fingerprint, TICKET.c.updated_at, TICKET.c.deleted_at
).where(_OF_THESE)
_IDS = select(TICKET.c.id, TICKET.c.external_id).where(_OF_THESE)


@dataclass(slots=True)
class WriteCounts:
    """How many tickets of a page were new, changed, unchanged, or back from the dead."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    restored: int = 0


class PageWriter:
    """Writes tickets of any source into the store, each once, in the newest version that was seen."""

    def __init__(self, database: Database, privacy: PrivacyFilter) -> None:
        self._database = database
        self._privacy = privacy
        self._person = privacy.person_filter()
        self._words = privacy.text_filter()
        insert = database.insert(TICKET)
        columns = [column.name for column in TICKET.c if column.name != "id"]
        replaced = {name: insert.excluded[name] for name in columns}
        upsert = insert.on_conflict_do_update(index_elements=["source_id", "external_id"], set_=replaced)
        self._upsert = BulkInsert(upsert, TICKET, columns, database.dialect)
        self._inserts = {
            table: BulkInsert(table.insert(), table, table.c.keys(), database.dialect) for table, _ in CHILDREN
        }
        self._makers: dict[str, Callable[[Any], dict[str, Any]]] = {
            "transitions": self._transition, "links": _plain, "worklogs": self._worklog, "slas": _plain,
        }  # fmt: skip

    def write(
        self, connection: Connection, source_id: int, tickets: Iterable[Ticket], *, authoritative: bool = False
    ) -> WriteCounts:
        """Writes what is new or changed. Unless authoritative, an older version than the stored one is left out."""
        written = WriteCounts()
        newest: dict[str, Ticket] = {}
        for ticket in tickets:
            if ticket.id not in newest or newest[ticket.id].updated_at <= ticket.updated_at:
                newest[ticket.id] = ticket
        everything = list(newest.values())
        for start in range(0, len(everything), BATCH):
            batch = everything[start : start + BATCH]
            self._write_batch(connection, source_id, batch, written, authoritative=authoritative)
        return written

    def _write_batch(
        self,
        connection: Connection,
        source_id: int,
        tickets: Sequence[Ticket],
        written: WriteCounts,
        *,
        authoritative: bool,
    ) -> None:
        known = {
            row.external_id: row
            for row in connection.execute(_KNOWN, {"source": source_id, "ids": [ticket.id for ticket in tickets]})
        }
        fresh: dict[str, Ticket] = {}
        rows: list[dict[str, Any]] = []
        for ticket in tickets:
            content = ticket.model_dump_json().encode()
            fingerprint = self._privacy.fingerprint(content)
            stored = known.get(ticket.id)
            is_late = not authoritative and stored is not None and ticket.updated_at < stored.updated_at
            if self._is_due(stored, fingerprint, written, is_late=is_late):
                fresh[ticket.id] = ticket if NUL not in content else without_nul(ticket)
                rows.append(self._row(fresh[ticket.id], source_id, fingerprint))
        if rows:
            self._upsert.run(connection, rows)
            found = connection.execute(_IDS, {"source": source_id, "ids": list(fresh)})
            ids = {row.external_id: row.id for row in found}
            queue.add(connection, self._database, ids.values())
            self._write_children(
                connection, ids, fresh, stale=[row.id for row in known.values() if row.external_id in fresh]
            )

    @staticmethod
    def _is_due(known: Any, fingerprint: bytes, written: WriteCounts, *, is_late: bool) -> bool:
        if known is None:
            written.new += 1
            return True
        if known.deleted_at is not None:
            written.restored += 1
            return True
        if known.fingerprint == fingerprint or is_late:
            written.unchanged += 1
            return False
        written.changed += 1
        return True

    def _row(self, ticket: Ticket, source_id: int, fingerprint: bytes) -> dict[str, Any]:
        row = {name: getattr(ticket, name) for name in IN_ROW}
        row.update(
            source_id=source_id,
            external_id=ticket.id,
            fingerprint=fingerprint,
            title=self._words(ticket.title),
            description=self._words(ticket.description),
            resolution=self._words(ticket.resolution) if ticket.resolution else ticket.resolution,
            deleted_at=None,
        )
        for name in PEOPLE:
            row[name] = self._person(row[name])
        return row

    def _write_children(
        self, connection: Connection, ids: Mapping[str, int], fresh: Mapping[str, Ticket], stale: list[int]
    ) -> None:
        for table, name in CHILDREN:
            if stale:
                connection.execute(delete(table).where(table.c.ticket_id.in_(stale)))
            make = self._makers[name]
            rows = [
                {"ticket_id": ids[ticket.id], "position": position, **make(child)}
                for ticket in fresh.values()
                for position, child in enumerate(getattr(ticket, name))
            ]
            self._inserts[table].run(connection, rows)

    def _transition(self, change: Any) -> dict[str, Any]:
        row = dict(change.__dict__, actor=self._person(change.actor))
        if change.field == "assignee":
            row.update(old=self._person(change.old), new=self._person(change.new))
        return row

    def _worklog(self, worklog: Any) -> dict[str, Any]:
        return _plain(worklog) | {"author": self._person(worklog.author)}


def _plain(child: Record) -> dict[str, Any]:
    return {name: value for name, value in child.__dict__.items() if name != "id"}


def without_nul(ticket: Ticket) -> Ticket:
    """The ticket without NUL characters, which PostgreSQL cannot hold."""
    return Ticket.model_validate(_cleaned(ticket.model_dump()))


def _cleaned(value: Any) -> Any:
    match value:
        case str():
            return value.replace("\x00", "")
        case dict():
            return {name: _cleaned(inner) for name, inner in value.items()}
        case tuple() | list():
            return tuple(map(_cleaned, value))
        case _:
            return value
