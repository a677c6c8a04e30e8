"""All tickets at once: pages and histories in numbers that an eighth of them does not reach."""

import pytest

from tests.replay.bench import Bench, Treadmill, needs_bench
from tests.replay.oracle import assert_agrees, stored_lines
from tests.replay.test_sync import ST_JOHNS, SURVIVABLE, completeness

pytestmark = [pytest.mark.bench, pytest.mark.slow, needs_bench]


# All faults on SQLite are seen with an eighth of the tickets.
@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("whole_bench", [ST_JOHNS], indirect=True)
def test_all_tickets_arrive_despite_all_faults(whole_bench: Bench, database_url: str) -> None:
    treadmill = Treadmill(whole_bench, database_url)
    whole_bench.faults(*SURVIVABLE)
    treadmill.sync("--no-analysis")
    assert_agrees(stored_lines(database_url), whole_bench)
    assert [complete for complete, _ in completeness(database_url)] == [True, True, True]
    whole_bench.faults()
    treadmill.sync("--no-analysis")
    second = treadmill.sync("--no-analysis")
    assert {(run["new"], run["changed"]) for run in second.values()} == {(0, 0)}
