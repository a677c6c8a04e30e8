"""Runs over many sources side by side, and the service that does them on schedule."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from time import monotonic

import structlog

from config.settings import Settings
from service.monitoring import metrics
from service.monitoring.health import Readiness, readiness
from service.notify.delivery import DeliveryResult
from service.notify.notifier import DIGEST, Notifier
from service.pipeline.analyst import Analyst
from service.report.cache import Reporter
from service.report.sections.report import Report
from service.runtime.worker import AnalysisJobs, Worker, interval
from service.store.database import Database
from service.store.queries.scopes import Scope
from service.store.results import alerts
from service.store.tickets import sources
from service.sync.buffer import Stopped
from service.sync.metrics import observe_sources
from service.sync.run import Run, SyncContext
from service.sync.source import ConfiguredSource
from service.web.server import Server, application, server
from service.web.website import open_website

log = structlog.get_logger()


async def run_concurrently(
    workplace: SyncContext, chosen: Sequence[ConfiguredSource], work: Callable[[ConfiguredSource], Awaitable[Run]]
) -> list[Run]:
    """The runs of all sources, in their order. SIGTERM and SIGINT end them after the page under way."""
    with stopped_by_signals(workplace.stop):
        return await asyncio.gather(*map(work, chosen))


async def serve(workplace: SyncContext, chosen: tuple[ConfiguredSource, ...], settings: Settings) -> None:
    """Worker and page, until SIGTERM or SIGINT. Raises OSError where the port is taken."""
    database = workplace.database
    names = [source.name for source in chosen]

    def ready() -> Readiness:
        now = datetime.now(UTC)
        return readiness(database, names, interval(settings.schedule.sync, settings, now), now)

    analyst = Analyst(database, settings)
    reporter = Reporter(analyst)
    notifier = Notifier(database, settings, names, interval(settings.schedule.sync, settings, datetime.now(UTC)))
    analyses = _analyses(workplace, analyst, reporter, notifier)
    site = open_website(analyst, ready, reporter=reporter, analyse=analyses.catch_up)
    web = server(application(site, partial(_observe_sources, database)), settings.web)
    with stopped_by_signals(workplace.stop):
        page = asyncio.create_task(_serve_page(web, workplace.stop))
        await Worker(workplace, chosen, settings, analyses).run()
        web.should_exit = True
        await page
    log.info("stopped")


async def serve_pages(analyst: Analyst) -> None:
    """The page alone, without a worker, until SIGTERM or SIGINT. Raises OSError where the port is taken."""
    site = open_website(analyst, Readiness)
    update_metrics(site.reporter)
    stop = asyncio.Event()
    served = server(application(site, partial(_observe_sources, analyst.database)), analyst.settings.web)
    with stopped_by_signals(stop):
        page = asyncio.create_task(_serve_page(served, stop))
        await stop.wait()
        served.should_exit = True
        await page


def _analyses(workplace: SyncContext, analyst: Analyst, reporter: Reporter, notifier: Notifier) -> AnalysisJobs:
    """The analyses of the worker: each step looks whether it is to stop. The report on everything is made at once."""

    def watch(_done: int, _all: int) -> None:
        if workplace.stop.is_set():
            raise Stopped

    def catch_up() -> None:
        begun = monotonic()
        done = analyst.analyse(on_progress=watch)
        metrics.observe_analysis(monotonic() - begun)
        log.info("analysed", tickets=done.tickets, rebuilt=done.rebuilt, periods=done.cells)
        report = update_metrics(reporter)
        notify(partial(notifier.alert, report))

    def learn() -> None:
        trained_model, is_new = analyst.train()
        log.info("learnt", is_new=is_new, version=trained_model.version)
        catch_up()

    def digest() -> None:
        notify(partial(notifier.digest, reporter.section(Report, Scope())))

    update_metrics(reporter)
    digested_at = alerts.sent_at(workplace.database, DIGEST)
    return AnalysisJobs(catch_up, learn, digest, digested_at)


def _observe_sources(database: Database) -> None:
    observe_sources(sources.states(database))


def update_metrics(reporter: Reporter) -> Report | None:
    """Show the newest report on everything in the metrics, and return it."""
    report = reporter.section(Report, Scope())
    if report is not None:
        metrics.observe_report(report)
    return report


def notify(send: Callable[[datetime], Sequence[DeliveryResult]]) -> None:
    """Sends; what goes wrong with that is told in the log and harms nothing else."""
    try:
        answers = send(datetime.now(UTC))
    except Exception as problem:  # noqa: BLE001 - a page and the next pull matter more, and a traceback may hold secrets
        log.error("people could not be told; it is tried again", problem=type(problem).__name__)  # noqa: TRY400 - see above
        return
    if answers:
        log.info("told", accepted=sum(one.accepted for one in answers), of=len(answers))


async def _serve_page(web: Server, stop: asyncio.Event) -> None:
    """Serves; a page that cannot be served ends the whole service, so that it is seen."""
    try:
        await web.serve()
    except SystemExit as problem:
        raise OSError(f"cannot listen on {web.config.host}:{web.config.port}") from problem
    finally:
        stop.set()


@contextlib.contextmanager
def stopped_by_signals(stop: asyncio.Event) -> Iterator[None]:
    """Sets `stop` on SIGTERM and SIGINT."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
