"""The analysis as the commands and the worker ask for it: brought up to date, learnt anew, or made for a look back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from config.settings import Settings
from service.analysis.business_hours import BusinessHours
from service.analysis.classify import Classifier, Rules, TrainedModel, parse_rules
from service.analysis.clock import FixedClock
from service.analysis.evidence import Money
from service.analysis.weeks import Weeks
from service.pipeline.analysis import Analysis, AnalysisSummary, Watch
from service.pipeline.stores import open_stores
from service.pipeline.training import retrain
from service.store import schema
from service.store.database import Database
from service.store.queries.scopes import Scope
from service.store.queries.snapshot import VERDICT_WEEKS, Snapshot
from service.store.results import classifier as learnt
from service.store.results import state
from service.store.tickets import queue, sources

LOCK = "analysis"
LOCK_SECONDS = 600
SHIPPED = "rules.toml"


def _unwatched(_done: int, _all: int) -> None:
    """Nobody looks on."""


def load_rules(settings: Settings) -> Rules:
    """The shipped rules behind those of the organisation. Raises RulesError, OSError where they cannot be read."""
    shipped = parse_rules(files("config").joinpath(SHIPPED).read_text(encoding="utf-8"), SHIPPED)
    if settings.rules_file is None:
        return shipped
    path = Path(settings.rules_file)
    return shipped.with_organisation(parse_rules(path.read_text(encoding="utf-8"), str(path)))


def now() -> datetime:
    """The present, in whole seconds of UTC."""
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Analyst:
    """Analyses one database by the operator's settings."""

    database: Database
    settings: Settings

    def clock(self, as_of: datetime) -> FixedClock:
        """How the settings look at the tickets, as of a moment."""
        zone = self.settings.zone
        return FixedClock(as_of, zone, BusinessHours(self.settings.business_hours.spans, zone))

    def classifier(self) -> Classifier:
        """The classifier by all rules, and by what was learnt."""
        with self.database.read() as connection:
            return Classifier(load_rules(self.settings), learnt.latest(connection))

    def analyse(
        self, as_of: datetime | None = None, *, rebuild: bool = False, watch: Watch = _unwatched
    ) -> AnalysisSummary:
        """Analyses what has changed, or everything, into the database. Raises Busy where another process is at it."""
        with self.database.exclusive(LOCK, wait=LOCK_SECONDS):
            return self._into(self.database, as_of or now(), watch, rebuild=rebuild)

    def train(self) -> tuple[TrainedModel, bool]:
        """(what was learnt from all stored tickets, whether it is new): the next analysis goes by it."""
        with self.database.exclusive(LOCK, wait=LOCK_SECONDS):
            return retrain(self.database, load_rules(self.settings), now())

    @contextmanager
    def snapshot(self, scope: Scope, as_of: datetime | None = None) -> Iterator[Snapshot]:
        """A look at one scope: of what has changed until now, or back to another moment, which is kept nowhere."""
        if as_of is None:
            self.analyse()
            yield self._snapshot(self.database, self._analysed_at(), scope)
        elif self._stands_at(as_of):
            yield self._snapshot(self.database, as_of, scope)
        else:
            with self._apart() as results:
                self._into(results, as_of, _unwatched, rebuild=True)
                yield self._snapshot(results, as_of, scope)

    def stored_snapshot(self, scope: Scope, period: Weeks = VERDICT_WEEKS) -> Snapshot | None:
        """A look at what was analysed last, over a period, without analysing; None where nothing was."""
        with self.database.read() as connection:
            known = state.load(connection)
        if not known.whole or known.as_of is None:
            return None
        return replace(self._snapshot(self.database, known.as_of, scope, period), number=known.number)

    def _into(self, results: Database, as_of: datetime, watch: Watch, *, rebuild: bool) -> AnalysisSummary:
        stores = open_stores(self.database, results, self.clock(as_of))
        return Analysis(stores, self.classifier(), self._told, watch).run(rebuild=rebuild)

    @property
    def _told(self) -> str:
        """What of the settings decides numbers, as text."""
        return f"{self.settings.timezone}/{self.settings.business_hours.spans}/{self.settings.privacy.text}"

    def _snapshot(self, results: Database, as_of: datetime, scope: Scope, period: Weeks = VERDICT_WEEKS) -> Snapshot:
        rate, currency = self.settings.hourly_rate, self.settings.currency
        money = Money(rate, currency or "") if rate is not None else None
        return Snapshot(self.database, results, self.clock(as_of), scope, money, period=period)

    def _analysed_at(self) -> datetime:
        with self.database.read() as connection:
            return state.load(connection).as_of or now()

    def _stands_at(self, as_of: datetime) -> bool:
        with self.database.read() as connection:
            known = state.load(connection)
            return known.as_of == as_of and not queue.pending(connection, as_of)

    @contextmanager
    def _apart(self) -> Iterator[Database]:
        """A database of its own that is gone at the end."""
        with TemporaryDirectory(prefix="treadmill-") as directory:
            results = Database(f"sqlite:///{directory}/results.db")
            try:
                schema.upgrade(results)
                sources.copy(self.database, results)
                yield results
            finally:
                results.dispose()
