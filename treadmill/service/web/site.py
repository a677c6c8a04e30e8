"""What the pages are made from, and how an analysis that a change asks for is begun."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from threading import Lock
from zoneinfo import ZoneInfo

import structlog

from treadmill.config.settings import Settings
from treadmill.service.analyst import Analyst
from treadmill.service.reporter import Reporter
from treadmill.service.store import key
from treadmill.service.store.database import Database
from treadmill.service.store.scopes import Scope
from treadmill.service.web.attempts import Attempts
from treadmill.service.web.health import Readiness
from treadmill.service.web.session import Sessions

NAME_OF_KEY = "session_key"
PATIENCE_SECONDS = 2.5

log = structlog.get_logger()


@dataclass(slots=True)
class CatchingUp:
    """Analyses what was said, one analysis at a time; whoever says something meanwhile is part of the next one."""

    work: Callable[[], None]
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "catching-up"))
    _waiting: Future[None] | None = None
    _lock: Lock = field(default_factory=Lock)

    def begin(self) -> bool:
        """Begins to analyse; whether that was done within the patience of somebody before a page."""
        with self._lock:
            if self._waiting is None or self._waiting.running() or self._waiting.done():
                self._waiting = self._pool.submit(self._run)
            mine = self._waiting
        return bool(wait([mine], PATIENCE_SECONDS).done)

    def _run(self) -> None:
        try:
            self.work()
        except Exception:
            log.exception("the analysis after a change failed; the next one goes on")


@dataclass(frozen=True, slots=True)
class Site:
    """All that pages need."""

    settings: Settings
    reporter: Reporter
    ready: Callable[[], Readiness]
    sessions: Sessions
    catching_up: CatchingUp
    attempts: Attempts = field(default_factory=Attempts)

    @property
    def analyst(self) -> Analyst:
        """The analysis."""
        return self.reporter.analyst

    @property
    def database(self) -> Database:
        """The store."""
        return self.reporter.analyst.database

    @property
    def zone(self) -> ZoneInfo:
        """Where days are cut."""
        return self.settings.zone


def open_site(reporter: Reporter, ready: Callable[[], Readiness], catch_up: Callable[[], None] | None = None) -> Site:
    """The site of a store. `catch_up` analyses what has changed; the analyst does, where nothing else is given."""
    analyst = reporter.analyst

    def caught_up() -> None:
        analyst.analyse()
        reporter.prepare(Scope())

    web = analyst.settings.web
    sessions = Sessions(key.kept_secret(analyst.database, NAME_OF_KEY), web)
    return Site(analyst.settings, reporter, ready, sessions, CatchingUp(catch_up or caught_up))
