"""The analysis of what has changed, or of everything: into the store of the tickets, or beside it for a look back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from service.analysis import cycles
from service.analysis.classify import Classifier, Override
from service.pipeline.batch import BatchProcessor
from service.pipeline.facts import FactBuilder
from service.pipeline.families import FamilyCalculator
from service.pipeline.feedback import FamilyFeedback, ShapeCache, interpret
from service.pipeline.fixes import judge
from service.pipeline.publication import publish
from service.pipeline.stores import Stores
from service.store.results import facts, families, feedback, report_cache, state
from service.store.results.feedback import Correction
from service.store.results.state import AnalysisState
from service.store.tickets import queue, reader
from service.store.tickets.reader import StoredTicket

BATCH = 1000
CHANGES_IN_MEMORY = 20_000
WORTH_A_REBUILD = 0.3
VERSION = "1"
"""Part of the signature: another one analyses everything anew."""

Watch = Callable[[int, int], None]
"""Told of every step: tickets analysed, tickets to analyse. What it raises ends the analysis between two steps."""


@dataclass(frozen=True, slots=True)
class AnalysisSummary:
    """What an analysis did: tickets analysed, whether all of them, and how many weeks and months were computed."""

    tickets: int
    rebuilt: bool
    cells: int


class Analysis:
    """One analysis. `settings` is whatever else decides its numbers, as text; when it changes, all is analysed anew."""

    def __init__(self, stores: Stores, classifier: Classifier, settings: str, watch: Watch = lambda _done, _all: None):
        self._stores = stores
        self._classifier = classifier
        self._signature = f"{VERSION}/{classifier.version}/{settings}"
        self._watch = watch
        self._shapes = ShapeCache()

    def run(self, *, rebuild: bool = False) -> AnalysisSummary:
        """Analyses what is due, or everything where that is asked for, quicker, or needed.

        It is needed where there was no whole analysis, where rules or settings changed, and for a look back.
        """
        with self._stores.results.read() as connection:
            before = state.load(connection)
        reason = self._reason_to_rebuild(before, asked=rebuild)
        return self._rebuild(reason) if reason else self._catch_up(before)

    def _reason_to_rebuild(self, before: AnalysisState, *, asked: bool) -> str | None:
        if not before.whole:
            return "first analysis"
        if before.signature != self._signature:
            return "rules or settings changed"
        if before.as_of is not None and self._stores.clock.as_of < before.as_of:
            return "a look back"
        if asked:
            return "rebuilt"
        with self._stores.tickets.read() as connection:
            waiting = queue.pending(connection, self._stores.clock.as_of)
        many = waiting > BATCH and waiting > WORTH_A_REBUILD * reader.count(self._stores.tickets)
        return "many tickets changed" if many else None

    def _catch_up(self, before: AnalysisState) -> AnalysisSummary:
        stores, done, known = self._stores, 0, before
        with stores.results.write() as connection:
            facts.queue_accruing(connection, stores.results)
            total = queue.pending(connection, stores.clock.as_of)
        while True:
            with stores.results.write() as connection:
                numbers = queue.take(connection, BATCH, stores.clock.as_of)
                if not numbers:
                    break
                known = self._step(connection, numbers, known)
            done += len(numbers)
            self._watch(done, max(done, total))
        reason = "tickets changed" if done else "time has passed"
        return AnalysisSummary(done, rebuilt=False, cells=self._close(known, reason))

    def _step(self, connection: Connection, numbers: list[int], known: AnalysisState) -> AnalysisState:
        stores = self._stores
        said, _ = self._said()
        stored = reader.read(connection, numbers)
        self._postpone(connection, stored)
        known = self._with_new_teams(connection, stored, known)
        absorber = BatchProcessor(stores, FactBuilder(stores.clock, self._classifier, known.with_teams), said)
        taken = absorber.take(connection, numbers, stored, _labels(connection, stored))
        absorber.count(connection, taken, said.dismissed)
        absorber.changes.flush(connection, stores.cells)
        return known

    def _with_new_teams(
        self, connection: Connection, stored: Sequence[StoredTicket], known: AnalysisState
    ) -> AnalysisState:
        """The first team that a source shows changes who holds its tickets: all of them are due."""
        new = {one.source: one.source_id for one in stored if one.source not in known.with_teams and _has_team(one)}
        for source_id in new.values():
            queue.add_source(connection, self._stores.results, source_id)
        found = replace(known, with_teams=tuple(sorted({*known.with_teams, *new})))
        if new:
            state.save(connection, self._stores.results, found)
        return found

    def _rebuild(self, reason: str) -> AnalysisSummary:
        stores = self._stores
        with stores.results.write() as connection:
            before = state.load(connection)
            with_teams = tuple(sorted(reader.sources_with_teams(stores.tickets)))
            known = AnalysisState(with_teams=with_teams, number=before.number)
            state.clear_results(connection)
            state.save(connection, stores.results, known)
            if stores.tickets is stores.results:
                queue.clear(connection)
        said, _ = self._said()
        done = self._take_all(
            BatchProcessor(stores, FactBuilder(stores.clock, self._classifier, known.with_teams), said)
        )
        made = FamilyCalculator(stores.clock.as_of_s, said.dismissed)
        made.recompute_all(stores.results, lambda: self._watch(done, done))
        self._count_all(
            BatchProcessor(stores, FactBuilder(stores.clock, self._classifier, known.with_teams), said), done
        )
        known = replace(known, as_of=before.as_of)
        return AnalysisSummary(done, rebuilt=True, cells=self._close(known, reason))

    def _take_all(self, absorber: BatchProcessor) -> int:
        stores, done = self._stores, 0
        total = reader.count(stores.tickets)
        for stored in reader.read_all(stores.tickets):
            with stores.tickets.read() as connection:
                labels = _labels(connection, stored)
            with stores.results.write() as connection:
                absorber.take(connection, [one.number for one in stored], stored, labels)
                if stores.tickets is stores.results:
                    self._postpone(connection, stored)
            done += len(stored)
            self._watch(done, max(done, total))
        return done

    def _count_all(self, absorber: BatchProcessor, done: int) -> None:
        stores, last = self._stores, -1
        while True:
            self._watch(done, done)
            with stores.results.write() as connection:
                placed = stores.facts.read_after(connection, last)
                absorber.add(connection, placed)
                if not placed or len(absorber.changes) > CHANGES_IN_MEMORY:
                    absorber.changes.flush(connection, stores.cells)
            if not placed:
                break
            last = placed[-1].fact.ticket
        with stores.results.write() as connection:
            for episodes in families.all_episodes(connection):
                absorber.add_gaps(connection, episodes)
            absorber.changes.flush(connection, stores.cells)

    def _postpone(self, connection: Connection, stored: Sequence[StoredTicket]) -> None:
        """Notes when tickets are to be analysed again that tell of moments which are still to come."""
        coming = {one.number: at for one in stored if (at := _next_moment(one, self._stores.clock.as_of)) is not None}
        queue.add_later(connection, self._stores.results, coming)

    def _close(self, known: AnalysisState, reason: str) -> int:
        """What time alone moves: cycles that fall silent, fixes that prove themselves, periods that close."""
        stores, clock = self._stores, self._stores.clock
        said, spoken = self._said()
        absorber = BatchProcessor(stores, FactBuilder(clock, self._classifier, known.with_teams), said)
        with stores.results.write() as connection:
            for family in families.cycles(connection):
                is_endless = not family.is_dismissed and cycles.is_endless(family.rhythm, clock.as_of_s)
                if is_endless != family.is_endless:
                    absorber.turn(connection, family, is_endless=is_endless)
            judge(connection, stores, spoken, absorber.changes)
            absorber.changes.flush(connection, stores.cells)
            published = publish(connection, stores, known.as_of, reason)
            done = replace(known, as_of=clock.as_of, signature=self._signature, whole=True, number=known.number + 1)
            state.save(connection, stores.results, done)
            report_cache.clear(connection)
        return published

    def _said(self) -> tuple[FamilyFeedback, list[Correction]]:
        """What persons have said by now; a source that is new by now is known from here on."""
        with self._stores.tickets.read() as connection:
            spoken = feedback.corrections(connection)
        names = reader.source_names(self._stores.tickets)
        self._stores.facts.add_sources(names)
        return interpret(spoken, names, self._shapes), spoken


def _labels(connection: Connection, stored: Sequence[StoredTicket]) -> dict[tuple[int, str], Override]:
    return feedback.labels(connection, [(one.source_id, one.ticket.id) for one in stored])


def _next_moment(stored: StoredTicket, as_of: datetime) -> datetime | None:
    """The first moment after `as_of` at which something happens to a ticket; None where all of it has happened."""
    ticket = stored.ticket
    if ticket.opened_at <= as_of and (not ticket.transitions or ticket.transitions[-1].at <= as_of):
        return None
    moments = (ticket.opened_at, *(change.at for change in ticket.transitions))
    return min((at for at in moments if at > as_of), default=None)


def _has_team(stored: StoredTicket) -> bool:
    ticket = stored.ticket
    return bool(ticket.team) or any(change.field == "team" for change in ticket.transitions)
