"""What the pages are made from, and how an analysis that a change asks for is begun."""

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
from service.report.cache import Reporter
from service.report.sections import Part
from service.store.database import Database
from service.store.queries.scopes import Scope
from service.store.tickets import pseudonym_key
from service.web.auth.rate_limit import Attempts
from service.web.auth.session import Sessions
from service.web.html.selection import View

NAME_OF_KEY = "session_key"
PATIENCE_SECONDS = 2.5

Outcome = Literal["done", "waiting", "unknown"]

log = structlog.get_logger()


@dataclass(slots=True)
class CatchingUp:
    """Analyses what was said, one analysis at a time; whoever says something meanwhile is part of the next one.

    The analyses are counted from 1.
    """

    work: Callable[[], None]
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "catching-up"))
    _latest: Future[None] | None = None
    _begun: int = 0
    _ended: int = 0
    _done: int = 0
    _turn: Condition = field(default_factory=Condition)

    def begin(self) -> int:
        """Begins to analyse; the number of the analysis that has in it all that was said until now."""
        with self._turn:
            if self._latest is None or self._latest.running() or self._latest.done():
                self._begun += 1
                self._latest = self._pool.submit(self._run, self._begun)
            return self._begun

    def outcome(self, number: int, patience: float = PATIENCE_SECONDS) -> Outcome:
        """What became of an analysis, within the patience of somebody before a page.

        It is unknown where it failed, so that the next one has to do its work, or was begun before the last restart.
        """
        with self._turn:
            if number > self._begun:
                return "unknown"
            self._turn.wait_for(lambda: self._ended >= number, patience)
            if self._done >= number:
                return "done"
            return "unknown" if self._ended >= number else "waiting"

    def _run(self, number: int) -> None:
        try:
            self.work()
            self._done = number
        except Exception:
            log.exception("the analysis after a change failed; the next one goes on")
        with self._turn:
            self._ended = number
            self._turn.notify_all()


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

    def part(self, view: View, name: str) -> Part | None:
        """One part of the newest report, or of the one before while others are made. Raises BeingMade."""
        return self.reporter.part(view.scope, name, view.period, PATIENCE_SECONDS)

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
    sessions = Sessions(pseudonym_key.kept_secret(analyst.database, NAME_OF_KEY), web)
    return Site(analyst.settings, reporter, ready, sessions, CatchingUp(catch_up or caught_up))
