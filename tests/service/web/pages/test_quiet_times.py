"""Quiet times of a problem, on the page of its cycle."""

import re
from collections.abc import Callable

from fastapi import FastAPI

from tests.service.pipeline.world import World
from tests.service.web.browser import Browser

Opened = Callable[..., FastAPI]


def test_the_page_of_a_cycle_shows_how_long_it_stays_away_over_all_time_before_a_fix_and_since(
    app_of: Opened, world: World
) -> None:
    text = Browser(app_of()).get(f"/cycles/{world.family('m1').name}").text
    table = text[text.index("<h3>How long it stays away</h3>") : text.index("A quiet time runs")]
    rows = re.findall(r'<th scope="row">([^<]+)</th><td data-label="n" class="num">(\d+)</td>', table)
    assert rows == [("All", "20"), ("Before INCfix", "10"), ("Since INCfix", "11")]
    assert "7.0\N{NO-BREAK SPACE}days" in table
