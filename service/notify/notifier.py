"""Sends alerts and digests, and records them, so that each is sent once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import structlog

from config.environment import ConfigurationError, Problem
from config.settings import PREFIX, Settings
from service.analysis.formatting import count
from service.monitoring.health import GRACE, INTERVALS_UNTIL_STALE, stale
from service.monitoring.metrics import observe_delivery
from service.notify.alerts import AlertUpdate, update_alerts
from service.notify.delivery import DeliveryResult, deliver, url_names
from service.notify.message import Message, alerts_message, digest_message, trial_message
from service.report.html import as_html
from service.report.sections.report import Report
from service.store.database import Database
from service.store.results import alerts
from service.store.tickets import runs, sources

LOCK = "notify"
LOCK_SECONDS = 120
DIGEST = "digest"
Kind = Literal["test", "digest", "alerts"]
NO_URL = Problem(
    f"{PREFIX}NOTIFY__URLS",
    "must be set to send anything, e.g. to mailto://user:password@example.com: see the services of Apprise",
)

log = structlog.get_logger()


def _at_any_time(_last: datetime | None, _now: datetime) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Notifier:
    """Sends notifications to the URLs of the settings. `interval` is the time between two pulls of `expected` sources.

    Its methods take the report on everything, None before the first analysis, from which nothing is sent.
    """

    database: Database
    settings: Settings
    expected: Sequence[str]
    interval: timedelta

    @property
    def url_names(self) -> list[str]:
        """The names of the URLs, without their secrets."""
        return url_names(self.settings.notify.urls)

    def alert(self, report: Report | None, now: datetime) -> list[DeliveryResult]:
        """Send all new alerts in one message; return nothing where none is new or no URL is set.

        They are recorded once any URL has accepted them; until then the next call sends them again.
        """
        if report is None or not self.settings.notify.urls:
            return []
        # A command and the service may alert at once; the second one must see what the first has sent.
        with self.database.exclusive(LOCK, wait=LOCK_SECONDS):
            update = self._update(report, now)
            results = self.send(alerts_message(update.alerts, self._url)) if update.alerts else []
            sent = {alert.key: alert.value for alert in update.alerts} if _is_accepted(results) else {}
            alerts.record(self.database, {**update.unsent, **sent}, update.ended, now)
        return results

    def digest(
        self, report: Report | None, now: datetime, is_due: Callable[[datetime | None, datetime], bool] = _at_any_time
    ) -> list[DeliveryResult]:
        """Send the digest with the report; return nothing where no URL is set or none `is_due` after the last one."""
        message = self.message("digest", report, now)
        if message is None or not self.settings.notify.urls:
            return []
        # Two services reach the same hour at once. The second one waits here, and finds the digest sent.
        with self.database.exclusive(LOCK, wait=LOCK_SECONDS):
            if not is_due(alerts.sent_at(self.database, DIGEST), now):
                return []
            results = self.send(message)
            if _is_accepted(results):
                alerts.record(self.database, {DIGEST: None}, (), now)
        return results

    def message(self, kind: Kind, report: Report | None, now: datetime) -> Message | None:
        """Return the message of a kind that would be sent now; None where there is nothing to send."""
        if kind == "test":
            return trial_message(self._url)
        if report is None:
            return None
        if kind == "digest":
            return digest_message(report, self._url, as_html(report))
        update = self._update(report, now)
        return alerts_message(update.alerts, self._url) if update.alerts else None

    def send(self, message: Message) -> list[DeliveryResult]:
        """Send a message to all URLs, and log and count the results."""
        results = deliver(self.settings.notify.urls, message)
        for result in results:
            observe_delivery(accepted=result.accepted)
            if not result.accepted:
                log.warning("notification refused", url=result.name, reason=result.reason)
        return results

    @property
    def _url(self) -> str | None:
        return self.settings.web.url

    def _update(self, report: Report, now: datetime) -> AlertUpdate:
        return update_alerts(report, self._stale(now), alerts.sent(self.database))

    def _stale(self, now: datetime) -> dict[str, str]:
        """Return the problem of each stale source by name."""
        last_success = {state.name: state.last_success_at for state in sources.states(self.database)}
        latest_outcome: dict[str, str] = {}
        for run in runs.latest(self.database):
            latest_outcome.setdefault(run["source"], run["outcome"])
        limit = self.interval * INTERVALS_UNTIL_STALE + GRACE
        problems: dict[str, str] = {}
        for name in self.expected:
            # The first pull of a large system takes days. As long as it runs, its source is not stale.
            is_first_pull = last_success.get(name) is None and latest_outcome.get(name, "running") == "running"
            if not is_first_pull:
                problems.update((name, problem) for problem in stale(last_success, [name], limit, now))
        return problems


def _is_accepted(results: Sequence[DeliveryResult]) -> bool:
    return any(result.accepted for result in results)


def preview(notifier: Notifier, kind: Kind, report: Report | None, now: datetime) -> str:
    """Return the message that would be sent, with its recipients; nothing is sent or recorded."""
    message = notifier.message(kind, report, now)
    if message is None:
        return "nothing new"
    to = ", ".join(notifier.url_names) or f"nobody: {NO_URL.variable} is not set"
    file = f"\n\nWith {message.file.name}, {count(len(message.file.content), 'byte')}." if message.file else ""
    return f"To {to}\n\n{message.title}\n\n{message.body}{file}"


def send_now(notifier: Notifier, kind: Kind, report: Report | None, now: datetime) -> list[DeliveryResult]:
    """Send a message of a kind; return nothing where nothing is new. Raises ConfigurationError where no URL is set."""
    if not notifier.url_names:
        raise ConfigurationError([NO_URL])
    if kind == "test":
        return notifier.send(trial_message(notifier.settings.web.url))
    return notifier.digest(report, now) if kind == "digest" else notifier.alert(report, now)
