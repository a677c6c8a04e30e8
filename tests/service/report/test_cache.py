"""Reports in the cache: those of the newest analysis, in the types of this code."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from config.settings import Settings
from service.analysis.weeks import Weeks
from service.pipeline.analyst import Analyst
from service.report import cache
from service.report.cache import Reporter, ReportsPending
from service.report.sections.cycles import CyclesSection
from service.report.sections.groups import GroupsSection, LoopsSection
from service.report.sections.report import Overview, Report
from service.report.serialization import SECTIONS, document_of, from_json, schema_fingerprint, to_json
from service.store.queries.scopes import Scope
from service.store.results import state
from service.store.results.report_cache import REPORT_PART
from tests.service.pipeline.world import World

KINDS = (Report, Overview, CyclesSection, GroupsSection, LoopsSection)


@pytest.fixture
def world(analysed_company: World, tmp_path: Path) -> Iterator[World]:
    """The company, analysed."""
    world = analysed_company.copy_to(tmp_path)
    yield world
    world.database.dispose()


def cycles(reporter: Reporter, period: Weeks | None = None, patience: float | None = None) -> CyclesSection:
    section = reporter.section(CyclesSection, Scope(), period or Weeks(), patience)
    assert section is not None
    return section


def test_the_report_is_of_the_newest_of_two_analyses_of_one_moment(world: World) -> None:
    reporter = Reporter(world.analyst)
    first = cycles(reporter)
    assert len(first.cycles) == 1
    world.correct("dismiss", "m0")
    world.analyse()
    second = cycles(reporter)
    assert (second.as_of, second.cycles) == (first.as_of, ())


def test_a_reader_with_little_patience_gets_an_earlier_report(world: World) -> None:
    reporter = Reporter(world.analyst)
    first = cycles(reporter)
    world.correct("dismiss", "m0")
    world.analyse()
    with reporter._computing:
        assert cycles(reporter, patience=0.01) == first
        with pytest.raises(ReportsPending):
            cycles(reporter, Weeks(26), patience=0.01)
    assert cycles(reporter, patience=0.01) != first


def test_the_whole_report_which_names_every_ticket_stays_out_of_memory(world: World) -> None:
    reporter = Reporter(world.analyst)
    for period in (Weeks(), Weeks(26)):
        assert reporter.section(Overview, Scope(), period)
    assert reporter.section(Report, Scope())
    assert {name for _, _, name in reporter._memory} == {"overview", "cycles", "groups", "loops"}


@pytest.mark.parametrize("kind", KINDS)
def test_another_process_reads_the_section_that_was_computed(
    world: World, kind: type[Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = Reporter(world.analyst).section(kind, Scope())
    monkeypatch.setattr(cache, "build_sections", pytest.fail)
    assert Reporter(Analyst(world.database, world.settings)).section(kind, Scope()) == computed
    assert computed is not None
    assert from_json(kind, to_json(computed)) == computed


def test_the_json_of_the_report_is_the_same_bytes_computed_and_cached(world: World) -> None:
    first, second = (Reporter(world.analyst).report_json(Scope()) for _ in range(2))
    assert first is not None
    assert first == second
    report = Reporter(world.analyst).section(Report, Scope())
    assert report is not None
    assert document_of(from_json(Report, first)) == document_of(report)


def test_another_hourly_rate_is_another_report(world: World) -> None:
    for rate in (80, 90):
        reporter = Reporter(Analyst(world.database, Settings(hourly_rate=rate, currency="EUR")))
        overview = reporter.section(Overview, Scope())
        assert overview is not None
        assert overview.money is not None
        assert overview.money.hourly_rate == rate


def test_another_cost_of_support_is_another_report(world: World) -> None:
    for cost in (90_000, 95_000):
        reporter = Reporter(Analyst(world.database, Settings(support_cost=cost, currency="EUR")))
        overview = reporter.section(Overview, Scope())
        assert overview is not None
        assert overview.money is not None
        assert (overview.money.support_cost, overview.money.hourly_rate) == (cost, None)


def test_json_of_other_types_is_never_read_even_while_everything_is_rebuilt(world: World) -> None:
    assert Reporter(world.analyst).section(Report, Scope())
    with world.database.write() as connection:
        connection.execute(update(REPORT_PART).values(document=b'{"form": "of an older release"}', stamp="3/0.9/1/"))
        state.save(connection, world.database, state.AnalysisState())
    assert world.analyst.stored_snapshot(Scope()) is None
    for kind in KINDS:
        assert Reporter(world.analyst).section(kind, Scope()) is None
    assert Reporter(world.analyst).report_json(Scope()) is None
    world.analyse()
    assert all(Reporter(world.analyst).section(kind, Scope()) for kind in KINDS)


def test_while_everything_is_rebuilt_the_report_before_is_read(world: World) -> None:
    before = Reporter(world.analyst).section(Overview, Scope())
    with world.database.write() as connection:
        state.save(connection, world.database, state.AnalysisState())
    assert Reporter(world.analyst).section(Overview, Scope()) == before is not None
    assert Reporter(world.analyst).section(Overview, Scope(), Weeks(26)) is None


def test_the_fingerprint_is_of_the_schemas(monkeypatch: pytest.MonkeyPatch) -> None:
    first = schema_fingerprint()
    schema_fingerprint.cache_clear()
    assert schema_fingerprint() == first
    monkeypatch.setattr("service.report.serialization.SECTIONS", dict(list(SECTIONS.items())[:-1]))
    schema_fingerprint.cache_clear()
    assert schema_fingerprint() != first
    monkeypatch.undo()
    schema_fingerprint.cache_clear()
