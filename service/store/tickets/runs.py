"""Runs: one pull or census of one source, counted as it goes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from connectors.model import Refusal
from service.store.database import Database
from service.store.tickets.tables import RefusedRow, SourceRow, SyncRunRow, table_of

SOURCE = table_of(SourceRow)
RUN = table_of(SyncRunRow)
REFUSED = table_of(RefusedRow)
REFUSALS_KEPT = 1000
RUNS_KEPT = 1000


@dataclass(slots=True)
class RunCounts:
    """What a run has done so far; the columns of its row."""

    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    deleted: int = 0
    restored: int = 0
    requests: int = 0
    retries: int = 0

    def as_dict(self) -> dict[str, int]:
        """The counts by name."""
        return {name: getattr(self, name) for name in self.__slots__}


def begin(database: Database, source_id: int, kind: str, at: datetime) -> int:
    """The id of a new run. Runs of this source that are still marked as running were killed: it says so of them."""
    with database.write() as connection:
        connection.execute(
            update(RUN)
            .where(RUN.c.source_id == source_id, RUN.c.outcome == "running")
            .values(outcome="killed", reason="the process ended before the run did", finished_at=at)
        )
        row = {"source_id": source_id, "kind": kind, "started_at": at, "outcome": "running"}
        return int(connection.execute(RUN.insert().values(**row).returning(RUN.c.id)).scalar_one())


def save_progress(
    connection: Connection, run_id: int, source_id: int, counts: RunCounts, *, new: int, restored: int
) -> None:
    """Writes how far a run has come, and by how much its source has grown with this page."""
    connection.execute(update(RUN).where(RUN.c.id == run_id).values(**counts.as_dict()))
    if new or restored:
        grown = {"tickets": SOURCE.c.tickets + new + restored, "deleted": SOURCE.c.deleted - restored}
        connection.execute(update(SOURCE).where(SOURCE.c.id == source_id).values(grown))


def save_refusals(connection: Connection, run_id: int, refusals: Iterable[Refusal], already: int) -> None:
    """Keeps the first `REFUSALS_KEPT` refused records of a run; all are counted."""
    rows = [{"run_id": run_id, "place": refusal.place, "reason": refusal.reason} for refusal in refusals]
    kept = rows[: max(0, REFUSALS_KEPT - already)]
    if kept:
        connection.execute(REFUSED.insert(), kept)


def end(database: Database, run_id: int, counts: RunCounts, *, outcome: str, reason: str | None, at: datetime) -> None:
    """Writes how a run ended."""
    with database.write() as connection:
        values = {"outcome": outcome, "reason": reason, "finished_at": at, **counts.as_dict()}
        connection.execute(update(RUN).where(RUN.c.id == run_id).values(values))


def latest(database: Database, limit: int = 50) -> list[dict[str, Any]]:
    """The newest runs, newest first, as plain records with the name of their source."""
    with database.read() as connection:
        statement = (
            select(SOURCE.c.name.label("source"), *RUN.c)
            .join(SOURCE, SOURCE.c.id == RUN.c.source_id)
            .order_by(RUN.c.id.desc())
            .limit(limit)
        )
        return [dict(row._mapping) for row in connection.execute(statement)]


def refusals(database: Database, run_id: int) -> list[Refusal]:
    """The records that a run could not take, the first of them."""
    with database.read() as connection:
        statement = select(REFUSED).where(REFUSED.c.run_id == run_id).order_by(REFUSED.c.id)
        return [Refusal(place=row.place, reason=row.reason) for row in connection.execute(statement)]


def prune(database: Database, source_id: int) -> None:
    """Keeps the newest `RUNS_KEPT` runs of a source."""
    with database.write() as connection:
        oldest_kept = (
            select(RUN.c.id).where(RUN.c.source_id == source_id).order_by(RUN.c.id.desc()).offset(RUNS_KEPT).limit(1)
        )
        limit = connection.execute(oldest_kept).scalar()
        if limit is not None:
            connection.execute(delete(REFUSED).where(REFUSED.c.run_id.in_(
                select(RUN.c.id).where(RUN.c.source_id == source_id, RUN.c.id <= limit))))  # fmt: skip
            connection.execute(delete(RUN).where(RUN.c.source_id == source_id, RUN.c.id <= limit))
