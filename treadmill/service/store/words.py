"""What persons said: labels of tickets, and words on families. They outlive every rebuild."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, and_, select

from treadmill.service.analysis.classify import Override
from treadmill.service.store import due
from treadmill.service.store.analysed import Label, Word
from treadmill.service.store.database import Database
from treadmill.service.store.pairs import grouped
from treadmill.service.store.tables import TicketRow, table_of

LABEL = table_of(Label)
WORD = table_of(Word)
TICKET = table_of(TicketRow)
What = Literal["merge", "split", "dismiss", "fix"]


@dataclass(frozen=True, slots=True)
class FamilyWord:
    """One word on families, by the ids of the tickets that it names in one source; `fixed_at` goes with `fix`."""

    id: int
    what: What
    source_id: int
    external_ids: tuple[str, ...]
    at: datetime
    fixed_at: datetime | None


def say(
    database: Database,
    what: What,
    source_id: int,
    external_ids: Iterable[str],
    *,
    at: datetime,
    fixed_at: datetime | None = None,
) -> None:
    """Keeps a word on families; the tickets that it names are due for analysis."""
    named = sorted(set(external_ids))
    with database.write() as connection:
        row = {"what": what, "source_id": source_id, "external_ids": named, "at": at, "fixed_at": fixed_at}
        connection.execute(WORD.insert().values(**row))
        due.add(connection, database, _numbers(connection, source_id, named))


def said(connection: Connection) -> list[FamilyWord]:
    """All words on families, in the order in which they were said."""
    rows = connection.execute(select(WORD).order_by(WORD.c.id))
    return [FamilyWord(**{**row._mapping, "external_ids": tuple(row.external_ids)}) for row in rows]


def label(database: Database, source_id: int, external_id: str, word: Override, at: datetime) -> None:
    """Keeps a person's word on the nature of a ticket, in place of an earlier one; the ticket is due for analysis."""
    values = {"nature": word.nature, "work_class": word.work_class, "at": at}
    with database.write() as connection:
        insert = database.insert(LABEL).values(source_id=source_id, external_id=external_id, **values)
        connection.execute(insert.on_conflict_do_update(index_elements=["source_id", "external_id"], set_=values))
        due.add(connection, database, _numbers(connection, source_id, [external_id]))


def labels(connection: Connection, tickets: Sequence[tuple[int, str]]) -> dict[tuple[int, str], Override]:
    """Persons' words on these tickets, each named by (number of its source, id)."""
    found: dict[tuple[int, str], Override] = {}
    for source_id, some in grouped(tickets):
        found.update(_labels(connection, and_(LABEL.c.source_id == source_id, LABEL.c.external_id.in_(some))))
    return found


def all_labels(connection: Connection) -> dict[tuple[int, str], Override]:
    """All labels, by (number of the source, id)."""
    return _labels(connection, LABEL.c.source_id.is_not(None))


def _labels(connection: Connection, condition: Any) -> dict[tuple[int, str], Override]:
    rows = connection.execute(select(LABEL).where(condition))
    return {(row.source_id, row.external_id): Override(row.nature, row.work_class) for row in rows}


def _numbers(connection: Connection, source_id: int, external_ids: Sequence[str]) -> list[int]:
    here = TICKET.c.source_id == source_id, TICKET.c.external_id.in_(external_ids)
    return list(connection.execute(select(TICKET.c.id).where(*here)).scalars())
