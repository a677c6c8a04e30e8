from pathlib import Path

import orjson

from service.pipeline.analyst import Analyst
from service.report import export_rows
from service.runtime import app
from service.store.queries.scopes import Scope
from tests.service.demo.built import AS_OF, RUNS, demo_settings


def test_the_demo_finds_the_loops_that_were_planted(demo_folder: Path) -> None:
    pulled = orjson.loads((demo_folder / RUNS).read_bytes())
    assert [run["outcome"] for run in pulled["runs"]] == ["done", "done"]
    assert pulled["tickets"] == sum(run["new"] for run in pulled["runs"])
    settings = demo_settings(demo_folder)
    database = app.open_store(settings)
    with Analyst(database, settings).snapshot(Scope(), AS_OF) as snapshot:
        tickets = list(export_rows.tickets(snapshot))
    database.dispose()
    truth = orjson.loads((demo_folder / "truth.json").read_bytes())
    for field, planted in (("reopens", "reopened"), ("pingpong_strict", "pingpong_strict"), ("stall_loops", "stalled")):
        assert {ticket["id"] for ticket in tickets if ticket[field]} == {
            id_ for ids in truth[planted].values() for id_ in ids
        }, field
    assert len(tickets) == sum(count for kinds in truth["counts"].values() for count in kinds.values())
