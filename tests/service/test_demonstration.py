from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from treadmill.connectors.model import Page
from treadmill.service import app
from treadmill.service.analysis.business import BusinessHours
from treadmill.service.demonstration import demonstrate
from treadmill.service.report.export import line
from treadmill.service.report.facts import facts

AS_OF = datetime(2026, 6, 1, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


def test_the_demo_finds_the_loops_that_were_planted(directory: Path) -> None:
    watched: list[Page] = []
    shown = demonstrate(directory, AS_OF, 1, lambda _source, page: watched.append(page))
    assert [run.outcome for run in shown.runs] == ["done", "done"]
    assert sum(len(page.tickets) for page in watched) == sum(run.counts.new for run in shown.runs)
    settings = shown.configuration.settings
    hours = BusinessHours(settings.business_hours.spans, settings.zone)
    database = app.open_store(settings)
    lines = [line(known) for known in facts(database, hours, AS_OF, lambda _stored: True)]
    truth = orjson.loads((directory / "truth.json").read_bytes())
    for field, planted in (("reopens", "reopened"), ("pingpong_strict", "pingpong_strict"), ("stall_loops", "stalled")):
        assert {one["id"] for one in lines if one[field]} == {id_ for ids in truth[planted].values() for id_ in ids}, (
            field
        )
    assert len(lines) == sum(count for kinds in truth["counts"].values() for count in kinds.values())
