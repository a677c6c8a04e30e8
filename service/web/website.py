"""The website: all that pages and the API are served from, and the analyses that changes on pages ask for."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Condition
from typing import Literal
from zoneinfo import ZoneInfo

import structlog

from config.settings import Settings
from service.monitoring.health import Readiness
from service.pipeline.analyst import Analyst
from service.pipeline.likely_pairs import PairQueue
from service.report.cache import Reporter
from service.report.serialization import S
from service.store.database import Database
from service.store.queries.scopes import Scope
from service.store.tickets import pseudonym_key
from service.web.auth.rate_limit import Attempts
from service.web.auth.revocation import Revocations
from service.web.auth.session import Sessions
from service.web.notices import NoticeBoard, Notices
from service.web.selection import View

SESSION_KEY = "session_key"
PATIENCE_SECONDS = 2.5

Outcome = Literal["done", "waiting", "unknown"]

log = structlog.get_logger()


@dataclass(slots=True)
class AnalysisRunner:
    """Runs the analyses that changes on pages ask for in the background, one at a time.

    Analyses are numbered from 1. A change that comes while one is running is part of the next one.
    """

    analyse: Callable[[], None]
    patience: float = PATIENCE_SECONDS
    # One thread: a second analysis of the same store would only wait for the lock of the first.
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "analysis"))
    _latest: Future[None] | None = None
    _requested: int = 0
    _ended: int = 0
    _succeeded: int = 0
    _changed: Condition = field(default_factory=Condition)

    def request(self) -> int:
        """Return the number of an analysis that will contain every change made so far, queueing it where needed."""
        with self._changed:
            # An analysis that waits for its turn will read the change; a running one may have read past it.
            if self._latest is None or self._latest.running() or self._latest.done():
                self._requested += 1
                self._latest = self._pool.submit(self._run, self._requested)
            return self._requested

    def outcome(self, number: int, patience: float | None = None) -> Outcome:
        """Return the state of an analysis, waiting up to `patience` seconds for its end, by default its own.

        `unknown` stands for one that failed, so that the next one has to do its work, and for one from before the last
        restart.
        """
        with self._changed:
            if number > self._requested:
                return "unknown"
            self._changed.wait_for(lambda: self._ended >= number, self.patience if patience is None else patience)
            if self._succeeded >= number:
                return "done"
            return "unknown" if self._ended >= number else "waiting"

    def _run(self, number: int) -> None:
        try:
            self.analyse()
            self._succeeded = number
        except Exception:
            log.exception("analysis after a change failed; the next analysis includes the change")
        with self._changed:
            self._ended = number
            self._changed.notify_all()


def _nobody(_person: str | None) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Website:
    """The parts that pages and the API work with; `filter_person` is for people in the audit trail."""

    analyst: Analyst
    reporter: Reporter
    ready: Callable[[], Readiness]
    sessions: Sessions
    revocations: Revocations
    analysis_runner: AnalysisRunner
    pair_queue: PairQueue
    attempts: Attempts = field(default_factory=Attempts)
    notice_board: NoticeBoard = field(default_factory=NoticeBoard)
    filter_person: Callable[[str | None], str | None] = _nobody

    @property
    def settings(self) -> Settings:
        """The settings of the service."""
        return self.analyst.settings

    @property
    def database(self) -> Database:
        """The store."""
        return self.analyst.database

    def section(self, kind: type[S], view: View) -> S | None:
        """Return a section of the newest report, or of the one before while others are computed.

        Raises ReportsPending where there is neither.
        """
        return self.reporter.section(kind, view.scope, view.period, PATIENCE_SECONDS)

    @property
    def notices(self) -> Notices:
        """The notices of every page. Raises an error of the database where it does not answer."""
        return self.notice_board.read(self.database, self.ready)

    @property
    def zone(self) -> ZoneInfo:
        """The configured time zone, in which days begin."""
        return self.settings.zone


def open_website(
    analyst: Analyst,
    ready: Callable[[], Readiness],
    *,
    reporter: Reporter | None = None,
    analyse: Callable[[], None] | None = None,
    filter_person: Callable[[str | None], str | None] = _nobody,
) -> Website:
    """Return the website of a store; `analyse` runs after changes, by default the analyst and then the reporter."""
    reports = reporter or Reporter(analyst)

    def analyse_and_prepare() -> None:
        analyst.analyse()
        reports.prepare(Scope())

    sessions = Sessions(pseudonym_key.installation_secret(analyst.database, SESSION_KEY), analyst.settings.web)
    runner, revocations = AnalysisRunner(analyse or analyse_and_prepare), Revocations(analyst.database)
    queue = PairQueue(analyst)
    return Website(analyst, reports, ready, sessions, revocations, runner, queue, filter_person=filter_person)
