"""When people are told, and that it is noted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import structlog

from config.environment import PREFIX, ConfigurationError, Problem
from config.settings import Settings
from service.monitoring.health import GRACE, INTERVALS_UNTIL_STALE, stale
from service.monitoring.metrics import observe_answer
from service.notify.alerts import Document, News, news
from service.notify.delivery import Answer, named, send
from service.notify.message import Message, of_alerts, of_report, of_test
from service.report.cache import Reporter
from service.report.html import as_html
from service.store.database import Database
from service.store.queries.scopes import Scope
from service.store.results import alerts
from service.store.tickets import runs, sources

LOCK = "notify"
LOCK_SECONDS = 120
DIGEST = "digest"
Kind = Literal["test", "digest", "alerts"]
UNSET = Problem(
    f"{PREFIX}NOTIFY__URLS",
    "must be set to send anything, e.g. to mailto://user:password@example.com: see the services of Apprise",
)

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
            alerts.note(self._database, {**found.known, **heard}, found.over, now)
        return answers

    def digest(self, now: datetime) -> list[Answer]:
        """Sends the digest with the report; nothing is answered where nothing was analysed, or no URL is set."""
        message = self.digest_message()
        if message is None or not self._settings.notify.urls:
            return []
        answers = self.send(message)
        if _was_heard(answers):
            alerts.note(self._database, {DIGEST: None}, (), now)
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
        return None if report is None else news(report, self._stale(now), alerts.told(self._database))

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


def shown(notifier: Notifier, kind: Kind, now: datetime) -> str:
    """What would be sent, and to whom; nothing is sent or noted."""
    message = _message(notifier, kind, now)
    if message is None:
        return "nothing new"
    to = ", ".join(notifier.names) or f"nobody: {UNSET.variable} is not set"
    file = f"\n\nWith {message.file.name}, {len(message.file.content):,} bytes." if message.file else ""
    return f"To {to}\n\n{message.title}\n\n{message.body}{file}"


def sent(notifier: Notifier, kind: Kind, now: datetime) -> list[Answer]:
    """What each URL answered; nothing where nothing is new. Raises ConfigurationError where no URL is set."""
    if not notifier.names:
        raise ConfigurationError([UNSET])
    if kind == "test":
        return notifier.send(notifier.test_message())
    return notifier.digest(now) if kind == "digest" else notifier.alert(now)


def _message(notifier: Notifier, kind: Kind, now: datetime) -> Message | None:
    if kind == "test":
        return notifier.test_message()
    return notifier.digest_message() if kind == "digest" else notifier.alert_message(now)
