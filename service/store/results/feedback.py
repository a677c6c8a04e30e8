"""Labels of tickets and corrections of families, as people gave them. They outlive every rebuild."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, and_, delete, select

from service.analysis.classify import Override
from service.store.database import Database
from service.store.results.families import FIRST
from service.store.results.tables import CorrectionRow, FactRow, FamilyRow, LabelRow
from service.store.sql import group_pairs
from service.store.tickets import audit, queue
from service.store.tickets.tables import SourceRow, TicketRow, table_of

LABEL = table_of(LabelRow)
CORRECTION = table_of(CorrectionRow)
TICKET = table_of(TicketRow)
SOURCE = table_of(SourceRow)
FACT = table_of(FactRow)
FAMILY = table_of(FamilyRow)
Kind = Literal["merge", "split", "dismiss", "fix", "same", "not", "later"]
"""The last three are answers about a likely pair: the same problem, not the same, to be asked again later."""
AFTER = {"dismiss": "dismissed", "not": "not the same problem", "later": "to be asked again"}


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction of families, by the ids of its tickets in one source; only a `fix` has `fixed_at`."""

    # By tickets, not by families: a rebuild numbers families anew, and a merge or split changes what they hold.

    id: int
    what: Kind
    source_id: int
    external_ids: tuple[str, ...]
    at: datetime
    fixed_at: datetime | None


@dataclass(frozen=True, slots=True)
class DescribedCorrection:
    """A correction with the keys of its tickets, and the titles of their present families by name."""

    record: Correction
    keys: tuple[str, ...]
    families: Mapping[str, str]


def add_correction(
    database: Database,
    what: Kind,
    source_id: int,
    external_ids: Iterable[str],
    *,
    at: datetime,
    fixed_at: datetime | None = None,
) -> None:
    """Store a correction of families, and queue its tickets."""
    ids = sorted(set(external_ids))
    # Queued in the same transaction: a correction must not wait until its tickets happen to change.
    with database.write() as connection:
        row = {"what": what, "source_id": source_id, "external_ids": ids, "at": at, "fixed_at": fixed_at}
        connection.execute(CORRECTION.insert().values(**row))
        subject, families = _tickets_and_families(connection, source_id, ids)
        after = f"fixed {fixed_at.isoformat()}" if fixed_at else _families_after(connection, what, source_id, ids)
        audit.record(connection, what, subject, before=families, after=after)
        queue.add(connection, database, _numbers(connection, source_id, ids))


def corrections(connection: Connection) -> list[Correction]:
    """Return all corrections of families, the oldest first."""
    rows = connection.execute(select(CORRECTION).order_by(CORRECTION.c.id))
    return [Correction(**{**row._mapping, "external_ids": tuple(row.external_ids)}) for row in rows]


def described_corrections(connection: Connection) -> list[DescribedCorrection]:
    """Return all corrections of families with their tickets and families, the newest first."""
    records = corrections(connection)
    tickets = _tickets(connection, {(record.source_id, id_) for record in records for id_ in record.external_ids})
    return [_describe(record, tickets) for record in reversed(records)]


def delete_correction(database: Database, record: Correction) -> None:
    """Delete a correction of families, and queue its tickets."""
    with database.write() as connection:
        connection.execute(delete(CORRECTION).where(CORRECTION.c.id == record.id))
        subject, families = _tickets_and_families(connection, record.source_id, record.external_ids)
        before = f"{record.what} of {record.at.isoformat()}"
        audit.record(connection, f"undo {record.what}", subject, before=f"{before} in {families}")
        queue.add(connection, database, _numbers(connection, record.source_id, record.external_ids))


def save_label(database: Database, source_id: int, external_id: str, override: Override, at: datetime) -> None:
    """Store a person's label of a ticket in place of an earlier one, and queue the ticket."""
    values = {"nature": override.nature, "work_class": override.work_class, "at": at}
    with database.write() as connection:
        before = _label_before(connection, source_id, external_id)
        insert = database.insert(LABEL).values(source_id=source_id, external_id=external_id, **values)
        connection.execute(insert.on_conflict_do_update(index_elements=["source_id", "external_id"], set_=values))
        subject, _ = _tickets_and_families(connection, source_id, [external_id])
        audit.record(connection, "label", subject, before=before, after=_label_text(override))
        queue.add(connection, database, _numbers(connection, source_id, [external_id]))


def delete_label(database: Database, source_id: int, external_id: str) -> bool:
    """Delete the label of a ticket, and queue the ticket. Return False, and change nothing, if it had none."""
    conditions = LABEL.c.source_id == source_id, LABEL.c.external_id == external_id
    with database.write() as connection:
        before = _label_before(connection, source_id, external_id)
        deleted = connection.execute(delete(LABEL).where(*conditions)).rowcount
        if deleted:
            subject, _ = _tickets_and_families(connection, source_id, [external_id])
            audit.record(connection, "remove label", subject, before=before)
            queue.add(connection, database, _numbers(connection, source_id, [external_id]))
    return deleted > 0


def labels(connection: Connection, tickets: Sequence[tuple[int, str]]) -> dict[tuple[int, str], Override]:
    """Return the labels of these tickets, each by (source id, external id)."""
    overrides: dict[tuple[int, str], Override] = {}
    for source_id, ids in group_pairs(tickets):
        overrides.update(_read_labels(connection, and_(LABEL.c.source_id == source_id, LABEL.c.external_id.in_(ids))))
    return overrides


def all_labels(connection: Connection) -> dict[tuple[int, str], Override]:
    """Return all labels by (source id, external id)."""
    return _read_labels(connection, LABEL.c.source_id.is_not(None))


def _read_labels(connection: Connection, condition: Any) -> dict[tuple[int, str], Override]:
    rows = connection.execute(select(LABEL).where(condition))
    return {(row.source_id, row.external_id): Override(row.nature, row.work_class) for row in rows}


def _describe(record: Correction, tickets: Mapping[tuple[int, str], Any]) -> DescribedCorrection:
    # A ticket may have been deleted since, and a proactive one belongs to no family.
    names = [(record.source_id, id_) for id_ in record.external_ids]
    rows = [tickets[name] for name in names if name in tickets]
    families = {row.name: row.title for row in rows if row.name is not None}
    return DescribedCorrection(record, tuple(row.key for row in rows), families)


def _tickets(connection: Connection, tickets: Iterable[tuple[int, str]]) -> dict[tuple[int, str], Any]:
    """Return the key, and the name and title of the family, of each of these tickets."""
    joined = TICKET.join(FACT, FACT.c.ticket_id == TICKET.c.id, isouter=True)
    joined = joined.join(FAMILY, FAMILY.c.id == FACT.c.family_id, isouter=True)
    columns = select(TICKET.c.external_id, TICKET.c.key, FAMILY.c.name, FAMILY.c.title).select_from(joined)
    rows: dict[tuple[int, str], Any] = {}
    for source_id, ids in group_pairs(tickets):
        conditions = TICKET.c.source_id == source_id, TICKET.c.external_id.in_(ids)
        rows.update({(source_id, row.external_id): row for row in connection.execute(columns.where(*conditions))})
    return rows


def _label_before(connection: Connection, source_id: int, external_id: str) -> str | None:
    label = labels(connection, [(source_id, external_id)]).get((source_id, external_id))
    return _label_text(label) if label else None


def _label_text(label: Override) -> str:
    return f"{label.nature}, {label.work_class}" if label.work_class else label.nature


def _tickets_and_families(connection: Connection, source_id: int, ids: Sequence[str]) -> tuple[str, str]:
    """Return (these tickets, their present families) as the audit trail names them."""
    source = connection.execute(select(SOURCE.c.name).where(SOURCE.c.id == source_id)).scalar_one()
    rows = list(_tickets(connection, [(source_id, id_) for id_ in ids]).values())
    tickets = [f"{source}:{row.key}" for row in rows]
    families = dict.fromkeys(row.name for row in rows if row.name is not None)
    return ", ".join(tickets), ", ".join(families) or "no family"


def _families_after(connection: Connection, what: Kind, source_id: int, ids: Sequence[str]) -> str:
    """Return what a correction makes of families, as the audit trail has it before the analysis."""
    if what in AFTER:
        return AFTER[what]
    # A family bears the name of its oldest ticket. A merge names the oldest ones of its families.
    conditions = FACT.c.source_id == source_id, FACT.c.external_id.in_(ids)
    oldest = select(FACT.c.mark).where(*conditions).order_by(*FIRST).limit(1)
    return connection.execute(oldest).scalar() or "no family"


def _numbers(connection: Connection, source_id: int, external_ids: Sequence[str]) -> list[int]:
    conditions = TICKET.c.source_id == source_id, TICKET.c.external_id.in_(external_ids)
    return list(connection.execute(select(TICKET.c.id).where(*conditions)).scalars())
