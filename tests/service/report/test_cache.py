"""Reports that are kept: of the newest analysis, however soon it came after the one before."""

from pathlib import Path

import pytest

from config.settings import Settings
from service.analysis.weeks import Weeks
from service.pipeline.analyst import Analyst
from service.report.cache import BeingMade, Reporter
from service.store import schema
from service.store.database import Database
from service.store.queries.scopes import Scope
from tests.service.report.company import company


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


def test_who_has_little_patience_gets_an_earlier_report_while_others_are_made(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/treadmill.db")
    schema.upgrade(database)
    world = company(database)
    world.analyse()
    reporter = Reporter(world.analyst)
    first = reporter.part(Scope(), "cycles")
    world.say("dismiss", "m0")
    world.analyse()
    with reporter._making:
        assert reporter.part(Scope(), "cycles", patience=0.01) == first
        with pytest.raises(BeingMade):
            reporter.part(Scope(), "cycles", Weeks(26), patience=0.01)
    assert reporter.part(Scope(), "cycles", patience=0.01) != first
    database.dispose()


def test_the_whole_report_which_names_every_ticket_stays_out_of_memory(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/treadmill.db")
    schema.upgrade(database)
    company(database).analyse()
    reporter = Reporter(Analyst(database, Settings()))
    for period in (Weeks(), Weeks(26)):
        assert reporter.part(Scope(), "overview", period)
    assert reporter.part(Scope(), "report")
    assert {name for _, _, name in reporter._memory} == {"overview", "cycles", "groups", "loops"}
    database.dispose()
