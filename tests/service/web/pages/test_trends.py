"""Directions on the page of trends: those of the report, so that few are false."""

from collections.abc import Callable

import numpy as np
import pytest
from fastapi import FastAPI

from service.analysis.catalogue import CATALOGUE
from service.store.database import Database
from tests.factory import ticket
from tests.marks import postgres_is_slow
from tests.service.pipeline.world import World, closed, opened
from tests.service.web.browser import Browser

Opened = Callable[..., FastAPI]
WEEKS, A_WEEK = 20, 5
SEED, BY_CHANCE = 16, "time_to_resolve_p90"
"""A desk on which chance alone moves one of eighteen metrics at p = 0.013."""


pytestmark = postgres_is_slow


def write_constant_desk(world: World, seed: int) -> None:
    """Write the tickets of a desk on which nothing changes: each a problem of its own, at a constant rate."""
    dice = np.random.default_rng(seed)
    tickets = []
    for number, day in enumerate(np.sort(dice.uniform(0, 7 * WEEKS, dice.poisson(A_WEEK * WEEKS)))):
        title = f"{chr(97 + number % 26) * 9} {chr(97 + number // 26) * 7}"
        single = ticket(f"o{number}", title=title, team="Desk", resolver="ann", opened_at=opened(float(day)))
        tickets.append(closed(single, float(dice.exponential(20))))
    world.write(*tickets)
    world.analyse()


@pytest.fixture
def world(database: Database) -> World:
    return World(database, as_of=opened(7 * WEEKS + 1))


def test_a_metric_that_moves_by_chance_has_no_arrow_on_the_page_of_trends(app_of: Opened, world: World) -> None:
    write_constant_desk(world, SEED)
    browser = Browser(app_of())
    trend = browser.get(f"/api/v1/metrics/{BY_CHANCE}").json()["trend"]
    assert (round(trend["p"], 3), trend["direction"]) == (0.013, "flat")
    shown = browser.get(f"/trends?metric={BY_CHANCE}").text
    assert 'Everything: <a class="term" href="/definitions#trend">flat</a>' in shown
    assert "A direction, or a change of level, is shown only where it holds among those of all metrics" in shown


def test_trends_and_changes_of_level_of_the_page_are_those_of_the_report(app_of: Opened, world: World) -> None:
    write_constant_desk(world, SEED)
    # Quick requests come beside it for the last eight weeks: what is clear stands on both.
    growth = [
        ticket(f"b{number}", title=f"growth {number}", kind="request", opened_at=opened(7 * (12 + number / 8)))
        for number in range(64)
    ]
    world.write(*(closed(single, 1) for single in growth))
    world.analyse()
    browser = Browser(app_of())
    report = browser.get("/api/v1/report").json()["metrics"]
    series = {metric.id: browser.get(f"/api/v1/metrics/{metric.id}").json() for metric in CATALOGUE}
    assert {id_: line["trend"] for id_, line in series.items()} == {id_: report[id_]["trend"] for id_ in series}
    changes = {id_: [change["week"]] if (change := report[id_]["change_point"]) else [] for id_ in series}
    assert {id_: line["changes"] for id_, line in series.items()} == changes
    assert report[BY_CHANCE]["trend"]["direction"] == "falling"
    assert changes["opened"] != []
