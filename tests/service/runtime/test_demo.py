from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from connectors.model import Page
from service.pipeline.analyst import Analyst
from service.report import export_rows
from service.runtime import app
from service.runtime.demo import demonstrate
from service.store.queries.scopes import Scope

AS_OF = datetime(2026, 6, 1, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


def test_the_demo_finds_the_loops_that_were_planted(directory: Path) -> None:
    watched: list[Page] = []
    shown = demonstrate(directory, AS_OF, 1, lambda _source, page: watched.append(page))
    assert [run.outcome for run in shown.runs] == ["done", "done"]
    assert sum(len(page.tickets) for page in watched) == sum(run.counts.new for run in shown.runs)
    analyst = Analyst(app.open_store(shown.configuration.settings), shown.configuration.settings)
    analyst.analyse(AS_OF)
    with analyst.snapshot(Scope(), AS_OF) as snapshot:
        tickets = list(export_rows.tickets(snapshot))
    truth = orjson.loads((directory / "truth.json").read_bytes())
    for field, planted in (("reopens", "reopened"), ("pingpong_strict", "pingpong_strict"), ("stall_loops", "stalled")):
        assert {ticket["id"] for ticket in tickets if ticket[field]} == {
            id_ for ids in truth[planted].values() for id_ in ids
        }, field
    assert len(tickets) == sum(count for kinds in truth["counts"].values() for count in kinds.values())
