"""The jobs that follow pulls: analysis, training, metrics and notifications."""

import asyncio
import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from time import monotonic

import structlog

from service.monitoring import metrics
from service.notify.delivery import DeliveryResult
from service.notify.notifier import DIGEST, Notifier
from service.pipeline.analyst import Analyst
from service.report.cache import Reporter
from service.report.sections.report import Report
from service.runtime.schedule import Cron
from service.store.errors import UNAVAILABLE, DatabaseError, Superseded
from service.store.queries.scopes import Scope
from service.store.results import alerts
from service.store.results.failure import clear_failure, save_failure
from service.sync.buffer import Stopped

log = structlog.get_logger()


class AnalysisJobs:
    """The jobs of one service. They run in threads, one at a time; an analysis ends soon after `stop` is set."""

    def __init__(self, analyst: Analyst, reporter: Reporter, notifier: Notifier, stop: asyncio.Event) -> None:
        self._analyst = analyst
        self._reporter = reporter
        self._notifier = notifier
        self._stop = stop

    def analyse(self) -> None:
        """Analyse what has changed, and update the metrics. Raises Stopped."""
        self._analyse(partial=False)

    def analyse_part(self) -> None:
        """Analyse what a first pull under way has brought so far, and update the metrics. Raises Stopped."""
        self._analyse(partial=True)

    def _analyse(self, *, partial: bool) -> None:
        started = monotonic()
        with self._failures_kept():
            summary = self._analyst.analyse(partial=partial, on_progress=self._check_stop)
        metrics.observe_analysis(monotonic() - started)
        extent = {"tickets": summary.tickets, "rebuilt": summary.rebuilt, "periods": summary.cells}
        log.info("analysis done", **extent, reason=summary.reason)
        # The report is computed here, so that nobody who opens a page waits for it.
        update_metrics(self._reporter)

    def learn(self) -> None:
        """Train the classifier on the decided tickets, then analyse. Raises Stopped."""
        model, is_new = self._analyst.train()
        log.info("training done", is_new=is_new, version=model.version)
        self.analyse()

    def send_alerts(self) -> None:
        """Send the alerts of the newest report and of the sources that are new."""
        notify(functools.partial(self._notifier.alert, self._report()))

    def analyse_and_alert(self) -> None:
        """Analyse after a change on a page, and send new alerts. Raises Stopped."""
        # During a first pull only the worker knows when all tickets have come.
        self._analyse(partial=self._analyst.is_partial)
        self.send_alerts()

    def send_digest(self) -> None:
        """Send the digest with the newest report, unless another process has sent it at this time of the schedule."""
        settings = self._notifier.settings
        cron = Cron(settings.schedule.digest, settings.zone)
        notify(functools.partial(self._notifier.digest, self._report(), is_due=cron.is_overdue))

    def _report(self) -> Report | None:
        """Return the newest report on everything; None before the first analysis of all tickets."""
        # Of a part of the tickets, a later report would announce every cycle as new.
        return None if self._analyst.is_partial else self._reporter.section(Report, Scope())

    @contextmanager
    def _failures_kept(self) -> Iterator[None]:
        """Keep the failure of the analysis inside the block where /readyz finds it, until one succeeds."""
        try:
            yield
        except (Stopped, Superseded):
            raise
        except Exception as problem:
            reason = str(problem) if isinstance(problem, DatabaseError) else type(problem).__name__
            # Where the database is what failed, /readyz says so itself.
            with suppress(*UNAVAILABLE):
                save_failure(self._analyst.database, datetime.now(UTC), reason)
            raise
        clear_failure(self._analyst.database)

    @property
    def digest_sent_at(self) -> datetime | None:
        """The moment of the last digest, None before the first."""
        return alerts.sent_at(self._analyst.database, DIGEST)

    def _check_stop(self, _done: int, _total: int) -> None:
        # Called between two batches, each of which is committed: a stop loses nothing.
        if self._stop.is_set():
            raise Stopped


def update_metrics(reporter: Reporter) -> None:
    """Set the metrics to the newest report on all tickets, if there is one."""
    report = reporter.section(Report, Scope())
    if report is not None:
        metrics.observe_report(report)


def notify(send: Callable[[datetime], Sequence[DeliveryResult]]) -> None:
    """Send, and log how many URLs accepted the message. A failure is logged and not raised."""
    try:
        results = send(datetime.now(UTC))
    except Exception as problem:  # noqa: BLE001 - pages and the next pull matter more
        # The type alone: the message or a traceback may hold the secrets of a URL.
        log.error(  # noqa: TRY400 - see above
            "notification failed, will retry",
            problem=type(problem).__name__,
            remedy="Test TREADMILL_NOTIFY__URLS with: treadmill notify --test",
        )
        return
    if results:
        log.info("notification sent", accepted=sum(result.accepted for result in results), of=len(results))
