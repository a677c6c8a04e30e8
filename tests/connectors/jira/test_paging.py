"""The walk over a set that moves under it, against a system that keeps nothing for it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import BrokenAnswer
from connectors.jira.datacenter import NEVER
from connectors.jira.paging import ROUNDS_TO_GIVE_UP, Keyset
from connectors.jira.query import Bound, BoundOf, in_milliseconds, in_minutes
from connectors.jira.site import Json

START = datetime(2024, 3, 31, tzinfo=UTC)
SETTLED = START + timedelta(hours=12)


class MovingSet:
    """Issues by id with their update times; a touched one goes to the end, at once or when the index follows."""

    def __init__(self, minutes: list[int]) -> None:
        self.updated = {number: START + timedelta(minutes=minute) for number, minute in enumerate(minutes)}
        self._index = dict(self.updated)
        self._clock = START + timedelta(days=1)

    def answer(self, bound: Bound, offset: int, size: int, before: datetime = NEVER) -> tuple[list[Json], int]:
        """Sorted and filtered by the index, shown as they are; then the index follows."""
        rows = sorted((at, number) for number, at in self._index.items() if bound.floor <= at < before)
        shown = [(str(number), self.updated[number].isoformat()) for _, number in rows[offset : offset + size]]
        self._index = dict(self.updated)
        return [{"id": uid, "fields": {"updated": at}} for uid, at in shown], len(rows)

    def touch(self, number: int, *, late: bool = False) -> None:
        self._clock += timedelta(seconds=1)
        self.updated[number] = self._clock
        if not late:
            self._index[number] = self._clock


def in_paris(at: datetime) -> Bound:
    return in_minutes(at, ZoneInfo("Europe/Paris"))


@pytest.mark.parametrize("bound_of", [in_milliseconds, in_paris])
@given(
    minutes=st.lists(st.integers(0, 6), max_size=60),
    size=st.integers(2, 9),
    touched=st.lists(st.integers(0, 59), max_size=120),
    late=st.booleans(),
)
def test_loses_nothing_under_ties_and_movement(
    bound_of: BoundOf, minutes: list[int], size: int, touched: list[int], late: bool
) -> None:
    moving, seen, requests = MovingSet(minutes), set[int](), 0
    for start, before in ((START, SETTLED), (SETTLED, NEVER)):
        keyset = Keyset(start, before, bound_of)
        while not keyset.done:
            page, total = moving.answer(keyset.bound, keyset.offset, size, before)
            seen.update(int(issue["id"]) for issue in keyset.take(page, total))
            requests += 1
            for number in touched[requests * 3 : requests * 3 + 3]:
                if number in moving.updated:
                    moving.touch(number, late=late)
    lost = set(moving.updated) - seen
    assert not lost or (late and lost <= set(touched)), "only what the index shows late is left to the next pull"
    assert requests < 20 + 4 * (len(minutes) + len(touched))


def test_a_still_set_is_read_once() -> None:
    still, keyset, seen = MovingSet([1] * 50 + [2, 3]), Keyset(START, SETTLED, in_milliseconds), list[str]()
    while not keyset.done:
        seen += [issue["id"] for issue in keyset.take(*still.answer(keyset.bound, keyset.offset, 10))]
    assert len(seen) == len(set(seen)) == 52


def test_steps_back_where_issues_have_left_the_instant() -> None:
    tied, keyset, seen = MovingSet([1] * 30), Keyset(START, SETTLED, in_milliseconds), set[str]()
    for numbers in ([], [0, 1, 2, 3, 4], []):
        seen.update(issue["id"] for issue in keyset.take(*tied.answer(keyset.bound, keyset.offset, 10)))
        for number in numbers:
            tied.touch(number)
    assert "10" not in seen, "the second answer lies in the first instant still"
    while not keyset.done:
        seen.update(issue["id"] for issue in keyset.take(*tied.answer(keyset.bound, keyset.offset, 10)))
    assert len(seen) == 30


def test_an_issue_updated_just_now_in_its_old_place_does_not_move_the_walk() -> None:
    moving, keyset, seen = MovingSet([*range(40)]), Keyset(START, SETTLED, in_milliseconds), set[str]()
    moving.touch(9, late=True)
    while not keyset.done:
        seen.update(issue["id"] for issue in keyset.take(*moving.answer(keyset.bound, keyset.offset, 10)))
    assert len(seen) == 40


def test_an_unreadable_time_does_not_move_the_walk() -> None:
    keyset = Keyset(START, SETTLED, in_milliseconds)
    broken = {"id": "1", "fields": {"updated": "someday"}}
    assert keyset.take([broken, {"id": "2", "fields": None}], 3) == [broken, {"id": "2", "fields": None}]
    assert keyset.bound.floor == START
    assert not keyset.done


def test_a_count_without_issues_is_a_contradiction() -> None:
    with pytest.raises(BrokenAnswer, match="counts 3 issues and shows none"):
        Keyset(START, SETTLED, in_milliseconds).take([], 3)


def test_answers_that_bring_nothing_new_end_the_walk() -> None:
    tied, keyset = MovingSet([1] * 5), Keyset(START, SETTLED, in_milliseconds)
    for _ in range(ROUNDS_TO_GIVE_UP + 1):
        keyset.take(*tied.answer(keyset.bound, keyset.offset, 1))
    with pytest.raises(BrokenAnswer, match="nothing new"):
        keyset.take(*tied.answer(keyset.bound, keyset.offset, 1))
