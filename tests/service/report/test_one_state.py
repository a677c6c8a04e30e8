"""A report is read from one state of the store, whatever is written while it is."""

from collections.abc import Callable
from typing import Any

import pytest

from service.pipeline.analyst import Analyst
from service.report import evidence, page_sections
from service.report.cache import Reporter
from service.report.page_sections import build_sections
from service.report.sections.cycles import CyclesSection
from service.report.sections.report import Report
from service.store.database import Database
from service.store.queries.scopes import Scope
from service.store.results import state
from service.store.results.tables import FactRow, FamilyRow
from service.store.tickets import sources
from service.store.tickets.tables import SourceRow, TransitionRow, table_of
from tests.service.pipeline.world import World
from tests.service.report.company import company


@pytest.fixture
def world(database: Database) -> World:
    """The company, analysed, in a database of each kind."""
    world = company(database)
    world.analyse()
    return world


def write_after(monkeypatch: pytest.MonkeyPatch, place: tuple[Any, str], write: Callable[[], None]) -> None:
    """Let another connection write after the first call of a function."""
    module, name = place
    function = getattr(module, name)
    pending = [write]

    def call(*arguments: Any, **options: Any) -> Any:
        result = function(*arguments, **options)
        while pending:
            pending.pop()()
        return result

    monkeypatch.setattr(module, name, call)


@pytest.mark.parametrize("place", [(sources, "states"), (evidence, "read_weekly"), (page_sections, "collect")])
def test_all_sections_are_of_the_state_at_their_beginning(
    world: World, monkeypatch: pytest.MonkeyPatch, place: tuple[Any, str]
) -> None:
    snapshot = world.analyst.stored_snapshot(Scope())
    assert snapshot is not None
    before = build_sections(snapshot)

    def change_all() -> None:
        with world.database.write() as connection:
            connection.execute(table_of(FactRow).update().values(team="Another", service="Another"))
            connection.execute(table_of(FamilyRow).update().values(title="Another"))
            connection.execute(table_of(TransitionRow).update().values(new="Another"))
            connection.execute(table_of(SourceRow).update().values(tickets=10_000))

    write_after(monkeypatch, place, change_all)
    assert build_sections(snapshot) == before
    assert build_sections(snapshot) != before


def test_a_report_bears_the_moment_of_the_analysis_that_it_reads(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    reporter = Reporter(world.analyst)
    analyses: list[int] = []

    def analyse_again() -> None:
        world.correct("dismiss", "m0")
        world.analyse()
        with world.database.read() as connection:
            analyses.append(state.load(connection).number)

    write_after(monkeypatch, (Analyst, "stored_snapshot"), analyse_again)
    section = reporter.section(CyclesSection, Scope())
    assert section is not None
    assert (len(analyses), section.cycles) == (1, ())
    # Under the number of the second analysis: otherwise it would be computed again.
    monkeypatch.setattr("service.report.cache.build_sections", pytest.fail)
    assert Reporter(world.analyst).section(CyclesSection, Scope()) == section
    assert Reporter(world.analyst).section(Report, Scope()) is not None
