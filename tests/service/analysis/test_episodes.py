import time

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.analysis.episodes import DAY, STILL_OPEN, Episodes, group_episodes

HOUR = 3_600
Ticket = tuple[int, int, int]
tickets = st.tuples(st.integers(0, 60 * DAY), st.integers(0, 5 * DAY) | st.none(), st.integers(0, 9_999)).map(
    lambda of: (of[0], STILL_OPEN if of[1] is None else of[0] + of[1], of[2])
)


def of(members: list[Ticket]) -> Episodes:
    opened, ended, seconds = np.array(sorted(members), dtype=np.int64).reshape(-1, 3).T
    return group_episodes(opened, ended, seconds)


def test_a_ticket_begins_an_episode_more_than_a_day_after_all_that_came_before() -> None:
    grouped = of([(0, HOUR, 60), (HOUR + DAY, 2 * DAY, 30), (3 * DAY + 1, 4 * DAY, 10), (3 * DAY + 2, 3 * DAY + 3, 5)])
    assert grouped.first.tolist() == [0, 2]
    assert grouped.starts.tolist() == [0, 3 * DAY + 1]
    assert grouped.ends.tolist() == [2 * DAY, 4 * DAY]
    assert grouped.tickets.tolist() == [2, 2]
    assert grouped.seconds.tolist() == [90, 15]


def test_a_long_ticket_holds_its_episode_together_though_later_ones_are_resolved_before_it() -> None:
    assert len(of([(0, 30 * DAY, 1), (HOUR, 2 * HOUR, 1), (10 * DAY, 11 * DAY, 1), (31 * DAY, 32 * DAY, 1)])) == 1


def test_an_open_ticket_keeps_its_episode_open_for_good() -> None:
    grouped = of([(0, HOUR, 1), (5 * DAY, STILL_OPEN, 1), (900 * DAY, 901 * DAY, 1)])
    assert grouped.ends.tolist() == [HOUR, STILL_OPEN]
    assert grouped.tickets.tolist() == [1, 2]


def test_a_hundred_tickets_of_one_outage_are_one_episode() -> None:
    assert len(of([(minute * 60, minute * 60 + 8 * HOUR, 900) for minute in range(100)])) == 1


def test_an_end_before_the_opening_counts_as_the_opening() -> None:
    assert of([(5 * DAY, 0, 1)]).ends.tolist() == [5 * DAY]


def test_no_ticket_no_episode() -> None:
    assert len(of([])) == 0
    assert of([]).seconds.tolist() == []


@given(st.lists(tickets, max_size=30))
def test_grouping_equals_the_rule_applied_ticket_by_ticket(members: list[Ticket]) -> None:
    expected: list[list[int]] = []
    for opened, ended, seconds in sorted(members):
        if not expected or opened > expected[-1][1] + DAY:
            expected.append([opened, ended, 0, 0])
        expected[-1] = [expected[-1][0], max(expected[-1][1], ended), expected[-1][2] + 1, expected[-1][3] + seconds]
    grouped = of(members)
    columns = (grouped.starts, grouped.ends, grouped.tickets, grouped.seconds)
    assert [list(row) for row in zip(*(column.tolist() for column in columns), strict=True)] == expected


@given(st.lists(tickets, min_size=1, max_size=30), tickets)
def test_a_later_ticket_changes_no_earlier_episode(members: list[Ticket], extra: Ticket) -> None:
    latest = max(opened for opened, _, _ in members)
    before, after = of(members), of([*members, (latest + extra[0], STILL_OPEN, extra[2])])
    kept = len(before) - 1
    for column in ("first", "starts", "ends", "tickets", "seconds"):
        assert getattr(after, column)[:kept].tolist() == getattr(before, column)[:kept].tolist()
    assert len(after) in (len(before), len(before) + 1)


@given(st.lists(tickets, min_size=1, max_size=30), st.data())
def test_a_ticket_within_an_episode_never_adds_one(members: list[Ticket], data: st.DataObject) -> None:
    opened, ended, _ = data.draw(st.sampled_from(members))
    assert len(of([*members, (opened, ended, 1)])) == len(of(members))


@given(st.lists(tickets, max_size=30))
def test_tickets_opened_at_once_may_come_in_any_order(members: list[Ticket]) -> None:
    twins = [(opened // DAY * DAY, ended, 1) for opened, ended, _ in members]
    first, second = sorted(twins, key=lambda of: of[0]), sorted(twins, key=lambda of: (of[0], -of[1]))
    counts = [
        group_episodes(*np.array(each, dtype=np.int64).reshape(-1, 3).T).tickets.tolist() for each in (first, second)
    ]
    assert counts[0] == counts[1]


def test_fifty_thousand_tickets_take_milliseconds() -> None:
    opened = np.sort(np.random.default_rng(1).integers(0, 10**9, 50_000))
    began = time.perf_counter()
    grouped = group_episodes(opened, opened + HOUR, np.ones_like(opened))
    assert time.perf_counter() - began < 0.1
    assert int(grouped.tickets.sum()) == 50_000
