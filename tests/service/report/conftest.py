"""The report of a small company, and a world in which one problem comes back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import Settings
from connectors.model import Link, Ticket
from service.report.document import report
from service.report.sections.report import Report
from service.store import schema
from service.store.database import Database
from service.store.queries.scopes import Scope
from tests.factory import ticket
from tests.service.pipeline.test_families import incident
from tests.service.pipeline.world import TITLES, World, closed, opened
from tests.service.report.company import company

FIX = Link(relation="related", target="w3")


def problem(number: int) -> Ticket:
    """The same again, a week after the last time."""
    fields = {"team": "Messaging", "service": "Mail", "resolver": "ann"}
    return incident(f"w{number}", TITLES[0], 7 * number).model_copy(update=fields)


def other(number: int) -> Ticket:
    """A problem of its own: the place tells it from all others."""
    sample = ticket(f"o{number}", title=TITLES[5], service=f"Desk {number}", opened_at=opened(1.2 * number))
    return closed(sample.model_copy(update={"team": "Workplace", "resolver": "bob"}), 3)


@pytest.fixture
def world(database: Database) -> World:
    """One problem that comes back week after week, others beside it, and a change that was to end it."""
    world = World(database, Settings(hourly_rate=80, currency="EUR"), as_of=opened(142))
    change = ticket("c", title="Replace the mail gateway", kind="change", opened_at=opened(25), links=(FIX,))
    world.write(*map(problem, range(21)), *map(other, range(110)), closed(change, 6))
    world.remove("o7")
    world.analyse()
    return world


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    """A migrated, empty SQLite database."""
    opened = Database(f"sqlite:///{tmp_path}/treadmill.db")
    schema.upgrade(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def document(store: Database) -> Report:
    """The report on everything of the company."""
    world = company(store)
    world.analyse()
    with world.analyst.snapshot(Scope(), world.as_of) as snapshot:
        return report(snapshot)
