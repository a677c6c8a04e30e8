"""Runs: the common part of pulls and censuses, from the lock of the source to the stored outcome."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any, Literal

import structlog
from sqlalchemy.exc import SQLAlchemyError

from connectors.base import Connector
from connectors.bounds import bound_page
from connectors.errors import BudgetSpent, ConnectorError, MissingPermission, TimeSpent, WrongCredentials
from connectors.model import Gap, LeftOut, Page, Record, Refusal, UnknownWord
from connectors.omissions import Omissions
from service.store.database import Database
from service.store.errors import Busy, DatabaseError, Superseded
from service.store.tickets import runs, sources
from service.store.tickets.runs import RunCounts
from service.store.tickets.sources import SourceState
from service.store.tickets.vocabulary import unknown_words_of
from service.store.tickets.writer import PageWriter, WriteCounts
from service.sync import metrics
from service.sync.buffer import Stopped
from service.sync.deadline import finish_in_thread, run_until
from service.sync.shortfall import MostlyRefused
from service.sync.source import ConfiguredSource

Kind = Literal["sync", "census"]
Outcome = Literal["done", "stopped", "budget", "failed", "busy"]
PageCallback = Callable[[str, Page], None]
"""A function that is called with the name of the source and every page that was stored."""

MAX_REFUSALS_SHOWN = 20
# What a column holds; a system that counts more does not count.
MOST_EXPECTED = 2**31 - 1
COMPARISONS = 2
SILENT = (
    "Check that the system answers requests of this machine. If it answers slowly, raise RUN_LIMIT. The next run tries "
    "again."
)

log = structlog.get_logger()


def now() -> datetime:
    """Return the present in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SyncContext:
    """The environment of every run: the store, the writer, the event that asks to stop, and a callback for pages.

    `comparisons` limits how many comparisons of ids a process makes at a time.
    """

    database: Database
    writer: PageWriter
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    # Each comparison of ids holds a connection, and asks its system for all that there is.
    comparisons: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(COMPARISONS))
    on_page: PageCallback = lambda _source, _page: None


@dataclass(slots=True)
class Run:
    """A run in progress, and after its end its result.

    `expected` is the number of tickets that it will have read in the end, None where no count is known. `taken` is
    the number of records that were not refused, `left_out` the values that were left out of their tickets.
    `gaps` and `unknown` words are those of its source at the end, also from earlier runs.
    """

    source: str
    kind: Kind
    started_at: datetime
    id: int | None = None
    finished_at: datetime | None = None
    outcome: Outcome = "done"
    reason: str | None = None
    remedy: str | None = None
    fault: str | None = None
    expected: int | None = None
    counts: RunCounts = field(default_factory=RunCounts)
    refusals: list[Refusal] = field(default_factory=list)
    taken: int = 0
    left_out: tuple[LeftOut, ...] = ()
    gaps: tuple[Gap, ...] = ()
    unknown: tuple[UnknownWord, ...] = ()

    @property
    def seconds(self) -> float:
        """The duration of the run, until now while it is in progress."""
        return ((self.finished_at or now()) - self.started_at).total_seconds()

    def end(self, outcome: Outcome, reason: str, remedy: str | None = None) -> None:
        """Set why the run ended before its work was done."""
        self.outcome, self.reason, self.remedy = outcome, reason, remedy

    def as_dict(self) -> dict[str, Any]:
        """Return the run as `--json` prints it."""
        lists: dict[str, Sequence[Record]] = {
            "refusals": self.refusals, "left_out": self.left_out, "gaps": self.gaps, "unknown": self.unknown,
        }  # fmt: skip
        names = [item.name for item in fields(self) if item.name not in ("expected", "counts", "taken", *lists)]
        values = {name: getattr(self, name) for name in names} | self.counts.as_dict()
        return values | {name: [record.model_dump() for record in records] for name, records in lists.items()}


class RunRecorder:
    """Stores the pages of one run, and counts what they hold."""

    def __init__(self, context: SyncContext, state: SourceState, run: Run) -> None:
        self._context = context
        self.database = context.database
        self.state = state
        self.run = run

    async def store(
        self, page: Page, connector: Connector, *, save_checkpoint: bool, authoritative: bool = False
    ) -> None:
        """Commit a page, and its checkpoint if it is to be saved, in one transaction."""
        self.count_requests(connector)
        # In a thread: the event loop goes on fetching the next pages and serves the web meanwhile.
        stored = await finish_in_thread(self._commit, page, save_checkpoint, authoritative or page.authoritative)
        self._context.on_page(self.run.source, stored)

    def count_requests(self, connector: Connector) -> None:
        """Set the counts of requests and retries to those of the connector."""
        self.run.counts.requests = connector.usage.requests
        self.run.counts.retries = connector.usage.retries

    def _commit(self, page: Page, save_checkpoint: bool, authoritative: bool) -> Page:
        # At the one place that every page of every connector passes: an odd value of any would stop the analysis.
        page = bound_page(page)
        # A copy: a page that is rolled back was not read.
        counts, run_id, left_out = replace(self.run.counts), self.run.id, self._left_out_with(page)
        assert run_id is not None  # noqa: S101 - set before the work begins
        # Pages of a comparison of ids count nothing.
        expected = self.run.expected if page.total is None else min(page.total, MOST_EXPECTED)
        writer = self._context.writer
        tickets = writer.prepare(self.state.id, page.tickets)
        # Tickets, checkpoint and counts together: killed at any point, the next run goes on without loss or double.
        with self.database.write() as connection:
            written = writer.write(connection, self.state.id, tickets, authoritative=authoritative)
            if save_checkpoint:
                sources.save_checkpoint(connection, self.database, self.state.id, page.checkpoint, now())
            runs.save_refusals(connection, run_id, page.refused, counts.refused)
            if page.left_out:
                runs.save_left_out(connection, run_id, left_out)
                sources.save_left_out(connection, self.state.id, left_out)
            _add(counts, page, written)
            runs.save_progress(
                connection, run_id, self.state.id, counts, new=written.new, restored=written.restored,
                expected=expected,
            )  # fmt: skip
        self.run.counts, self.run.left_out, self.run.expected = counts, left_out, expected
        self.run.taken += len(page.tickets) if page.taken is None else page.taken
        self.run.refusals += page.refused[: max(0, MAX_REFUSALS_SHOWN - len(self.run.refusals))]
        return page

    def _left_out_with(self, page: Page) -> tuple[LeftOut, ...]:
        if not page.left_out:
            return self.run.left_out
        omissions = Omissions()
        omissions.merge((*self.run.left_out, *page.left_out))
        return omissions.as_tuple()


def _add(counts: RunCounts, page: Page, written: WriteCounts) -> None:
    counts.read += len(page.tickets)
    counts.refused += len(page.refused)
    counts.new += written.new
    counts.changed += written.changed
    counts.unchanged += written.unchanged
    counts.restored += written.restored


async def run_exclusively(
    context: SyncContext, source: ConfiguredSource, kind: Kind, work: Callable[[RunRecorder], Coroutine[Any, Any, None]]
) -> Run:
    """Do `work` under the lock of the source, and return the run. A failure ends this run and nothing else."""
    run = Run(source.name, kind, now())
    database = context.database
    try:
        # Of the database, not of the process: a command and the service may pull the same source at a time.
        async with database.exclusive_async(f"source-{source.name}"):
            await _run_locked(context, source, run, work)
    except (SQLAlchemyError, DatabaseError) as problem:
        _end_by(run, problem)
        _log_end(run)
    run.finished_at = run.finished_at or now()
    metrics.observe_run(run)
    return run


async def _run_locked(
    context: SyncContext, source: ConfiguredSource, run: Run, work: Callable[[RunRecorder], Coroutine[Any, Any, None]]
) -> None:
    database = context.database
    state = await asyncio.to_thread(
        sources.register, database, source.name, source.connector.name, source.settings.since
    )
    run.id = await asyncio.to_thread(runs.begin, database, state.id, run.kind, run.started_at)
    with structlog.contextvars.bound_contextvars(source=source.name, run=run.id, kind=run.kind):
        log.info("run started")
        try:
            await run_until(
                work(RunRecorder(context, state, run)), context.stop, source.settings.run_limit, source.place
            )
        except asyncio.CancelledError:
            # The worker cancels what does not end in time; the outcome is stored below all the same.
            run.end("stopped", "the process was asked to stop")
            raise
        except Exception as problem:  # noqa: BLE001 - whatever a source does, the others go on
            _end_by(run, problem)
        finally:
            run.finished_at = now()
            await asyncio.to_thread(
                runs.end, database, run.id, run.counts, outcome=run.outcome, reason=run.reason, at=run.finished_at,
                remedy=run.remedy, fault=run.fault,
            )  # fmt: skip
            _log_end(run)
    run.gaps = (await asyncio.to_thread(sources.state, database, state.id)).gaps
    run.unknown = await asyncio.to_thread(unknown_words_of, database, state.id)


def _log_end(run: Run) -> None:
    # A failure at the level that calls operators: whatever else ends a run early, the next one goes on by itself.
    write = log.error if run.outcome == "failed" else log.info
    write(
        "run ended", source=run.source, run=run.id, kind=run.kind, outcome=run.outcome, reason=run.reason,
        remedy=run.remedy, **run.counts.as_dict(),
    )  # fmt: skip


def _end_by(run: Run, problem: Exception) -> None:
    match problem:
        case Busy():
            run.end("busy", str(problem))
        case Superseded():
            # Not "failed": the run that took over does the work, and nobody has to act.
            run.end("stopped", str(problem))
        case Stopped():
            run.end("stopped", "asked to stop; the next run goes on from here")
        # Without a page there is no checkpoint: every run would spend its budget on the same requests.
        case TimeSpent() if not run.counts.read:
            run.end("failed", f"{problem}, before the first page was read", SILENT)
        case BudgetSpent() if not run.counts.read:
            run.end("failed", f"{problem} before the first page was read", f"Raise {problem.setting}.")
        case BudgetSpent():
            run.end("budget", str(problem), problem.remedy)
        case ConnectorError() | MostlyRefused():
            run.end("failed", str(problem), problem.remedy)
            run.fault = runs.CREDENTIALS if isinstance(problem, (WrongCredentials, MissingPermission)) else None
        case DatabaseError():
            # Its text ends with the remedy.
            run.end("failed", str(problem))
        case SQLAlchemyError():
            _end_by_database(run, problem)
        case _:
            log.error("run failed with an unexpected error; report it with this log", exc_info=problem)
            run.end("failed", f"unexpected {type(problem).__name__}: {problem}", "Report it with the log of this run.")


def _end_by_database(run: Run, problem: SQLAlchemyError) -> None:
    # The first line alone: the others are the statement and a link to SQLAlchemy's own documentation.
    reason = str(problem).strip().split("\n")[0]
    run.end("failed", f"the database refused: {reason}", "Check that it is up.")
