"""Reports that are kept: of the newest analysis, however soon it came after the one before."""

from pathlib import Path

from tests.service.report.company import company
from treadmill.service.reporter import Reporter
from treadmill.service.store import schema
from treadmill.service.store.database import Database
from treadmill.service.store.scopes import Scope


def test_the_report_is_of_the_newest_of_two_analyses_of_one_moment(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/treadmill.db")
    schema.upgrade(database)
    world = company(database)
    world.analyse()
    reporter = Reporter(world.analyst)
    first = reporter.part(Scope(), "cycles")
    assert first is not None
    assert len(first["cycles"]) == 1
    world.say("dismiss", "m0")
    world.analyse()
    second = reporter.part(Scope(), "cycles")
    assert second is not None
    assert (second["as_of"], second["cycles"]) == (first["as_of"], [])
    database.dispose()
