"""Runs: one pull or census of one source each, with its counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from connectors.model import LeftOut, Refusal
from service.store.database import Database
from service.store.tickets.tables import RefusedRow, SourceRow, SyncRunRow, table_of

SOURCE = table_of(SourceRow)
RUN = table_of(SyncRunRow)
REFUSED = table_of(RefusedRow)
MAX_REFUSALS = 1000
MAX_RUNS = 1000
CREDENTIALS = "credentials"
"""The fault of a run whose credentials the source rejected."""


@dataclass(slots=True)
class RunCounts:
    """The counts of a run so far, named as the columns of its row."""

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
        """Return the counts by name."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class RunFailure:
    """The failure of the last run of a source; `is_rejection` where the source rejected the credentials."""

    at: datetime
    reason: str
    remedy: str
    is_rejection: bool


def begin(database: Database, source_id: int, kind: str, at: datetime) -> int:
    """Store a new run and return its id."""
    with database.write() as connection:
        # The lock of the source admits one run at a time, so a run that still reads "running" was killed.
        connection.execute(
            update(RUN)
            .where(RUN.c.source_id == source_id, RUN.c.outcome == "running")
            .values(outcome="killed", reason="the process ended before the run did", finished_at=at)
        )
        row = {"source_id": source_id, "kind": kind, "started_at": at, "outcome": "running"}
        return int(connection.execute(RUN.insert().values(**row).returning(RUN.c.id)).scalar_one())


def save_progress(
    connection: Connection,
    run_id: int,
    source_id: int,
    counts: RunCounts,
    *,
    new: int,
    restored: int,
    expected: int | None,
) -> None:
    """Store the counts of a run, and add the new and restored tickets of a page to those of its source.

    `expected` is the number of tickets that the run will have read in the end; None where it is unknown.
    """
    connection.execute(update(RUN).where(RUN.c.id == run_id).values(**counts.as_dict(), expected=expected))
    # Added in the transaction of the page: counting the table after each page would cost what is stored.
    if new or restored:
        totals = {"tickets": SOURCE.c.tickets + new + restored, "deleted": SOURCE.c.deleted - restored}
        connection.execute(update(SOURCE).where(SOURCE.c.id == source_id).values(totals))


def save_refusals(connection: Connection, run_id: int, refusals: Iterable[Refusal], already: int) -> None:
    """Store refused records of a run up to `MAX_REFUSALS`, of which `already` are stored."""
    rows = [{"run_id": run_id, "place": refusal.place, "reason": refusal.reason} for refusal in refusals]
    # A mapping that fails on every record must not fill the database with the same reason.
    rows = rows[: max(0, MAX_REFUSALS - already)]
    if rows:
        connection.execute(REFUSED.insert(), rows)


def save_left_out(connection: Connection, run_id: int, kinds: Iterable[LeftOut]) -> None:
    """Store the values that a run has left out so far."""
    values = [kind.model_dump() for kind in kinds]
    connection.execute(update(RUN).where(RUN.c.id == run_id).values(left_out=values))


def end(
    database: Database,
    run_id: int,
    counts: RunCounts,
    *,
    outcome: str,
    reason: str | None,
    at: datetime,
    remedy: str | None = None,
    fault: str | None = None,
) -> None:
    """Store the end of a run: its outcome, the reason for it with the remedy, and the final counts."""
    # Its row belongs to this run, also when another one has taken over the source.
    with database.write(fenced=False) as connection:
        values = {"outcome": outcome, "reason": reason, "remedy": remedy, "fault": fault, "finished_at": at}
        connection.execute(update(RUN).where(RUN.c.id == run_id).values(values | counts.as_dict()))


def failures(database: Database) -> dict[str, RunFailure]:
    """Return the failure of each source, by its name, whose last run has failed."""
    ended = select(func.max(RUN.c.id)).where(RUN.c.outcome.not_in(("running", "busy"))).group_by(RUN.c.source_id)
    statement = (
        select(SOURCE.c.name, RUN.c.finished_at, RUN.c.reason, RUN.c.remedy, RUN.c.fault)
        .join(SOURCE, SOURCE.c.id == RUN.c.source_id)
        .where(RUN.c.id.in_(ended), RUN.c.outcome == "failed")
    )
    with database.read() as connection:
        rows = connection.execute(statement).all()
    return {
        row.name: RunFailure(row.finished_at, row.reason or "", row.remedy or "", row.fault == CREDENTIALS)
        for row in rows
    }


def latest(database: Database, limit: int = 50) -> list[dict[str, Any]]:
    """Return the latest runs, the newest first, each as a dict of its columns and the name of its `source`."""
    with database.read() as connection:
        statement = (
            select(SOURCE.c.name.label("source"), *RUN.c)
            .join(SOURCE, SOURCE.c.id == RUN.c.source_id)
            .order_by(RUN.c.id.desc())
            .limit(limit)
        )
        return [dict(row._mapping) for row in connection.execute(statement)]


def refusals(database: Database, run_id: int) -> list[Refusal]:
    """Return the stored refused records of a run, at most `MAX_REFUSALS`."""
    with database.read() as connection:
        statement = select(REFUSED).where(REFUSED.c.run_id == run_id).order_by(REFUSED.c.id)
        return [Refusal(place=row.place, reason=row.reason) for row in connection.execute(statement)]


def left_out(database: Database, run_id: int) -> list[LeftOut]:
    """Return the values that a run has left out; none for a run that is not stored."""
    with database.read() as connection:
        kinds = connection.execute(select(RUN.c.left_out).where(RUN.c.id == run_id)).scalar() or ()
        return [LeftOut.model_validate(kind) for kind in kinds]


def prune(database: Database, source_id: int) -> None:
    """Delete all runs of a source but the newest `MAX_RUNS`."""
    with database.write() as connection:
        newest_first = select(RUN.c.id).where(RUN.c.source_id == source_id).order_by(RUN.c.id.desc())
        last_to_delete = connection.execute(newest_first.offset(MAX_RUNS).limit(1)).scalar()
        if last_to_delete is not None:
            old = RUN.c.source_id == source_id, RUN.c.id <= last_to_delete
            connection.execute(delete(REFUSED).where(REFUSED.c.run_id.in_(select(RUN.c.id).where(*old))))
            connection.execute(delete(RUN).where(*old))
