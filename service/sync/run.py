"""One run over one source: what pulls and censuses share, from its first row to its end."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Literal

import structlog
from sqlalchemy.exc import SQLAlchemyError

from connectors.base import Connector
from connectors.errors import BudgetSpent, ConnectorError
from connectors.model import Page, Refusal
from service.store.database import Busy, Database, DatabaseError
from service.store.tickets import runs, sources
from service.store.tickets.runs import RunCounts
from service.store.tickets.sources import SourceState
from service.store.tickets.writer import PageWriter, WriteCounts
from service.sync import metrics
from service.sync.buffer import Stopped
from service.sync.source import ConfiguredSource

Kind = Literal["sync", "census"]
Outcome = Literal["done", "stopped", "budget", "failed", "busy"]
PageCallback = Callable[[str, Page], None]
"""Told of every page that was stored: the source's name and the page."""

REFUSALS_SHOWN = 20

log = structlog.get_logger()


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SyncContext:
    """What every run works with: the store, the writer, who watches, and the event that asks to stop."""

    database: Database
    writer: PageWriter
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    watch: PageCallback = lambda _source, _page: None


@dataclass(slots=True)
class Run:
    """A run under way, and after it its result."""

    source: str
    kind: Kind
    started_at: datetime
    id: int | None = None
    finished_at: datetime | None = None
    outcome: Outcome = "done"
    reason: str | None = None
    remedy: str | None = None
    counts: RunCounts = field(default_factory=RunCounts)
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """How long the run took, or has taken until now."""
        return ((self.finished_at or now()) - self.started_at).total_seconds()

    def end(self, outcome: Outcome, reason: str, remedy: str | None = None) -> None:
        """Notes why the run ended before its work was done."""
        self.outcome, self.reason, self.remedy = outcome, reason, remedy

    def as_dict(self) -> dict[str, Any]:
        """The run as `--json` prints it."""
        own = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in ("counts", "refusals")}
        return own | self.counts.as_dict() | {"refusals": [refusal.model_dump() for refusal in self.refusals]}


class RunRecorder:
    """Stores the pages of one run and counts them."""

    def __init__(self, workplace: SyncContext, state: SourceState, run: Run) -> None:
        self._workplace = workplace
        self.database = workplace.database
        self.state = state
        self.run = run

    async def store(
        self, page: Page, connector: Connector, *, keep_checkpoint: bool, authoritative: bool = False
    ) -> None:
        """Commits a page, and its checkpoint if it is to be kept, in one transaction."""
        self.meter(connector)
        await asyncio.to_thread(self._commit, page, keep_checkpoint, authoritative or page.authoritative)
        self._workplace.watch(self.run.source, page)

    def meter(self, connector: Connector) -> None:
        """Takes over what the connector has asked for so far."""
        self.run.counts.requests = connector.usage.requests
        self.run.counts.retries = connector.usage.retries

    def _commit(self, page: Page, keep_checkpoint: bool, authoritative: bool) -> None:
        counts, run_id = self.run.counts, self.run.id
        assert run_id is not None  # noqa: S101 - begun in `running`
        with self.database.write() as connection:
            written = self._workplace.writer.write(connection, self.state.id, page.tickets, authoritative=authoritative)
            if keep_checkpoint:
                sources.save_checkpoint(connection, self.database, self.state.id, page.checkpoint, now())
            runs.save_refusals(connection, run_id, page.refused, counts.refused)
            _add(counts, page, written)
            self.run.refusals += page.refused[: max(0, REFUSALS_SHOWN - len(self.run.refusals))]
            runs.save_progress(connection, run_id, self.state.id, counts, new=written.new, restored=written.restored)


def _add(counts: RunCounts, page: Page, written: WriteCounts) -> None:
    counts.read += len(page.tickets)
    counts.refused += len(page.refused)
    counts.new += written.new
    counts.changed += written.changed
    counts.unchanged += written.unchanged
    counts.restored += written.restored


async def run_exclusively(
    workplace: SyncContext, source: ConfiguredSource, kind: Kind, work: Callable[[RunRecorder], Awaitable[None]]
) -> Run:
    """Does `work` on a source that no other run holds, and writes how it ended. Whatever fails, fails alone."""
    run = Run(source.name, kind, now())
    database = workplace.database
    try:
        with database.exclusive(f"source-{source.name}"):
            await _perform_alone(workplace, source, run, work)
    except Busy as problem:
        run.end("busy", str(problem))
    except (SQLAlchemyError, DatabaseError) as problem:
        run.end("failed", f"the database refused: {_first_line(problem)}", "See whether it is up and has room.")
    run.finished_at = run.finished_at or now()
    metrics.observe_run(run)
    return run


async def _perform_alone(
    workplace: SyncContext, source: ConfiguredSource, run: Run, work: Callable[[RunRecorder], Awaitable[None]]
) -> None:
    database = workplace.database
    state = await asyncio.to_thread(
        sources.register, database, source.name, source.connector.name, source.settings.since
    )
    run.id = await asyncio.to_thread(runs.begin, database, state.id, run.kind, run.started_at)
    with structlog.contextvars.bound_contextvars(source=source.name, run=run.id, kind=run.kind):
        log.info("run begins")
        try:
            await work(RunRecorder(workplace, state, run))
        except asyncio.CancelledError:
            run.end("stopped", "the process was asked to stop")
            raise
        except Exception as problem:  # noqa: BLE001 - a source fails alone, whatever it does
            _end_by(run, problem)
        finally:
            run.finished_at = now()
            await asyncio.to_thread(
                runs.end, database, run.id, run.counts, outcome=run.outcome, reason=run.reason, at=run.finished_at
            )
            log.info("run ends", outcome=run.outcome, reason=run.reason, **run.counts.as_dict())


def _end_by(run: Run, problem: Exception) -> None:
    match problem:
        case Stopped():
            run.end("stopped", "asked to stop; the next run goes on from here")
        case BudgetSpent() if not run.counts.read:
            run.end("failed", f"{problem} before the first page was read", "Raise REQUEST_BUDGET.")
        case BudgetSpent():
            run.end("budget", str(problem), problem.remedy)
        case ConnectorError():
            run.end("failed", str(problem), problem.remedy)
        case SQLAlchemyError() | DatabaseError():
            run.end("failed", f"the database refused: {_first_line(problem)}", "See whether it is up and has room.")
        case _:
            log.error("unexpected error", exc_info=problem)
            run.end("failed", f"unexpected {type(problem).__name__}: {problem}", "Report it with the log of this run.")


def _first_line(problem: Exception) -> str:
    return str(problem).strip().split("\n")[0]
