"""What persons said: labels of tickets, and words on families. They outlive every rebuild."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, and_, delete, select

from service.analysis.classify import Override
from service.store.database import Database
from service.store.results.tables import CorrectionRow, FactRow, FamilyRow, LabelRow
from service.store.sql import group_pairs
from service.store.tickets import queue
from service.store.tickets.tables import TicketRow, table_of

LABEL = table_of(LabelRow)
WORD = table_of(CorrectionRow)
TICKET = table_of(TicketRow)
FACT = table_of(FactRow)
FAMILY = table_of(FamilyRow)
What = Literal["merge", "split", "dismiss", "fix"]


@dataclass(frozen=True, slots=True)
class Correction:
    """One word on families, by the ids of the tickets that it names in one source; `fixed_at` goes with `fix`."""

    id: int
    what: What
    source_id: int
    external_ids: tuple[str, ...]
    at: datetime
    fixed_at: datetime | None


@dataclass(frozen=True, slots=True)
class DescribedCorrection:
    """A word as people know it: by the keys of its tickets, and the titles by name of the families they are in now."""

    record: Correction
    keys: tuple[str, ...]
    families: Mapping[str, str]


def add_correction(
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
        queue.add(connection, database, _numbers(connection, source_id, named))


def corrections(connection: Connection) -> list[Correction]:
    """All words on families, in the order in which they were said."""
    rows = connection.execute(select(WORD).order_by(WORD.c.id))
    return [Correction(**{**row._mapping, "external_ids": tuple(row.external_ids)}) for row in rows]


def described_corrections(connection: Connection) -> list[DescribedCorrection]:
    """All words on families as people know them, the latest first."""
    every = corrections(connection)
    known = _known(connection, {(word.source_id, id_) for word in every for id_ in word.external_ids})
    return [_spoken(word, known) for word in reversed(every)]


def delete_correction(database: Database, word: Correction) -> None:
    """Takes a word on families back; the tickets that it named are due for analysis."""
    with database.write() as connection:
        connection.execute(delete(WORD).where(WORD.c.id == word.id))
        queue.add(connection, database, _numbers(connection, word.source_id, word.external_ids))


def save_label(database: Database, source_id: int, external_id: str, word: Override, at: datetime) -> None:
    """Keeps a person's word on the nature of a ticket, in place of an earlier one; the ticket is due for analysis."""
    values = {"nature": word.nature, "work_class": word.work_class, "at": at}
    with database.write() as connection:
        insert = database.insert(LABEL).values(source_id=source_id, external_id=external_id, **values)
        connection.execute(insert.on_conflict_do_update(index_elements=["source_id", "external_id"], set_=values))
        queue.add(connection, database, _numbers(connection, source_id, [external_id]))


def delete_label(database: Database, source_id: int, external_id: str) -> bool:
    """Takes a person's word on a ticket back; whether there was one. The ticket is due for analysis."""
    own = LABEL.c.source_id == source_id, LABEL.c.external_id == external_id
    with database.write() as connection:
        gone = connection.execute(delete(LABEL).where(*own)).rowcount
        queue.add(connection, database, _numbers(connection, source_id, [external_id]))
    return gone > 0


def labels(connection: Connection, tickets: Sequence[tuple[int, str]]) -> dict[tuple[int, str], Override]:
    """Persons' words on these tickets, each named by (number of its source, id)."""
    found: dict[tuple[int, str], Override] = {}
    for source_id, some in group_pairs(tickets):
        found.update(_labels(connection, and_(LABEL.c.source_id == source_id, LABEL.c.external_id.in_(some))))
    return found


def all_labels(connection: Connection) -> dict[tuple[int, str], Override]:
    """All labels, by (number of the source, id)."""
    return _labels(connection, LABEL.c.source_id.is_not(None))


def _labels(connection: Connection, condition: Any) -> dict[tuple[int, str], Override]:
    rows = connection.execute(select(LABEL).where(condition))
    return {(row.source_id, row.external_id): Override(row.nature, row.work_class) for row in rows}


def _spoken(word: Correction, known: Mapping[tuple[int, str], Any]) -> DescribedCorrection:
    tickets = [known[word.source_id, id_] for id_ in word.external_ids if (word.source_id, id_) in known]
    families = {one.name: one.title for one in tickets if one.name is not None}
    return DescribedCorrection(word, tuple(one.key for one in tickets), families)


def _known(connection: Connection, tickets: Iterable[tuple[int, str]]) -> dict[tuple[int, str], Any]:
    """Key, name and title of the family of each of these tickets, named by (number of its source, id)."""
    joined = TICKET.join(FACT, FACT.c.ticket_id == TICKET.c.id, isouter=True)
    joined = joined.join(FAMILY, FAMILY.c.id == FACT.c.family_id, isouter=True)
    columns = select(TICKET.c.external_id, TICKET.c.key, FAMILY.c.name, FAMILY.c.title).select_from(joined)
    found: dict[tuple[int, str], Any] = {}
    for source_id, some in group_pairs(tickets):
        here = TICKET.c.source_id == source_id, TICKET.c.external_id.in_(some)
        found.update({(source_id, row.external_id): row for row in connection.execute(columns.where(*here))})
    return found


def _numbers(connection: Connection, source_id: int, external_ids: Sequence[str]) -> list[int]:
    here = TICKET.c.source_id == source_id, TICKET.c.external_id.in_(external_ids)
    return list(connection.execute(select(TICKET.c.id).where(*here)).scalars())
