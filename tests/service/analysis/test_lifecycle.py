import math
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.model import Ticket, Transition
from service.analysis.lifecycle import Lifecycle, collapse, loose_pingpong, strict_pingpong, trace_lifecycle
from service.analysis.work import STILL_ACTIVE
from tests.factory import START, assigned, at, handed, moved, ticket

LATER = at(24 * 60)


def lifecycle_of(*transitions: Transition, as_of: datetime = LATER, **given_values: Any) -> Lifecycle:
    return trace_lifecycle(ticket(transitions=transitions, **given_values), as_of)


def test_resolved_at_is_the_last_entry_and_resolved_to_closed_is_none() -> None:
    traced = lifecycle_of(moved(1, "New", "Active"), moved(2, "Active", "Resolved"), moved(50, "Resolved", "Closed"))
    assert (traced.first_resolved_at, traced.resolved_at, traced.closed_at) == (at(2), at(2), at(50))
    assert traced.reopens == 0


def test_a_reopened_ticket_that_is_open_now_has_no_resolved_at_but_keeps_its_first() -> None:
    traced = lifecycle_of(moved(2, "New", "Resolved"), moved(5, "Resolved", "Active"))
    assert (traced.first_resolved_at, traced.resolved_at, traced.reopens, traced.first_reopened_at) == (
        at(2),
        None,
        1,
        at(5),
    )


def test_each_return_from_resolved_or_closed_is_a_reopen() -> None:
    traced = lifecycle_of(
        moved(1, "New", "Resolved"), moved(2, "Resolved", "Active"), moved(3, "Active", "Closed"),
        moved(4, "Closed", "Waiting"), moved(5, "Waiting", "Resolved"),
    )  # fmt: skip
    assert (traced.reopens, traced.first_resolved_at, traced.resolved_at) == (2, at(1), at(5))


def test_leaving_cancelled_is_no_reopen_and_cancelled_is_not_resolved() -> None:
    traced = lifecycle_of(
        moved(1, "New", "Cancelled"), moved(2, "Cancelled", "Active"), moved(3, "Active", "Cancelled")
    )
    assert (traced.reopens, traced.resolved_at, traced.closed_at) == (0, None, at(3))


@pytest.mark.parametrize(
    ("teams", "handoffs", "strict", "loose"),
    [
        ([("A", "B"), ("B", "A")], 2, 1, 1),
        ([(None, "A")], 0, 0, 0),
        ([("A", "B"), ("B", "C"), ("C", "A")], 3, 0, 1),
        ([("A", None), (None, "A")], 0, 0, 0),
        ([("A", None), (None, "B"), ("B", "A"), ("A", "B")], 3, 2, 2),
        ([("A", "A"), ("A", "B")], 1, 0, 0),
    ],
)
def test_handoffs_and_pingpong(teams: list[tuple[str, str]], handoffs: int, strict: int, loose: int) -> None:
    traced = lifecycle_of(*(handed(hour, old, new) for hour, (old, new) in enumerate(teams)))
    assert (traced.handoffs, traced.pingpong_strict, traced.pingpong_loose) == (handoffs, strict, loose)


def test_the_assignee_replaces_the_team_only_if_requested() -> None:
    ticket_ = ticket(transitions=(assigned(1, "p1", "p2"), assigned(2, "p2", "p1")))
    assert trace_lifecycle(ticket_, LATER, "team").handoffs == 0
    assert trace_lifecycle(ticket_, LATER, "assignee").pingpong_strict == 1


@pytest.mark.parametrize(("rounds", "counted"), [(0, 0), (1, 0), (2, 2), (3, 3)])
def test_a_stall_loop_is_two_rounds_or_more(rounds: int, counted: int) -> None:
    changes = [moved(0.1, "New", "Active")]
    for number in range(rounds):
        changes += [moved(1 + number, "Active", "Waiting"), moved(1.5 + number, "Waiting", "Active")]
    assert lifecycle_of(*changes).stall_loops == counted


def test_without_history_counters_count_and_nothing_else_is_claimed() -> None:
    ticket_ = ticket(
        history_is="counter", status="Closed", reopen_count=2, reassignment_count=3, resolved_at=at(4), closed_at=at(9)
    )
    traced = trace_lifecycle(ticket_, LATER)
    assert (traced.reopens, traced.handoffs, traced.pingpong_strict, traced.stall_loops) == (2, 3, None, None)
    assert (traced.resolved_at, traced.first_resolved_at) == (at(4), None)
    assert traced.active == ()


def test_without_history_and_counters_nothing_is_zero() -> None:
    traced = trace_lifecycle(ticket(history_is="none"), LATER)
    assert (traced.reopens, traced.handoffs, traced.pingpong_loose, traced.stall_loops) == (None, None, None, None)


@pytest.mark.parametrize(
    ("given_values", "ended"),
    [
        ({"history_is": "none", "updated_at": at(30)}, at(30)),
        ({"history_is": "none", "updated_at": at(-30)}, at(0)),
        ({"transitions": (assigned(20, "p1", "p2"),), "updated_at": at(30)}, at(20)),
    ],
)
def test_a_ticket_that_ended_without_a_time_ends_at_its_last_known_change(
    given_values: dict[str, Any], ended: datetime
) -> None:
    for status in ("Resolved", "Closed"):
        traced = trace_lifecycle(ticket(status=status, **given_values), LATER)
        assert (traced.resolved_at, traced.ended_is, traced.first_resolved_at) == (ended, "assumed", None)
    cancelled = trace_lifecycle(ticket(status="Cancelled", **given_values), LATER)
    assert (cancelled.resolved_at, cancelled.closed_at, cancelled.ended_is) == (None, ended, "assumed")


def test_a_ticket_of_which_only_the_closing_is_known_ends_with_it() -> None:
    traced = lifecycle_of(moved(50, "Resolved", "Closed"), history_is="truncated")
    assert (traced.resolved_at, traced.closed_at, traced.ended_is) == (at(50), at(50), "known")


def test_an_end_is_known_or_there_is_none() -> None:
    assert lifecycle_of(moved(1, "New", "Resolved")).ended_is == "known"
    assert lifecycle_of(moved(1, "New", "Active")).ended_is is None


def spans(*transitions: Transition, **given_values: Any) -> list[tuple[str, float, float]]:
    """Return the active spans of a ticket in hours after `START`."""
    begin = START.timestamp()
    return [
        (person, (begin_s - begin) / 3600, math.inf if end_s == STILL_ACTIVE else (end_s - begin) / 3600)
        for person, begin_s, end_s in lifecycle_of(*transitions, **given_values).active
    ]


def test_a_ticket_is_active_with_the_assignee_of_that_time() -> None:
    changes = (
        moved(1, "New", "Active"), assigned(2, None, "p1"), assigned(4, "p1", "p2"), moved(5, "Active", "Waiting"),
        assigned(6, "p2", "p1"), moved(7, "Waiting", "Active"), moved(9, "Active", "Resolved"),
    )  # fmt: skip
    assert spans(*changes, assignee="p1") == [("", 1, 2), ("p1", 2, 4), ("p2", 4, 5), ("p1", 7, 9)]


def test_an_active_ticket_has_a_span_without_an_end() -> None:
    assert spans(moved(1, "New", "Active"), assignee="p1") == [("p1", 1, math.inf)]
    assert spans(status="Active", assignee="p1") == [("p1", 0, math.inf)]


def test_a_change_that_is_none_for_the_work_cuts_no_span() -> None:
    changes = (
        moved(1, "New", "Active"),
        moved(2, "Active", "Active"),
        handed(3, "A", "B"),
        moved(4, "Active", "Closed"),
    )
    assert spans(*changes, assignee="p1") == [("p1", 1, 4)]


def test_a_span_that_a_history_leaves_open_ends_with_the_ticket() -> None:
    changes = (moved(1, "New", "Active"),)
    assert spans(*changes, status="Closed", closed_at=at(6), history_is="truncated", assignee="p1") == [("p1", 1, 6)]


RESOLVED = moved(3, "Active", "Resolved", "ann")


@pytest.mark.parametrize(
    ("changes", "given_values", "resolver"),
    [
        ((RESOLVED,), {"assignee": "bob", "resolver": "eve"}, "ann"),
        ((moved(1, "New", "Resolved", "bob"), moved(2, "Resolved", "Active"), RESOLVED), {}, "ann"),
        ((RESOLVED, moved(9, "Resolved", "Closed")), {"assignee": "bob"}, "ann"),
        ((RESOLVED, moved(9, "Resolved", "Closed", "eve")), {}, "eve"),
        ((moved(3, "Active", "Resolved"), assigned(4, "bob", "eve")), {"assignee": "eve"}, "bob"),
        ((moved(3, "Active", "Resolved"),), {"assignee": "bob", "resolver": "eve"}, "bob"),
        ((moved(3, "Active", "Resolved"),), {"resolver": "eve"}, "eve"),
        ((moved(3, "Active", "Resolved"),), {}, None),
        ((RESOLVED, moved(5, "Resolved", "Active")), {"resolver": "eve"}, None),
        ((), {"status": "Resolved", "history_is": "none", "resolver": "eve", "assignee": "bob"}, "eve"),
        ((), {"status": "Resolved", "history_is": "none", "assignee": "bob"}, "bob"),
    ],
)
def test_the_resolver_is_the_person_of_the_last_step_else_the_assignee_then_else_the_systems_own(
    changes: tuple[Transition, ...], given_values: dict[str, Any], resolver: str | None
) -> None:
    assert lifecycle_of(*changes, **given_values).resolver == resolver


def test_as_of_rewinds_a_ticket() -> None:
    changes = (moved(1, "New", "Active"), moved(5, "Active", "Resolved"), moved(9, "Resolved", "Active"))
    before = lifecycle_of(*changes, as_of=at(6))
    assert (before.status_category, before.resolved_at, before.reopens) == ("resolved", at(5), 0)
    assert lifecycle_of(*changes, as_of=at(0.5)).status_category == "new"


TEAMS = st.lists(st.sampled_from(["A", "B", "C", "", None]), max_size=12)


@given(TEAMS)
def test_collapsed_has_no_empty_and_no_equal_neighbours(values: list[str | None]) -> None:
    out = collapse(values)
    assert all(out)
    assert all(first != second for first, second in pairwise(out))
    assert strict_pingpong(out) <= loose_pingpong(out)


STATUS = st.sampled_from(["New", "Active", "Waiting", "Resolved", "Closed", "Cancelled"])


@given(st.lists(st.tuples(STATUS, st.floats(0, 500)), min_size=1, max_size=10))
def test_lifecycles_keep_their_invariants(steps: list[tuple[str, float]]) -> None:
    moments = sorted(hours for _, hours in steps)
    names = ["New", *(name for name, _ in steps)]
    ticket_: Ticket = ticket(
        transitions=tuple(moved(h, a, b) for h, a, b in zip(moments, names, names[1:], strict=False))
    )
    traced = trace_lifecycle(ticket_, LATER)
    assert (traced.resolved_at is not None) == (ticket_.status_category in ("resolved", "closed"))
    assert (traced.ended_is is None) == (ticket_.status_category in ("new", "active", "waiting"))
    if traced.resolved_at and traced.first_resolved_at:
        assert START - timedelta(1) <= traced.first_resolved_at <= traced.resolved_at
    assert all(span.begin_s < span.end_s for span in traced.active)
    assert all(former.end_s <= later.begin_s for former, later in pairwise(traced.active))


def test_of_an_unknown_status_nothing_follows() -> None:
    traced = lifecycle_of(moved(1, "New", "Active"), moved(3, "Active", "Odd"))
    assert (traced.status_category, traced.ended_is, traced.resolved_at, traced.closed_at) == (
        "unknown", None, None, None,
    )  # fmt: skip
    assert [(span.begin_s, span.end_s) for span in traced.active] == [(at(1).timestamp(), at(3).timestamp())]


def test_a_stay_in_an_unknown_status_is_no_reopen_no_resolution_and_no_stall() -> None:
    traced = lifecycle_of(
        moved(1, "New", "Resolved"), moved(2, "Resolved", "Odd"), moved(3, "Odd", "Resolved"),
        moved(4, "Resolved", "Closed"),
    )  # fmt: skip
    assert (traced.reopens, traced.first_resolved_at, traced.resolved_at, traced.closed_at) == (0, at(1), at(1), at(4))
    back = lifecycle_of(moved(1, "New", "Resolved"), moved(2, "Resolved", "Odd"), moved(3, "Odd", "Active"))
    assert (back.reopens, back.first_reopened_at) == (1, at(3))
    rounds = ["Active", "Odd", "Active", "Odd", "Active"]
    stalled = lifecycle_of(*(moved(hour, *step) for hour, step in enumerate(pairwise(rounds), 1)))
    assert stalled.stall_loops == 0
