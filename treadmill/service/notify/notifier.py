"""When people are told, and that it is noted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from treadmill.config.settings import Settings
from treadmill.service.notify.message import Message, of_alerts, of_report, of_test
from treadmill.service.notify.news import Document, News, news
from treadmill.service.notify.sending import Answer, named, send
from treadmill.service.report.page import as_html
from treadmill.service.reporter import Reporter
from treadmill.service.store import runs, sources, told
from treadmill.service.store.database import Database
from treadmill.service.store.scopes import Scope
from treadmill.service.web.health import GRACE, INTERVALS_UNTIL_STALE, stale
from treadmill.service.web.telemetry import observe_answer

LOCK = "notify"
LOCK_SECONDS = 120
DIGEST = "digest"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Notifier:
    """Tells the URLs of the settings what is new. `interval` is the time between two pulls of `expected` sources."""

    reporter: Reporter
    expected: Sequence[str]
    interval: timedelta

    @property
    def names(self) -> list[str]:
        """What the URLs are called, without their secrets."""
        return named(self._settings.notify.urls)

    def alert(self, now: datetime) -> list[Answer]:
        """Sends what is new in one message, and notes it where anybody took it; else it is tried again next time.

        Nothing is answered where nothing is new, or no URL is set.
        """
        if not self._settings.notify.urls:
            return []
        with self._database.exclusive(LOCK, wait=LOCK_SECONDS):
            found = self._news(now)
            if found is None:
                return []
            answers = self.send(of_alerts(found.alerts, self._url)) if found.alerts else []
            heard = {one.key: one.value for one in found.alerts} if _was_heard(answers) else {}
            told.note(self._database, {**found.known, **heard}, found.over, now)
        return answers

    def digest(self, now: datetime) -> list[Answer]:
        """Sends the digest with the report; nothing is answered where nothing was analysed, or no URL is set."""
        message = self.digest_message()
        if message is None or not self._settings.notify.urls:
            return []
        answers = self.send(message)
        if _was_heard(answers):
            told.note(self._database, {DIGEST: None}, (), now)
        return answers

    def alert_message(self, now: datetime) -> Message | None:
        """What `alert` would send; None where there is nothing new."""
        found = self._news(now)
        return of_alerts(found.alerts, self._url) if found is not None and found.alerts else None

    def digest_message(self) -> Message | None:
        """What `digest` would send; None where nothing was analysed yet."""
        report = self._report()
        return None if report is None else of_report(report, self._url, as_html(report))

    def test_message(self) -> Message:
        """A message that says that messages arrive."""
        return of_test(self._url)

    def send(self, message: Message) -> list[Answer]:
        """Sends a message to all URLs."""
        answers = send(self._settings.notify.urls, message)
        for answer in answers:
            observe_answer(accepted=answer.accepted)
            if not answer.accepted:
                log.warning("a notification was refused", to=answer.name, said=answer.said)
        return answers

    @property
    def _settings(self) -> Settings:
        return self.reporter.analyst.settings

    @property
    def _database(self) -> Database:
        return self.reporter.analyst.database

    @property
    def _url(self) -> str | None:
        return self._settings.web.url

    def _report(self) -> Document | None:
        return self.reporter.part(Scope(), "report")

    def _news(self, now: datetime) -> News | None:
        report = self._report()
        return None if report is None else news(report, self._stale(now), told.told(self._database))

    def _stale(self, now: datetime) -> dict[str, str]:
        """What is wrong with sources by name; one whose first pull is under way is left alone."""
        last = {state.name: state.last_success_at for state in sources.states(self._database)}
        latest: dict[str, str] = {}
        for run in runs.newest(self._database):
            latest.setdefault(run["source"], run["outcome"])
        found: dict[str, str] = {}
        for name in self.expected:
            begun = last.get(name) is None and latest.get(name, "running") == "running"
            limit = self.interval * INTERVALS_UNTIL_STALE + GRACE
            if not begun:
                found.update((name, problem) for problem in stale(last, [name], limit, now))
        return found


def _was_heard(answers: Sequence[Answer]) -> bool:
    return any(answer.accepted for answer in answers)
