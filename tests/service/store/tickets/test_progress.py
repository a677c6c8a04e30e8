from datetime import timedelta

import pytest

from service.store.database import Database
from service.store.tickets import runs, sources
from service.store.tickets.progress import PullProgress, first_pulls
from service.store.tickets.runs import RunCounts
from tests.factory import START


@pytest.mark.parametrize(
    ("progress", "total", "per_second", "left"),
    [
        (PullProgress("jira", 600, 7200, 60), 7200, 10, 660),
        (PullProgress("jira", 600, None, 60), None, 10, None),
        (PullProgress("jira", 600, 7200, 60, before=1000), 8200, 10, 660),
        (PullProgress("jira", 0, 7200, 60), 7200, 0, None),
        (PullProgress("jira", 0, None, 0), None, 0, None),
        (PullProgress("jira", 7300, 7200, 60), None, pytest.approx(121.67, abs=0.01), None),
        (PullProgress("jira", 7200, 7200, 60), 7200, 120, 0),
    ],
    ids=["usual", "no count", "resumed", "begun", "this instant", "more than counted", "all read"],
)
def test_progress_tells_what_is_left_at_the_present_rate(
    progress: PullProgress, total: int | None, per_second: float, left: float | None
) -> None:
    assert (progress.total, progress.per_second, progress.seconds_left) == (total, per_second, left)


def test_first_pulls_are_those_under_way_of_sources_that_were_never_pulled_to_their_end(database: Database) -> None:
    now = START + timedelta(minutes=1)
    state = sources.register(database, "jira", "jira", START)
    assert first_pulls(database, now) == []
    number = runs.begin(database, state.id, "sync", START)
    assert first_pulls(database, now) == [PullProgress("jira", 0, None, 60)]
    with database.write() as connection:
        counts = RunCounts(read=5, new=5, refused=1)
        runs.save_progress(connection, number, state.id, counts, new=5, restored=0, expected=30)
    assert first_pulls(database, now) == [PullProgress("jira", 6, 30, 60)]
    runs.end(database, number, RunCounts(read=5, new=5, refused=1), outcome="stopped", reason=None, at=now)
    assert first_pulls(database, now) == []
    runs.begin(database, state.id, "sync", START)
    assert first_pulls(database, now) == [PullProgress("jira", 0, None, 60, before=5)]
    assert first_pulls(database, now + timedelta(hours=2)) == [], "killed, and nobody has begun another run"
    with database.write() as connection:
        sources.save_checkpoint(connection, database, state.id, {}, now + timedelta(hours=2))
    assert len(first_pulls(database, now + timedelta(hours=2))) == 1
    sources.mark_success(database, state.id, now)
    assert first_pulls(database, now) == []
