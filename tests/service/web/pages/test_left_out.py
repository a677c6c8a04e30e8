"""Values that were left out stand on the page of sources, on that of their run, and in the API."""

from connectors.model import LeftOut
from service.store.tickets import runs, sources
from tests.factory import START
from tests.service.pipeline.world import World
from tests.service.web.browser import Browser
from tests.service.web.conftest import Opened

LATE = LeftOut(field="resolved_at", cause="is not between 1990 and 2031", tickets=3, example='INC1 "9999-12-31"')
REPEATED = LeftOut(field="id", cause="repeats that of a newer line", tickets=12, example="a.csv:7", unit="line")


def test_values_that_were_left_out_are_shown_with_an_example(app_of: Opened, world: World) -> None:
    browser = Browser(app_of())
    assert "What was left out" not in browser.get("/sources").text
    source_id = world.numbers["alpha"]
    run = runs.begin(world.database, source_id, "sync", START)
    with world.database.write() as connection:
        runs.save_left_out(connection, run, [LATE, REPEATED])
        sources.save_left_out(connection, source_id, [LATE, REPEATED])
    for path in ("/sources", f"/sources/runs/{run}"):
        text = browser.get(path).text
        assert all(word in text for word in ("resolved_at", LATE.cause, "INC1 &#34;9999-12-31&#34;", "12 lines")), path
    states = browser.get("/api/v1/sources").json()["sources"]
    assert [state["left_out"] for state in states if state["name"] == "alpha"] == [
        [REPEATED.model_dump(), LATE.model_dump()]
    ]
    assert browser.get(f"/api/v1/sources/runs/{run}").json()["left_out"] == [LATE.model_dump(), REPEATED.model_dump()]
