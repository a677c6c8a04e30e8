"""Analyses of a part of the tickets, while the first pull goes on: shown, and never published."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from service.pipeline.analysis import AnalysisSummary
from service.store.results import forecasts
from service.store.results.tables.sums import CellRow
from service.store.tickets.tables import table_of
from tests.marks import postgres_is_slow
from tests.service.pipeline.comparison import differences, rebuild_apart, stored_results
from tests.service.pipeline.test_families import incident
from tests.service.pipeline.world import TITLES, World

pytestmark = postgres_is_slow


def analyse_part(world: World) -> AnalysisSummary:
    return world.analyst.analyse(world.as_of, partial=True)


def published(world: World) -> list[Any]:
    cell = table_of(CellRow)
    with world.database.read() as connection:
        return list(connection.execute(select(cell.c.restated).where(cell.c.published.is_not(None))).scalars())


def test_a_part_is_analysed_and_the_whole_published_as_if_it_were_the_first(world: World) -> None:
    for half in (range(0, 70, 4), range(2, 70, 4)):
        world.write(*(incident(str(day), TITLES[0], day) for day in half))
        assert analyse_part(world).tickets
        assert world.analyst.is_partial
        assert world.facts().keys() >= {str(day) for day in half}
        assert published(world) == []
        with world.database.read() as connection:
            assert forecasts.stored(connection) == []
        world.as_of += timedelta(minutes=5)
    summary = world.analyse()
    assert (summary.rebuilt, summary.reason, world.analyst.is_partial) == (True, "first analysis", False)
    assert set(published(world)) == {None}, "nothing is restated"
    with rebuild_apart(world.analyst, world.as_of) as results:
        assert differences(stored_results(world.database), stored_results(results)) == []


def test_a_store_that_was_analysed_as_a_whole_goes_on_publishing(world: World) -> None:
    world.write(incident("a", TITLES[0], 1))
    world.analyse()
    world.write(incident("b", TITLES[0], 2))
    world.as_of += timedelta(days=1)
    assert not analyse_part(world).rebuilt
    assert not world.analyst.is_partial
    assert [restated for restated in published(world) if restated]
