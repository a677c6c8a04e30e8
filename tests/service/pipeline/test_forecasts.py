"""Forecasts in the store: made every four weeks, kept as made, and scored when they are due."""

from datetime import timedelta

import pytest

from service.analysis.forecast import Forecast
from service.store.database import Database
from service.store.results import forecasts
from service.store.results.forecasts import StoredForecast
from tests.factory import ticket
from tests.service.pipeline.world import World, closed, opened

FIRST = opened(7 * 26)
"""A Monday, 26 weeks after the beginning."""


@pytest.fixture
def world(database: Database) -> World:
    """A world whose mail gateway fails twice a week, and whose printer failed long ago."""
    world = World(database, as_of=FIRST)
    world.write(
        *(
            closed(
                ticket(f"m{day}", title="Mail gateway rejects attachment", kind="incident", opened_at=opened(day)), 4
            )
            for day in range(0, 7 * 26, 3)
        )
    )
    world.write(
        *(
            closed(ticket(f"p{day}", title="Printer queue stuck on floor", kind="incident", opened_at=opened(day)), 4)
            for day in (0, 20, 40)
        )
    )
    world.analyse()
    return world


def made(world: World) -> list[StoredForecast]:
    with world.database.read() as connection:
        return forecasts.stored(connection)


def test_the_problems_of_late_get_a_forecast_by_the_ticket_that_names_them(world: World) -> None:
    [only] = made(world)

    assert (only.source_id, only.external_id, only.came, only.is_held) == (world.numbers["alpha"], "m0", None, None)
    assert only.forecast.expected == pytest.approx(13 * 7 / 3, abs=1)
    with world.database.read() as connection:
        assert forecasts.families(connection, [only])[world.numbers["alpha"], "m0"].title == (
            "Mail gateway rejects attachment"
        )


def test_forecasts_are_made_every_four_weeks_and_never_changed(world: World) -> None:
    before = made(world)
    world.as_of = FIRST + timedelta(weeks=3)
    world.analyse()
    world.analyse(rebuild=True)
    assert made(world) == before

    world.as_of = FIRST + timedelta(weeks=4)
    world.analyse()
    assert [row.week - before[0].week for row in made(world)] == [4, 0]
    assert made(world)[1:] == before


def test_a_forecast_is_compared_with_what_came_once_it_is_due(world: World) -> None:
    world.write(
        *(
            closed(
                ticket(f"m{day}", title="Mail gateway rejects attachment", kind="incident", opened_at=opened(day)), 4
            )
            for day in (7 * 26, 7 * 26 + 1, 7 * 39 - 1, 7 * 39)
        )
    )
    world.as_of = FIRST + timedelta(weeks=13, hours=-10)
    world.analyse()
    assert made(world)[-1].came is None

    world.as_of = FIRST + timedelta(weeks=13)
    world.analyse()
    oldest = made(world)[-1]
    assert (oldest.came, oldest.is_held) == (3, False)


def test_a_forecast_whose_ticket_is_gone_stays_open(world: World) -> None:
    [only] = made(world)
    with world.database.write() as connection:
        forecasts.add(connection, [StoredForecast(only.source_id, "gone", only.week - 20, 9, Forecast(3.0, 1, 5))])
    world.analyse()

    assert made(world)[-1].came is None
    with world.database.read() as connection:
        assert (only.source_id, "gone") not in forecasts.families(connection, made(world))


def test_dismissed_problems_and_requests_get_none(database: Database) -> None:
    world = World(database, as_of=FIRST)
    for kind, title in (("request", "New keyboard for the desk"), ("incident", "Mail gateway rejects attachment")):
        world.write(
            *(
                closed(ticket(f"{kind}{day}", title=title, kind=kind, opened_at=opened(day)), 4)
                for day in range(0, 7 * 26, 3)
            )
        )
    world.correct("dismiss", "incident0")
    world.analyse()

    assert made(world) == []


def test_a_forecast_of_a_problem_that_was_merged_is_withdrawn_until_that_is_undone(world: World) -> None:
    def is_withdrawn() -> bool:
        [oldest] = [row for row in made(world) if row.came is None][-1:]
        with world.database.read() as connection:
            family = forecasts.families(connection, [oldest])[oldest.source_id, oldest.external_id]
            return forecasts.is_withdrawn(connection, oldest.base, oldest.week, family.id)

    assert not is_withdrawn()
    world.write(
        *(
            closed(ticket(f"s{day}", title="Scanner returns empty pages", kind="incident", opened_at=opened(day)), 4)
            for day in range(0, 7 * 26, 6)
        )
    )
    world.correct("merge", "m0", "s0")
    world.as_of = FIRST + timedelta(weeks=13)
    world.analyse()
    assert is_withdrawn()

    world.delete_correction(world.corrections()[0])
    world.analyse()
    assert made(world)[-1].came == 0
