"""The analysis of real tickets: loops as the oracle counted them, and slices in any order give the same whole."""

import random
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update

from config.settings import Settings
from service.pipeline import analysis
from service.pipeline.analyst import Analyst
from service.store.database import Database
from service.store.tickets import queue
from service.store.tickets.tables import SourceRow, TicketRow, table_of
from tests.replay.bench import Bench, Treadmill, needs_bench
from tests.replay.oracle import assert_agrees
from tests.service.pipeline.comparison import differences, document, stored_results

pytestmark = [pytest.mark.bench, pytest.mark.xdist_group("analysis of the whole"), needs_bench]
TICKET = table_of(TicketRow)
SOURCE = table_of(SourceRow)
SOURCES = ("cloud", "servicenow")
SLICES = 4


def end_of(database: Database, source: str) -> datetime:
    """The first midnight by which all has happened that a source tells of."""
    source_id = select(SOURCE.c.id).where(SOURCE.c.name == source).scalar_subquery()
    with database.read() as connection:
        newest = select(func.max(TICKET.c.updated_at), func.max(TICKET.c.opened_at)).where(
            TICKET.c.source_id == source_id
        )
        last: datetime = max(connection.execute(newest).one())
    return (last + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.fixture
def alone(request: pytest.FixtureRequest, whole: Treadmill, tmp_path: Path) -> Iterator[Database]:
    """A copy of what was pulled with the tickets of one source alone."""
    for file in Path(whole.database_url.removeprefix("sqlite:///")).parent.glob("treadmill.db*"):
        shutil.copy(file, tmp_path / file.name)
    database = Database(f"sqlite:///{tmp_path}/treadmill.db")
    source_id = select(SOURCE.c.id).where(SOURCE.c.name == request.param).scalar_subquery()
    with database.write() as connection:
        connection.execute(delete(TICKET).where(TICKET.c.source_id != source_id))
        queue.clear(connection)
    yield database
    database.dispose()


@pytest.mark.slow
@pytest.mark.parametrize("alone", SOURCES, indirect=True)
def test_reopened_reassigned_and_pingpong_are_those_of_the_oracle(
    alone: Database, whole_bench: Bench, request: pytest.FixtureRequest
) -> None:
    source = request.node.callspec.params["alone"]
    treadmill = Treadmill(whole_bench, alone.url.render_as_string())
    lines = treadmill.export("--scope", f"source:{source}", "--as-of", end_of(alone, source).isoformat())
    assert_agrees(lines, whole_bench, [source])


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("alone", SOURCES, indirect=True)
def test_slices_in_random_order_equal_a_rebuild(
    alone: Database, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysis, "REBUILD_SHARE", 2)
    as_of = end_of(alone, request.node.callspec.params["alone"])
    analyst = Analyst(alone, Settings())
    with alone.write() as connection:
        numbers = list(connection.execute(select(TICKET.c.id)).scalars())
        connection.execute(update(TICKET).values(deleted_at=as_of))
    assert analyst.analyse(as_of).rebuilt
    random.Random(7).shuffle(numbers)
    for start in range(SLICES):
        arrive(alone, numbers[start::SLICES])
        assert not analyst.analyse(as_of).rebuilt
    updated, expected = stored_results(alone), document(analyst, alone, as_of)
    assert analyst.analyse(as_of, rebuild=True).rebuilt
    assert differences(updated, stored_results(alone)) == []
    assert document(analyst, alone, as_of) == expected
    assert len(updated["family"]) > 1000
    assert len(updated["episode"]) > 100


def arrive(database: Database, numbers: list[int]) -> None:
    """Make these tickets appear as if they had just been pulled."""
    with database.write() as connection:
        connection.execute(update(TICKET).where(TICKET.c.id.in_(numbers)).values(deleted_at=None))
        queue.add(connection, database, numbers)
