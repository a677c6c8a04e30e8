"""Fixes of families, with their last outcome and what they count for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from service.store.database import Database
from service.store.results.tables import FixRow
from service.store.tickets.tables import table_of

FIX = table_of(FixRow)


@dataclass(frozen=True, slots=True)
class StoredFix:
    """One fix of one family. `entries` are what it adds to the sums; a person's fix has a negative `ticket_id`."""

    family_id: int
    ticket_id: int
    at: datetime
    outcome: str
    verdict: dict[str, Any]
    entries: list[Any]


def read(connection: Connection) -> dict[tuple[int, int], StoredFix]:
    """Return all fixes by (family id, ticket id)."""
    rows = connection.execute(select(FIX))
    return {(row.family_id, row.ticket_id): StoredFix(**row._mapping) for row in rows}


def write(connection: Connection, database: Database, fixes: Iterable[StoredFix]) -> None:
    """Write fixes, each in place of one of the same family and ticket."""
    rows = [{name: getattr(fix, name) for name in StoredFix.__slots__} for fix in fixes]
    if rows:
        insert = database.insert(FIX)
        replaced = {name: insert.excluded[name] for name in ("at", "outcome", "verdict", "entries")}
        connection.execute(insert.on_conflict_do_update(index_elements=["family_id", "ticket_id"], set_=replaced), rows)


def remove(connection: Connection, keys: Iterable[tuple[int, int]]) -> None:
    """Delete fixes by (family id, ticket id)."""
    for family_id, ticket_id in keys:
        connection.execute(delete(FIX).where(FIX.c.family_id == family_id, FIX.c.ticket_id == ticket_id))
