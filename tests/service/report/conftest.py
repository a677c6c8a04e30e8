"""The report of a small company, and a world in which one problem comes back."""

import pytest

from config.settings import Settings
from connectors.model import Link, Ticket
from service.report.document import report
from service.report.sections.report import Report
from service.store.database import Database
from service.store.queries.scopes import Scope
from tests.factory import ticket
from tests.service.pipeline.test_families import incident
from tests.service.pipeline.world import TITLES, World, closed, opened

FIX = Link(relation="fixes", target="w3")


def problem(number: int) -> Ticket:
    """The same again, a week after the last time."""
    fields = {"team": "Messaging", "service": "Mail", "resolver": "ann"}
    return incident(f"w{number}", TITLES[0], 7 * number).model_copy(update=fields)


def unrelated(number: int) -> Ticket:
    """A problem of its own: the place tells it from all others."""
    sample = ticket(f"o{number}", title=TITLES[5], service=f"Desk {number}", opened_at=opened(1.2 * number))
    return closed(sample.model_copy(update={"team": "Workplace", "resolver": "bob"}), 3)


@pytest.fixture(scope="module")
def world(module_database: Database) -> World:
    """One problem that comes back week after week, others beside it, and a change that was to end it. Only read it."""
    world = World(module_database, Settings(hourly_rate=80, currency="EUR"), as_of=opened(142))
    change = ticket("c", title="Replace the mail gateway", kind="change", opened_at=opened(25), links=(FIX,))
    world.write(*map(problem, range(21)), *map(unrelated, range(110)), closed(change, 6))
    world.remove("o7")
    world.analyse()
    return world


@pytest.fixture(scope="session")
def document(analysed_company: World, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The report on everything of the company."""
    world = analysed_company.copy_to(tmp_path_factory.mktemp("document"))
    with world.analyst.snapshot(Scope(), world.as_of) as snapshot:
        document = report(snapshot)
    world.database.dispose()
    return document
