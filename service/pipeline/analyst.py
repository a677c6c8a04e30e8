"""The analyst: the face of the pipeline for commands, worker and pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from tempfile import TemporaryDirectory

from config.settings import Settings
from service.analysis.classify import Classifier, TrainedModel
from service.analysis.clock import BusinessCalendar, FixedClock
from service.analysis.evidence import Money
from service.analysis.weeks import Weeks
from service.pipeline.analysis import Analysis, AnalysisSummary, ProgressCallback
from service.pipeline.rules import load_rules
from service.pipeline.stores import open_stores
from service.pipeline.training import retrain
from service.store.database import Database
from service.store.queries.scopes import Scope
from service.store.queries.snapshot import VERDICT_WEEKS, Snapshot
from service.store.results import classifier as classifier_store
from service.store.results import state
from service.store.tickets import queue, sources

LOCK = "analysis"
LOCK_SECONDS = 600


def _ignore_progress(_done: int, _total: int) -> None:
    """Ignore the progress of an analysis that nobody watches."""


def utc_now() -> datetime:
    """Return the present in whole seconds of UTC."""
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Analyst:
    """Analyses one database by the operator's settings."""

    database: Database
    settings: Settings

    def clock(self, as_of: datetime) -> FixedClock:
        """Return the clock of an analysis as of a moment, with the zone and business hours of the settings."""
        zone = self.settings.zone
        return FixedClock(as_of, zone, BusinessCalendar(self.settings.business_hours.spans, zone))

    def classifier(self) -> Classifier:
        """Return the classifier by all rules and by the latest trained model."""
        with self.database.read() as connection:
            return Classifier(load_rules(self.settings), classifier_store.latest(connection))

    def analyse(
        self,
        as_of: datetime | None = None,
        *,
        rebuild: bool = False,
        partial: bool = False,
        on_progress: ProgressCallback = _ignore_progress,
    ) -> AnalysisSummary:
        """Analyse what has changed, or everything, into the database. Raises Busy if another process is at it.

        `partial` where a first pull is under way: before the first analysis of all tickets nothing is published.
        """
        with self.database.exclusive(LOCK, wait=LOCK_SECONDS):
            return self._run(self.database, as_of or utc_now(), on_progress, rebuild=rebuild, partial=partial)

    def train(self) -> tuple[TrainedModel, bool]:
        """Train on all stored tickets; return (the trained model, whether it is new). The next analysis uses it."""
        with self.database.exclusive(LOCK, wait=LOCK_SECONDS):
            return retrain(self.database, load_rules(self.settings), utc_now())

    @contextmanager
    def snapshot(self, scope: Scope, as_of: datetime | None = None) -> Iterator[Snapshot]:
        """Yield a snapshot of one scope: as of now, or as of another moment, which is not stored."""
        if as_of is None:
            self.analyse()
            yield self._snapshot(self.database, self._analysed_at(), scope)
        elif self._is_current(as_of):
            yield self._snapshot(self.database, as_of, scope)
        else:
            # Results are those of one moment: one for the past is computed beside the store, which stays as it is.
            with self._temporary_results() as results:
                self._run(results, as_of, _ignore_progress, rebuild=True)
                yield self._snapshot(results, as_of, scope)

    def stored_snapshot(self, scope: Scope, period: Weeks = VERDICT_WEEKS) -> Snapshot | None:
        """Return a snapshot of the latest analysis over a period, without analysing; None if there is none."""
        with self.database.read() as connection:
            latest = state.load(connection)
        if not latest.whole or latest.as_of is None:
            return None
        return replace(self._snapshot(self.database, latest.as_of, scope, period), number=latest.number)

    def _run(
        self, results: Database, as_of: datetime, on_progress: ProgressCallback, *, rebuild: bool, partial: bool = False
    ) -> AnalysisSummary:
        stores = open_stores(self.database, results, self.clock(as_of))
        return Analysis(stores, self.classifier(), self._number_settings, on_progress).run(
            rebuild=rebuild, partial=partial
        )

    @property
    def is_partial(self) -> bool:
        """True where the latest analysis is that of a first pull under way."""
        with self.database.read() as connection:
            return state.load(connection).partial

    @property
    def prices(self) -> Money | None:
        """The prices that the operator has set; None without any."""
        rate, cost = self.settings.hourly_rate, self.settings.support_cost
        return None if rate is None and cost is None else Money(rate, self.settings.currency or "", cost)

    @property
    def _number_settings(self) -> str:
        """The settings that decide numbers, as text: when it changes, everything is analysed again."""
        return f"{self.settings.timezone}/{self.settings.business_hours.spans}/{self.settings.privacy.text}"

    def _snapshot(self, results: Database, as_of: datetime, scope: Scope, period: Weeks = VERDICT_WEEKS) -> Snapshot:
        return Snapshot(self.database, results, self.clock(as_of), scope, self.prices, period=period)

    def _analysed_at(self) -> datetime:
        with self.database.read() as connection:
            return state.load(connection).as_of or utc_now()

    def _is_current(self, as_of: datetime) -> bool:
        with self.database.read() as connection:
            latest = state.load(connection)
            return latest.as_of == as_of and not queue.pending(connection, as_of)

    @contextmanager
    def _temporary_results(self) -> Iterator[Database]:
        """Yield a database for results that is deleted at the end."""
        with TemporaryDirectory(prefix="treadmill-") as directory:
            results = Database(f"sqlite:///{directory}/results.db")
            try:
                state.create_tables(results)
                # Facts refer to their sources, which the temporary database must know by the same numbers.
                sources.copy(self.database, results)
                yield results
            finally:
                results.dispose()
