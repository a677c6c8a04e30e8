import random
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.analysis.episodes import DAY, HOUR, LOOK_BACK, NEVER, Episodes, are_returns, group_episodes

Ticket = tuple[int, int, int]
tickets = st.tuples(
    st.integers(0, 400) | st.integers(0, 100).map(lambda day: 24 * day),
    st.integers(0, 200) | st.none(),
    st.integers(0, 9),
).map(lambda of: (of[0] * HOUR, NEVER if of[1] is None else (of[0] + of[1]) * HOUR, of[2]))


def of(members: list[Ticket]) -> Episodes:
    opened, repaired, seconds = np.array(sorted(members), dtype=np.int64).reshape(-1, 3).T
    return group_episodes(opened, repaired, seconds)


def starts_by_the_words(members: list[Ticket]) -> list[int]:
    """Return the starts as the definition words them, ticket by ticket."""
    starts: list[int] = []
    last = 0
    for opened, _, _ in sorted(members):
        soon = bool(starts) and opened - last <= 24 * HOUR and opened - starts[-1] <= 72 * HOUR
        repaired = bool(starts) and any(starts[-1] <= resolved <= opened for _, resolved, _ in members)
        if not starts or (not soon and repaired):
            starts.append(opened)
        last = opened
    return starts


@pytest.mark.parametrize(("pause", "episodes"), [(24 * HOUR, 1), (24 * HOUR + 1, 2)])
def test_a_ticket_within_a_day_of_the_one_before_belongs_to_its_episode(pause: int, episodes: int) -> None:
    assert len(of([(0, HOUR, 1), (pause, pause + HOUR, 1)])) == episodes


@pytest.mark.parametrize(("late", "episodes"), [(72 * HOUR, 1), (72 * HOUR + 1, 2)])
def test_an_episode_takes_in_three_days_from_its_start(late: int, episodes: int) -> None:
    days = [(day * DAY, day * DAY + HOUR, 1) for day in range(3)]
    assert len(of([*days, (late, late + HOUR, 1)])) == episodes


def test_what_was_never_resolved_is_one_episode_however_long_it_lasts() -> None:
    grouped = of([(day * 5 * DAY, NEVER, 1) for day in range(100)])
    assert (len(grouped), grouped.lasts.tolist(), grouped.tickets.tolist()) == (1, [495 * DAY], [100])


def test_one_resolution_lets_the_next_ticket_begin_an_episode() -> None:
    stream = [(day * 5 * DAY, NEVER, 1) for day in range(10)]
    assert of([*stream, (0, 12 * DAY, 1)]).starts.tolist() == [0, 15 * DAY]
    in_the_second = of([*stream, (0, 15 * DAY, 1)])
    assert in_the_second.starts.tolist() == [0, 15 * DAY, 20 * DAY], "it ends one episode, and counts in the next"


def test_a_resolution_before_an_episode_repairs_nothing_of_it() -> None:
    assert len(of([(0, DAY, 1), (10 * DAY, NEVER, 1), (20 * DAY, NEVER, 1)])) == 2


def test_an_episode_has_its_openings_tickets_and_work() -> None:
    grouped = of([(0, HOUR, 60), (HOUR, 2 * DAY, 30), (4 * DAY, 9 * DAY, 10), (4 * DAY + 2, 5 * DAY, 5)])
    assert grouped.first.tolist() == [0, 2]
    assert grouped.starts.tolist() == [0, 4 * DAY]
    assert grouped.lasts.tolist() == [HOUR, 4 * DAY + 2]
    assert grouped.tickets.tolist() == [2, 2]
    assert grouped.seconds.tolist() == [90, 15]


def test_a_hundred_tickets_of_one_outage_are_one_episode() -> None:
    assert len(of([(minute * 60, minute * 60 + 8 * HOUR, 900) for minute in range(100)])) == 1


def test_ten_tickets_a_day_for_a_year_are_more_than_a_hundred_episodes() -> None:
    opened = [hour * HOUR for day in range(365) for hour in range(24 * day, 24 * day + 20, 2)]
    assert len(of([(at, at + 6 * HOUR, 1) for at in opened])) > 100


def test_how_long_tickets_stay_open_plays_no_part() -> None:
    dice = random.Random(1)
    members = [(at, at + dice.randrange(1, 40) * HOUR, 1) for at in sorted(dice.choices(range(365 * DAY), k=900))]
    slowest = sorted(members, key=lambda member: member[1] - member[0])[810:]
    every, without = of(members), of([member for member in members if member not in slowest])
    assert share_of_returns(every) == pytest.approx(share_of_returns(without), abs=0.02)


def share_of_returns(episodes: Episodes) -> float:
    returns = are_returns(episodes.starts, episodes.lasts)
    return float(episodes.tickets[returns].sum() / episodes.tickets.sum())


def test_no_ticket_no_episode() -> None:
    assert len(of([])) == 0
    assert of([]).seconds.tolist() == []


@pytest.mark.parametrize(("late", "expected"), [(0, [False, True]), (1, [False, False])])
def test_a_return_comes_within_the_look_back_of_the_last_opening(late: int, expected: list[bool]) -> None:
    episodes = of([(0, HOUR, 1), (HOUR, DAY, 1), (HOUR + LOOK_BACK + late, NEVER, 1)])
    assert are_returns(episodes.starts, episodes.lasts).tolist() == expected


@given(st.lists(tickets, max_size=30))
def test_grouping_equals_the_rule_applied_ticket_by_ticket(members: list[Ticket]) -> None:
    grouped, expected = of(members), starts_by_the_words(members)
    assert grouped.starts.tolist() == expected
    opened = np.array(sorted(member[0] for member in members), dtype=np.int64)
    assert np.array_equal(
        np.searchsorted(expected, opened, "right"), np.repeat(range(1, len(expected) + 1), grouped.tickets)
    )
    assert grouped.lasts.tolist() == opened[np.cumsum(grouped.tickets) - 1].tolist()
    assert int(grouped.seconds.sum()) == sum(member[2] for member in members)


@given(st.lists(tickets, min_size=1, max_size=30), st.data())
def test_an_episode_depends_on_nothing_before_its_start(members: list[Ticket], data: st.DataObject) -> None:
    starts = of(members).starts.tolist()
    begin = data.draw(st.sampled_from(starts))
    # A ticket of before may be the one whose resolution counts: only its opening is taken away.
    later = [(max(opened, begin), repaired, seconds) for opened, repaired, seconds in members]
    assert of(later).starts.tolist() == [start for start in starts if start >= begin]


@given(st.lists(tickets, min_size=1, max_size=30), st.data())
def test_a_ticket_within_an_episode_never_adds_one(members: list[Ticket], data: st.DataObject) -> None:
    opened, _, _ = data.draw(st.sampled_from(members))
    assert len(of([*members, (opened, NEVER, 1)])) == len(of(members))


@given(st.lists(tickets, max_size=30), st.randoms())
def test_tickets_opened_at_once_may_come_in_any_order(members: list[Ticket], dice: random.Random) -> None:
    twins = [(opened // DAY * DAY, repaired, 1) for opened, repaired, _ in members]
    orders = sorted(twins), sorted(dice.sample(twins, len(twins)), key=lambda twin: twin[0])
    first, second = (group_episodes(*np.array(order, dtype=np.int64).reshape(-1, 3).T) for order in orders)
    for column in ("first", "starts", "lasts", "tickets", "seconds"):
        assert getattr(first, column).tolist() == getattr(second, column).tolist()


def test_fifty_thousand_tickets_take_milliseconds() -> None:
    opened = np.sort(np.random.default_rng(1).integers(0, 10**9, 50_000))
    began = time.thread_time()
    grouped = group_episodes(opened, opened + HOUR, np.ones_like(opened))
    assert time.thread_time() - began < 0.5
    assert int(grouped.tickets.sum()) == 50_000
