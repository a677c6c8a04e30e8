"""The analysis: of what has changed, or of everything, into the store of the tickets or beside it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from service.analysis import cycles
from service.analysis.classify import Classifier, Override
from service.pipeline.batch import BatchWriter
from service.pipeline.cell_changes import CellChanges
from service.pipeline.counting import TicketCounter
from service.pipeline.facts import FactBuilder
from service.pipeline.families import FamilyCalculator, current_week
from service.pipeline.feedback import FamilyFeedback, ShapeCache, interpret_corrections
from service.pipeline.fixes import update_fixes
from service.pipeline.flags import FlagTable
from service.pipeline.forecasts import update_forecasts
from service.pipeline.publication import publish_metrics
from service.pipeline.recognition import update_recall
from service.pipeline.stores import Stores
from service.pipeline.work import WorkEstimator
from service.store.results import facts, families, feedback, report_cache, state
from service.store.results.feedback import Correction
from service.store.results.links import Target
from service.store.results.state import AnalysisState
from service.store.tickets import queue, reader
from service.store.tickets.reader import StoredTicket

BATCH = 1000
# Bounds the memory of a rebuild: sums wait for so many combinations of scopes and day before they are written.
CHANGES_IN_MEMORY = 20_000
# From so large a share of changed tickets on, a rebuild is quicker than an update.
REBUILD_SHARE = 0.3
VERSION = "5"
"""Part of the signature: a new one, when definitions change, makes every store analyse everything again."""

ProgressCallback = Callable[[int, int], None]
"""Called with tickets analysed and tickets to analyse. An exception from it ends the analysis between two batches."""


@dataclass(frozen=True, slots=True)
class AnalysisSummary:
    """The extent of an analysis: tickets analysed, whether and for what reason all, and weeks and months measured."""

    tickets: int
    rebuilt: bool
    cells: int
    reason: str | None = None


class Analysis:
    """One analysis of a store.

    `settings` is, as text, whatever besides the rules decides its numbers: a change of it leads to a rebuild.
    """

    def __init__(
        self,
        stores: Stores,
        classifier: Classifier,
        settings: str,
        on_progress: ProgressCallback = lambda _done, _total: None,
    ) -> None:
        self._stores = stores
        self._classifier = classifier
        self._signature = f"{VERSION}/{classifier.version}/{settings}"
        self._on_progress = on_progress
        self._shapes = ShapeCache()
        self._is_partial = False

    def run(self, *, rebuild: bool = False, partial: bool = False) -> AnalysisSummary:
        """Analyse the tickets in the queue, or everything if that is requested, quicker or needed.

        `partial` where a first pull is under way: until an analysis without it nothing is published.
        """
        with self._stores.results.read() as connection:
            before = state.load(connection)
        # A store that was analysed as a whole goes on publishing while another source is pulled for the first time.
        self._is_partial = partial and (before.partial or not before.whole)
        reason = self._reason_to_rebuild(before, is_requested=rebuild)
        return self._rebuild(reason) if reason else self._update(before)

    def _reason_to_rebuild(self, before: AnalysisState, *, is_requested: bool) -> str | None:
        if before.signature and before.signature.partition("/")[0] != VERSION:
            return "definitions changed"
        # `whole` is false while a rebuild runs: one that was killed is begun again. An analysis of a part of the
        # tickets has published nothing: the first one of all begins anew.
        if not before.whole or (before.partial and not self._is_partial):
            return "first analysis"
        if before.signature != self._signature:
            return "rules or settings changed"
        # Results are those of one moment: the results of a later one cannot be turned back.
        if before.as_of is not None and self._stores.clock.as_of < before.as_of:
            return "a look back"
        if is_requested:
            return "rebuilt"
        with self._stores.tickets.read() as connection:
            pending = queue.pending(connection, self._stores.clock.as_of)
        many = pending > BATCH and pending > REBUILD_SHARE * reader.count(self._stores.tickets)
        return "many tickets changed" if many else None

    def _update(self, before: AnalysisState) -> AnalysisSummary:
        stores, done, current = self._stores, 0, before
        with stores.results.write() as connection:
            # Hours of active tickets grow with time, whether or not the tickets changed.
            facts.queue_accruing(connection, stores.results)
            total = queue.pending(connection, stores.clock.as_of)
        while True:
            # Taken from the queue and analysed in one transaction: a process that is killed loses no ticket and counts
            # none twice.
            with stores.results.write() as connection:
                numbers = queue.take(connection, BATCH, stores.clock.as_of)
                if not numbers:
                    break
                current = self._analyse_batch(connection, numbers, current)
            done += len(numbers)
            self._on_progress(done, max(done, total))
        reason = "tickets changed" if done else "time has passed"
        return AnalysisSummary(done, rebuilt=False, cells=self._finish(current, reason))

    def _analyse_batch(self, connection: Connection, numbers: list[int], current: AnalysisState) -> AnalysisState:
        # Read for every batch: what a person corrects while the analysis runs counts from the next batch on.
        family_feedback, _ = self._read_feedback()
        stored = reader.read(connection, numbers)
        self._queue_future_changes(connection, stored)
        current = self._with_new_teams(connection, stored, current)
        estimator = WorkEstimator(self._stores, is_later=current.as_of != self._stores.clock.as_of)
        batch = self._writer(current, family_feedback, estimator).write(
            connection, numbers, stored, _labels(connection, stored)
        )
        counter = TicketCounter(self._stores)
        counter.count_batch(connection, batch, family_feedback.dismissed)
        counter.recount_estimates(connection, batch.estimates)
        counter.changes.flush(connection, self._stores.cells)
        return current

    def _writer(self, current: AnalysisState, family_feedback: FamilyFeedback, estimator: WorkEstimator) -> BatchWriter:
        fact_builder = FactBuilder(self._stores.clock, self._classifier, current.with_teams)
        return BatchWriter(self._stores, fact_builder, family_feedback, estimator)

    def _with_new_teams(
        self, connection: Connection, stored: Sequence[StoredTicket], current: AnalysisState
    ) -> AnalysisState:
        new = {row.source: row.source_id for row in stored if row.source not in current.with_teams and _has_team(row)}
        # With the first team of a source, handoffs are between teams instead of assignees: all its tickets change.
        for source_id in new.values():
            queue.add_source(connection, self._stores.results, source_id)
        updated = replace(current, with_teams=tuple(sorted({*current.with_teams, *new})))
        if new:
            state.save(connection, self._stores.results, updated)
        return updated

    def _rebuild(self, reason: str) -> AnalysisSummary:
        stores = self._stores
        with stores.results.write() as connection:
            before = state.load(connection)
            with_teams = tuple(sorted(reader.sources_with_teams(stores.tickets)))
            current = AnalysisState(with_teams=with_teams, number=before.number)
            state.clear_results(connection)
            state.save(connection, stores.results, current)
            # The queue belongs to the store of the tickets: an analysis beside it leaves it alone.
            if stores.tickets is stores.results:
                queue.clear(connection)
        family_feedback, _ = self._read_feedback()
        # Four passes: estimates of work need what all persons had active, families need all facts, and the flags of a
        # ticket need its whole family.
        estimator = WorkEstimator(stores, is_rebuild=True)
        done = self._write_all(self._writer(current, family_feedback, estimator))
        estimator.estimate_all(lambda: self._on_progress(done, done))
        calculator = FamilyCalculator(stores.clock, family_feedback.dismissed)
        flags = calculator.compute_all(stores.results, lambda: self._on_progress(done, done))
        self._count_all(TicketCounter(stores), flags, done)
        current = replace(current, as_of=before.as_of)
        return AnalysisSummary(done, rebuilt=True, cells=self._finish(current, reason), reason=reason)

    def _write_all(self, writer: BatchWriter) -> int:
        stores, done = self._stores, 0
        total = reader.count(stores.tickets)
        for stored in reader.read_all(stores.tickets):
            with stores.tickets.read() as connection:
                labels = _labels(connection, stored)
            with stores.results.write() as connection:
                writer.write(connection, [row.number for row in stored], stored, labels)
                if stores.tickets is stores.results:
                    self._queue_future_changes(connection, stored)
            done += len(stored)
            self._on_progress(done, max(done, total))
        return done

    def _count_all(self, counter: TicketCounter, flags: FlagTable, done: int) -> None:
        stores, last = self._stores, -1
        while True:
            self._on_progress(done, done)
            with stores.results.write() as connection:
                stored_facts = stores.facts.read_after(connection, last)
                counter.add_facts(connection, stored_facts, flags)
                if not stored_facts or len(counter.changes) > CHANGES_IN_MEMORY:
                    counter.changes.flush(connection, stores.cells)
            if not stored_facts:
                break
            last = stored_facts[-1].fact.ticket

    def _queue_future_changes(self, connection: Connection, stored: Sequence[StoredTicket]) -> None:
        """Queue tickets for the moment of their next event after this analysis."""
        as_of = self._stores.clock.as_of
        moments = {row.number: at for row in stored if (at := _next_event(row, as_of)) is not None}
        queue.add_later(connection, self._stores.results, moments)

    def _finish(self, current: AnalysisState, reason: str) -> int:
        """Update what time alone moves; return the number of weeks and months measured.

        These are cycles that fall silent, fixes that prove themselves, periods that close and reopen windows that end.
        """
        stores, clock = self._stores, self._stores.clock
        _, corrections = self._read_feedback()
        changes, week = CellChanges(), current_week(clock)
        with stores.results.write() as connection:
            for family in families.cycles(connection):
                is_endless = not family.is_dismissed and cycles.is_endless(family.rhythm, clock.as_of_s, week)
                if is_endless != family.is_endless:
                    families.mark_endless(connection, [family.id], is_endless=is_endless)
            update_recall(connection, stores)
            update_fixes(connection, stores, corrections, changes)
            if not self._is_partial:
                update_forecasts(connection, clock)
            changes.flush(connection, stores.cells)
            cells = publish_metrics(connection, stores, current.as_of, None if self._is_partial else reason)
            done = replace(
                current, as_of=clock.as_of, signature=self._signature, whole=True, number=current.number + 1,
                partial=self._is_partial,
            )  # fmt: skip
            state.save(connection, stores.results, done)
            report_cache.clear(connection)
        return cells

    def _read_feedback(self) -> tuple[FamilyFeedback, list[Correction]]:
        with self._stores.tickets.read() as connection:
            corrections = feedback.corrections(connection)
        names = reader.source_names(self._stores.tickets)
        # A sync may have registered a source since the stores were opened.
        self._stores.facts.add_sources(names)
        return interpret_corrections(corrections, names, self._shapes), corrections


def _labels(connection: Connection, stored: Sequence[StoredTicket]) -> dict[Target, Override]:
    return feedback.labels(connection, [(row.source_id, row.ticket.id) for row in stored])


def _next_event(stored: StoredTicket, as_of: datetime) -> datetime | None:
    """Return the first moment after `as_of` at which something happens to a ticket; None if all has happened."""
    ticket = stored.ticket
    if ticket.opened_at <= as_of and (not ticket.transitions or ticket.transitions[-1].at <= as_of):
        return None
    moments = (ticket.opened_at, *(change.at for change in ticket.transitions))
    return min((at for at in moments if at > as_of), default=None)


def _has_team(stored: StoredTicket) -> bool:
    ticket = stored.ticket
    return bool(ticket.team) or any(change.field == "team" for change in ticket.transitions)
