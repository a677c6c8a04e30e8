"""The composition root: the only place that wires the parts of the service together."""

import asyncio
import getpass
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Literal

from config.settings import Settings
from service.monitoring.health import Readiness, readiness
from service.notify.notifier import Notifier
from service.pipeline.analyst import Analyst
from service.report.cache import Reporter
from service.runtime.configuration import Configuration
from service.runtime.listening import try_address
from service.runtime.page_password import require_password
from service.runtime.queue import JobQueue, LocalQueue
from service.runtime.schedule import pull_interval
from service.store import schema
from service.store.database import Database
from service.store.errors import Busy, DatabaseError
from service.store.results.failure import load_failure
from service.store.tickets import audit, pseudonym_key, runs, sources
from service.store.tickets.privacy import PrivacyFilter
from service.store.tickets.writer import PageWriter
from service.sync.metrics import observe_sources
from service.sync.run import SyncContext

Role = Literal["worker", "web"]
"""The part of the service that a process runs when it does not run both."""


def open_store(settings: Settings) -> Database:
    """Return the database, reachable and up to date. Raises DatabaseError."""
    return schema.open_database(settings.database_url.get_secret_value())


def open_context(settings: Settings) -> SyncContext:
    """Return the store with a writer that keeps to the privacy settings. Raises DatabaseError."""
    database = open_store(settings)
    privacy = _privacy_filter(settings, database)
    # Another key would make a second person of everybody: better to stop than to mix the two.
    pseudonym_key.verify_key(database, privacy)
    return SyncContext(database, PageWriter(database, privacy))


def _privacy_filter(settings: Settings, database: Database) -> PrivacyFilter:
    key = pseudonym_key.load_key(database, settings.privacy.configured_key)
    return PrivacyFilter(settings.privacy.people, settings.privacy.text, key)


def open_editor(settings: Settings) -> Analyst:
    """Return the analysis of the configured store, for changes by the user of this process. Raises DatabaseError."""
    analyst = open_analyst(settings)
    filter_person = _privacy_filter(settings, analyst.database).person_filter()
    audit.act_as(audit.Actor(filter_person(getpass.getuser()), "command"))
    return analyst


def open_analyst(settings: Settings) -> Analyst:
    """Return the analysis of the configured store. Raises DatabaseError."""
    return Analyst(open_store(settings), settings)


def open_notifier(configuration: Configuration, database: Database) -> Notifier:
    """Return a notifier that expects pulls of all configured sources."""
    settings = configuration.settings
    names = [source.name for source in configuration.sources]
    return Notifier(database, settings, names, pull_interval(settings, datetime.now(UTC)))


def run_service(configuration: Configuration, only: Role | None = None) -> None:
    """Run worker and website, or only one of them, until SIGTERM or SIGINT.

    A worker alone still answers probes and Prometheus. Raises DatabaseError, also where SQLite has a worker already,
    and OSError when the port is taken.
    """
    # Imported here, as below: FastAPI and the pages take a second, and every other command does without them.
    from service.runtime.jobs import AnalysisJobs, update_metrics  # noqa: PLC0415
    from service.runtime.serve import serve, serve_website  # noqa: PLC0415
    from service.runtime.worker import Worker  # noqa: PLC0415
    from service.web.server import application, server  # noqa: PLC0415
    from service.web.website import open_website  # noqa: PLC0415

    # Before the database is upgraded, and before anything is pulled.
    try_address(configuration.settings.web)
    context = open_context(configuration.settings)
    settings = require_password(configuration.settings, context.database)
    analyst = Analyst(context.database, settings)
    reporter = Reporter(analyst)
    jobs = AnalysisJobs(analyst, reporter, open_notifier(configuration, context.database), context.stop)
    ready = partial(_readiness, configuration, context.database)
    # Changes on pages are analysed by the same job as pulls: metrics and alerts follow both.
    filter_person = _privacy_filter(settings, context.database).person_filter()
    site = open_website(analyst, ready, reporter=reporter, analyse=jobs.analyse_and_alert, filter_person=filter_person)
    observe = partial(_observe, context.database, reporter)
    web = server(application(site, observe, with_pages=only != "worker"), settings.web)
    # At once, from the last analysis: a restart must not leave a gap in the metrics until the next pull.
    update_metrics(reporter)
    if only == "web":
        asyncio.run(serve_website(web, context.database))
        return
    with worker_lock(context.database):
        worker = Worker(context, configuration.sources, settings, jobs, _queue(context.database))
        asyncio.run(serve(worker, web, context.stop, context.database))


def run_website(analyst: Analyst) -> None:
    """Run the website alone until SIGTERM or SIGINT. Raises OSError when the port is taken."""
    from service.runtime.jobs import update_metrics  # noqa: PLC0415
    from service.runtime.serve import serve_website  # noqa: PLC0415
    from service.web.server import application, server  # noqa: PLC0415
    from service.web.website import open_website  # noqa: PLC0415

    site = open_website(analyst, Readiness)
    web = server(application(site, partial(_observe, analyst.database, site.reporter)), analyst.settings.web)
    update_metrics(site.reporter)
    asyncio.run(serve_website(web, analyst.database))


def _queue(database: Database) -> JobQueue:
    if database.is_sqlite:
        return LocalQueue()
    from service.runtime.shared_queue import SharedQueue  # noqa: PLC0415 - SQLite does without

    return SharedQueue(database.url)


def _observe(database: Database, reporter: Reporter) -> None:
    from service.monitoring.metrics import observe_failure  # noqa: PLC0415
    from service.runtime.jobs import update_metrics  # noqa: PLC0415

    rejected = {name for name, failure in runs.failures(database).items() if failure.is_rejection}
    observe_sources(sources.states(database), rejected)
    observe_failure(failed=load_failure(database) is not None)
    # Another process may have analysed since.
    update_metrics(reporter)


@contextmanager
def worker_lock(database: Database) -> Iterator[None]:
    """Hold the right to be the worker of an SQLite database. Raise DatabaseError where another process has it."""
    if not database.is_sqlite:
        yield
        return
    with ExitStack() as stack:
        try:
            stack.enter_context(database.exclusive("worker"))
        except Busy:
            raise DatabaseError(
                f"{database.safe_url}: another worker uses this database, and SQLite admits only one. End it, start "
                "this one with --only web, or use PostgreSQL."
            ) from None
        yield


def _readiness(configuration: Configuration, database: Database) -> Readiness:
    now = datetime.now(UTC)
    names = [source.name for source in configuration.sources]
    return readiness(database, names, pull_interval(configuration.settings, now), now)
