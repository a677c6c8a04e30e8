"""Progress of the first pulls: how much of a source was read, how fast, and what is left."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from service.store.database import Database
from service.store.tickets.tables import CheckpointRow, SourceRow, SyncRunRow, table_of

SOURCE = table_of(SourceRow)
RUN = table_of(SyncRunRow)
CHECKPOINT = table_of(CheckpointRow)
ALIVE = timedelta(hours=1)
"""How long a pull may be without a page. No request with its retries takes so long: a pull that does was killed."""


@dataclass(frozen=True, slots=True)
class PullProgress:
    """The progress of a pull that has taken `seconds`.

    `before` counts the tickets that earlier runs have read, `read` those of this one, `expected` those that the source
    has for it, which is an estimate; None where the source has no count.
    """

    source: str
    read: int
    expected: int | None
    seconds: float
    before: int = 0

    @property
    def done(self) -> int:
        """The tickets read so far, by this run and earlier ones."""
        return self.before + self.read

    @property
    def total(self) -> int | None:
        """The tickets that there will be in the end; None where that is unknown, or where more have come already."""
        return None if self.expected is None or self.expected < self.read else self.before + self.expected

    @property
    def per_second(self) -> float:
        """The tickets that this run has read in a second."""
        return self.read / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """The time until all are read at the present rate; None where it cannot be told."""
        if self.total is None or not self.per_second:
            return None
        return (self.total - self.done) / self.per_second


def first_pulls(database: Database, now: datetime) -> list[PullProgress]:
    """Return the progress of the pulls under way of sources that were never pulled to their end, by name."""
    statement = (
        select(
            SOURCE.c.name,
            SOURCE.c.tickets,
            RUN.c.new,
            RUN.c.read,
            RUN.c.refused,
            RUN.c.expected,
            RUN.c.started_at,
            CHECKPOINT.c.saved_at,
        )
        .select_from(RUN)
        .join(SOURCE, SOURCE.c.id == RUN.c.source_id)
        .outerjoin(CHECKPOINT, CHECKPOINT.c.source_id == RUN.c.source_id)
        .where(SOURCE.c.last_success_at.is_(None), RUN.c.kind == "sync", RUN.c.outcome == "running")
        .order_by(SOURCE.c.name)
    )
    with database.read() as connection:
        return [
            PullProgress(
                source=row.name,
                read=row.read + row.refused,
                expected=row.expected,
                seconds=(now - row.started_at).total_seconds(),
                before=row.tickets - row.new,
            )
            for row in connection.execute(statement)
            if now - max(row.started_at, row.saved_at or row.started_at) < ALIVE
        ]
