"""The keyset walk over issues that change meanwhile, against a system that keeps no cursor."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import BrokenAnswer
from connectors.jira.datacenter import NEVER
from connectors.jira.paging import MAX_EMPTY_ROUNDS, KeysetWalk
from connectors.jira.query import Bound, MakeBound, millisecond_bound, minute_bound
from connectors.jira.site import Json

START = datetime(2024, 3, 31, tzinfo=UTC)
SETTLED = START + timedelta(hours=12)


class ChangingIssues:
    """Issues by id with their update times; a touched one moves to the end, at once or when the index follows."""

    def __init__(self, minutes: list[int]) -> None:
        self.updated = {number: START + timedelta(minutes=minute) for number, minute in enumerate(minutes)}
        self._index = dict(self.updated)
        self._clock = START + timedelta(days=1)

    def answer(self, bound: Bound, offset: int, size: int, before: datetime = NEVER) -> tuple[list[Json], int]:
        """Return issues sorted and filtered by the index but with current times; then the index follows."""
        rows = sorted((at, number) for number, at in self._index.items() if bound.floor <= at < before)
        current = [(str(number), self.updated[number].isoformat()) for _, number in rows[offset : offset + size]]
        self._index = dict(self.updated)
        return [{"id": uid, "fields": {"updated": at}} for uid, at in current], len(rows)

    def touch(self, number: int, *, lagging: bool = False) -> None:
        self._clock += timedelta(seconds=1)
        self.updated[number] = self._clock
        if not lagging:
            self._index[number] = self._clock


def paris_bound(at: datetime) -> Bound:
    return minute_bound(at, ZoneInfo("Europe/Paris"))


@pytest.mark.parametrize("make_bound", [millisecond_bound, paris_bound])
@given(
    minutes=st.lists(st.integers(0, 6), max_size=60),
    size=st.integers(2, 9),
    touched=st.lists(st.integers(0, 59), max_size=120),
    lagging=st.booleans(),
)
def test_walk_loses_no_issue_under_ties_and_changes(
    make_bound: MakeBound, minutes: list[int], size: int, touched: list[int], lagging: bool
) -> None:
    issues, read, requests = ChangingIssues(minutes), set[int](), 0
    for start, before in ((START, SETTLED), (SETTLED, NEVER)):
        walk = KeysetWalk(start, before, make_bound)
        while not walk.done:
            page, total = issues.answer(walk.bound, walk.offset, size, before)
            read.update(int(issue["id"]) for issue in walk.take(page, total))
            requests += 1
            for number in touched[requests * 3 : requests * 3 + 3]:
                if number in issues.updated:
                    issues.touch(number, lagging=lagging)
    lost = set(issues.updated) - read
    assert not lost or (lagging and lost <= set(touched)), "only lagging issues may be left to the next pull"
    assert requests < 20 + 4 * (len(minutes) + len(touched))


def test_unchanged_issues_are_read_once() -> None:
    unchanged, read = ChangingIssues([1] * 50 + [2, 3]), list[str]()
    walk = KeysetWalk(START, SETTLED, millisecond_bound)
    while not walk.done:
        read += [issue["id"] for issue in walk.take(*unchanged.answer(walk.bound, walk.offset, 10))]
    assert len(read) == len(set(read)) == 52


def test_walk_steps_back_after_issues_have_left() -> None:
    tied, walk, read = ChangingIssues([1] * 30), KeysetWalk(START, SETTLED, millisecond_bound), set[str]()
    for numbers in ([], [0, 1, 2, 3, 4], []):
        read.update(issue["id"] for issue in walk.take(*tied.answer(walk.bound, walk.offset, 10)))
        for number in numbers:
            tied.touch(number)
    assert "10" not in read, "the second answer is of the first instant, too"
    while not walk.done:
        read.update(issue["id"] for issue in walk.take(*tied.answer(walk.bound, walk.offset, 10)))
    assert len(read) == 30


def test_lagging_issue_in_its_old_position_does_not_advance_the_walk() -> None:
    issues, walk, read = ChangingIssues([*range(40)]), KeysetWalk(START, SETTLED, millisecond_bound), set[str]()
    issues.touch(9, lagging=True)
    while not walk.done:
        read.update(issue["id"] for issue in walk.take(*issues.answer(walk.bound, walk.offset, 10)))
    assert len(read) == 40


def test_unreadable_time_does_not_advance_the_walk() -> None:
    walk = KeysetWalk(START, SETTLED, millisecond_bound)
    broken = {"id": "1", "fields": {"updated": "someday"}}
    assert walk.take([broken, {"id": "2", "fields": None}], 3) == [broken, {"id": "2", "fields": None}]
    assert walk.bound.floor == START
    assert not walk.done


@pytest.mark.parametrize("phantoms", [1, 3, 500])
@pytest.mark.parametrize("minutes", [[], [1] * 30, [*range(30)]])
def test_an_index_that_counts_more_than_it_can_show_ends_the_walk(minutes: list[int], phantoms: int) -> None:
    issues, walk, read, requests = ChangingIssues(minutes), KeysetWalk(START, SETTLED, millisecond_bound), set[str](), 0
    while not walk.done:
        page, total = issues.answer(walk.bound, walk.offset, 10)
        read.update(issue["id"] for issue in walk.take(page, total + phantoms))
        requests += 1
    assert (len(read), requests < 20) == (len(minutes), True)


def test_a_server_of_pages_of_one_loses_no_tied_issue() -> None:
    tied, walk, read = ChangingIssues([1] * 5), KeysetWalk(START, SETTLED, millisecond_bound), set[str]()
    while not walk.done:
        read.update(issue["id"] for issue in walk.take(*tied.answer(walk.bound, walk.offset, 1)))
    assert len(read) == 5


def test_answers_without_new_issues_end_the_walk() -> None:
    walk, same = KeysetWalk(START, SETTLED, millisecond_bound), {"id": "1", "fields": {"updated": START.isoformat()}}
    for _ in range(MAX_EMPTY_ROUNDS + 1):
        walk.take([same], 10**9)
    with pytest.raises(BrokenAnswer, match="no new issue"):
        walk.take([same], 10**9)
