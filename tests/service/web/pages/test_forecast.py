"""Forecasts on their page and in the API: the problems, their shares, and how earlier forecasts did."""

from collections.abc import Callable
from datetime import date

import pytest
from fastapi import FastAPI

from service.analysis.forecast import Forecast
from service.store.results import forecasts
from service.store.results.forecasts import StoredForecast
from service.web.pages.forecast import HitRate, NamedForecast, hit_rate
from tests.service.pipeline.world import World
from tests.service.web.browser import Browser

Opened = Callable[..., FastAPI]


@pytest.fixture
def browser(app_of: Opened) -> Browser:
    return Browser(app_of())


def keep(world: World, *came: int | None) -> None:
    with world.database.write() as connection:
        rows = [
            StoredForecast(world.numbers["alpha"], "m0", 2900 - 4 * place, 0, Forecast(7.4, 4, 11), number)
            for place, number in enumerate(came)
        ]  # fmt: skip
        connection.exec_driver_sql("DELETE FROM forecast")
        forecasts.add(connection, rows)


def test_the_page_says_how_many_of_the_due_forecasts_held(browser: Browser, world: World) -> None:
    keep(world, None, 4, 11, 12)
    page = browser.get("/forecast").text.replace("\N{NO-BREAK SPACE}", " ")

    assert "2 of 3 forecasts that are due held: 66.7 %" in page
    assert page.count(">held<") == 2
    assert page.count(">missed<") == 1
    assert "4 to 11" in page


def test_before_a_forecast_is_due_the_page_says_so(browser: Browser, world: World) -> None:
    keep(world, None)
    assert "No forecast is due yet" in browser.get("/forecast").text


def test_the_api_has_all_forecasts_as_made(browser: Browser, world: World) -> None:
    keep(world, None, 12)
    answer = browser.get("/api/v1/forecasts").json()

    assert (answer["due"], answer["held"]) == (1, 0)
    newest, oldest = answer["forecasts"]
    assert (newest["expected"], newest["low"], newest["high"], newest["came"], newest["held"]) == (
        7.4,
        4,
        11,
        None,
        None,
    )
    assert (oldest["came"], oldest["held"]) == (12, False)
    assert newest["from"] > oldest["from"]


def test_without_a_due_forecast_there_is_no_rate() -> None:
    assert hit_rate([]) == HitRate(0, 0, None)
    day = date(2026, 1, 5)
    due = NamedForecast(StoredForecast(1, "a", 1, 9, Forecast(1.0, 0, 2), 2), None, False, day, day)
    assert hit_rate([due]).share is not None
