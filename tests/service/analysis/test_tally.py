from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.analysis.controls import NO_CONTROL, Control
from service.analysis.fact import Fact, WorkClass
from service.analysis.fixes import Outcome
from service.analysis.histogram import bucket_number
from service.analysis.tally import (
    FAILURES,
    HISTOGRAMS,
    MEASURES,
    OUTCOMES,
    PROACTIVE,
    REACTIVE,
    FixTally,
    fix_entries,
    resolver_entry,
    ticket_entries,
    work_entries,
)
from tests.service.analysis.samples import HOUR, MONDAY, ZONE, fact, facts, summed

OPENING = date(2026, 1, 5)


def measures(fact_: Fact, *, repeat: bool = False, endless: bool = False, zone: ZoneInfo = ZONE) -> dict[str, int]:
    """Return what a ticket adds, whatever the day."""
    return {measure: amount for _, measure, amount in ticket_entries(fact_, zone, repeat=repeat, endless=endless)}


def test_an_open_ticket_adds_to_the_day_of_its_opening_only() -> None:
    assert ticket_entries(fact(), ZONE, repeat=False, endless=False) == [
        (OPENING, "opened", 1),
        (OPENING, "failure", 1),
    ]


def test_each_instant_adds_to_its_own_local_day() -> None:
    fact_ = fact(
        opened_at=datetime(2026, 1, 4, 23, 30, tzinfo=UTC),
        first_resolved_at=datetime(2026, 1, 7, 12, 0, tzinfo=UTC),
        first_reopened_at=datetime(2026, 1, 9, 12, 0, tzinfo=UTC),
        resolved_at=datetime(2026, 1, 31, 23, 30, tzinfo=UTC),
    )
    days = {
        measure: day for day, measure, _ in ticket_entries(fact_, ZoneInfo("Europe/Paris"), repeat=False, endless=False)
    }
    assert days["opened"] == date(2026, 1, 5)
    assert days["first"] == days["back"] == date(2026, 1, 7)
    assert days["resolved"] == days["left"] == days["told"] == date(2026, 2, 1)


def test_work_is_summed_with_squares_of_minutes_rounded_up() -> None:
    amounts = measures(fact(seconds=2 * HOUR + 1, hours_are="logged"), repeat=True, endless=True)
    assert (amounts["failure.s"], amounts["failures.l"], amounts["failures.q"]) == (7201, 7201, 121**2)
    assert (amounts["repeat"], amounts["repeat.s"], amounts["repeat.l"], amounts["repeat.q"]) == (1, 7201, 7201, 121**2)
    assert (amounts["endless"], amounts["endless.s"], amounts["repeat.endless"]) == (1, 7201, 1)


def test_unknown_work_counts_its_tickets_and_adds_no_second() -> None:
    amounts = measures(fact(hours_are="unknown"), repeat=True, endless=True)
    assert (amounts["failures.u"], amounts["repeat.u"]) == (1, 1)
    assert not {"failure.s", "repeat.s", "endless.s", "failures.q"} & amounts.keys()
    assert measures(fact(hours_are="unknown", nature="proactive", work_class="delivery"))["proactive.u"] == 1


@given(facts(), st.booleans(), st.booleans())
def test_the_entries_of_work_are_all_that_differs_between_two_estimates(
    fact_: Fact, repeat: bool, endless: bool
) -> None:
    estimated = replace(fact_, seconds=3 * HOUR, hours_are="estimated")
    flags = {"repeat": repeat, "endless": endless}
    of_all, of_work = Counter[tuple[date, str]](), Counter[tuple[date, str]]()
    for sign, each in ((1, estimated), (-1, fact_)):
        of_all.update(summed(ticket_entries(each, ZONE, **flags), sign))
        of_work.update(summed(work_entries(each, ZONE, **flags), sign))
    assert {key: amount for key, amount in of_all.items() if amount} == {
        key: amount for key, amount in of_work.items() if amount
    }


def test_estimated_work_is_not_logged() -> None:
    amounts = measures(fact(seconds=HOUR), repeat=True)
    assert amounts["repeat.s"] == HOUR
    assert not {"failures.l", "repeat.l"} & amounts.keys()


def test_only_reactive_tickets_repeat_or_are_endless_or_after_hours() -> None:
    fact_ = fact(nature="proactive", work_class="improvement", seconds=HOUR, after_hours=True)
    assert measures(fact_, repeat=True, endless=True) == {
        "opened": 1, "improvement": 1, "improvement.s": HOUR, "proactive.q": 60**2,
    }  # fmt: skip


def test_requests_that_return_count_apart_from_repeats() -> None:
    fact_ = fact(work_class="request", seconds=HOUR, hours_are="logged", after_hours=True)
    assert measures(fact_, repeat=True, endless=True) == {
        "opened": 1, "request": 1, "request.s": HOUR, "requests.q": 60**2, "requests.l": HOUR, "after": 1,
        "rerequest": 1, "rerequest.s": HOUR, "rerequest.l": HOUR,
    }  # fmt: skip


def test_an_undecided_ticket_counts_in_the_flow_and_in_nothing_that_has_a_nature() -> None:
    took: dict[str, Any] = {"first_resolved_at": MONDAY, "resolved_at": MONDAY + timedelta(hours=10), "handoffs": 1}
    nature: dict[str, Any] = {"after_hours": True, "fix_linked": True, "priority_level": 1, "own_nature": "reactive"}
    fact_ = fact(confidence=0.59, seconds=HOUR, contradicts=True, resolver="p1", **took, **nature)
    assert measures(fact_, repeat=True, endless=True) == {
        "opened": 1, "undecided": 1, "undecided.s": HOUR, "undecided.q": 60**2, "undecided.after": 1,
        "undecided.repeat": 1, "undecided.repeat.s": HOUR, "undecided.endless": 1,
        "first": 1, "left": 1, "resolved": 1, "told": 1, "h:1": 1, f"u:{bucket_number(HOUR)}": 1,
    }  # fmt: skip
    assert resolver_entry(fact_, ZONE) is None
    assert "failure" in measures(replace(fact_, confidence=0.6))


@pytest.mark.parametrize(
    ("given_values", "names"),
    [
        ({"after_hours": True}, {"after"}),
        ({"fix_linked": True}, {"linked"}),
        ({"priority_level": 3}, {"level"}),
        ({"priority_level": 2}, {"level"}),
        ({"priority_level": 1, "work_class": "request"}, {"request"}),
        ({"own_nature": "reactive"}, {"own"}),
        ({"own_nature": "reactive", "contradicts": True}, {"own", "misfiled"}),
        ({"contradicts": True}, set()),
        ({"kind": "change", "named_cause": True}, {"change", "cause"}),
        ({"named_cause": True}, set()),
        ({"sla_clocks": 3, "sla_breached": 2}, {"sla", "sla.b"}),
        ({"closed_at": MONDAY}, {"left"}),
    ],
)
def test_every_field_of_a_ticket_is_counted(given_values: dict[str, Any], names: set[str]) -> None:
    assert measures(fact(**given_values)).keys() - {"opened", "failure"} == names


def test_service_level_clocks_are_counted_each() -> None:
    amounts = measures(fact(sla_clocks=3, sla_breached=2))
    assert (amounts["sla"], amounts["sla.b"]) == (3, 2)


@pytest.mark.parametrize(
    ("given_values", "names"),
    [
        ({}, {"told", "one", "h:0"}),
        ({"handoffs": 2}, {"told", "h:2"}),
        ({"reopens": 1}, {"told", "h:0"}),
        ({"pingpong_strict": 1, "pingpong_loose": 1, "handoffs": 2}, {"told", "strict", "loose", "h:2"}),
        ({"pingpong_loose": 2, "handoffs": 4, "stall_loops": 2}, {"told", "loose", "stalled", "h:4"}),
        ({"handoffs": 3, "pingpong_strict": None, "pingpong_loose": None, "stall_loops": None}, {"h:3"}),
        ({"handoffs": None, "pingpong_strict": None, "pingpong_loose": None, "stall_loops": None}, set()),
    ],
)
def test_loops_are_counted_if_there_is_a_history(given_values: dict[str, Any], names: set[str]) -> None:
    resolved = fact(resolved_at=MONDAY + timedelta(hours=10), **given_values)
    amounts = measures(resolved).keys() - {"opened", "failure", "left", "resolved", f"r:{bucket_number(HOUR)}"}
    assert amounts == names


def test_time_to_resolve_goes_to_the_histogram_of_its_nature() -> None:
    took: dict[str, Any] = {"resolved_at": MONDAY + timedelta(days=3, hours=9)}
    assert measures(fact(**took))[f"r:{bucket_number(3 * 24 * HOUR)}"] == 1
    assert measures(fact(nature="proactive", work_class="delivery", **took))[f"p:{bucket_number(3 * 24 * HOUR)}"] == 1


def test_an_assumed_end_is_a_resolution_without_a_time_to_resolve() -> None:
    resolved = measures(fact(resolved_at=MONDAY + timedelta(days=3), ended_is="assumed"))
    assert resolved.keys() >= {"left", "resolved"}
    assert not [name for name in resolved if name.startswith(("r:", "p:"))]


@pytest.mark.parametrize(("days", "back"), [(30, True), (31, False)])
def test_a_reopen_counts_within_thirty_days_of_the_first_resolution(days: int, *, back: bool) -> None:
    fact_ = fact(first_resolved_at=MONDAY, first_reopened_at=MONDAY + timedelta(days=days))
    assert ("back" in measures(fact_)) is back


def test_a_first_resolution_without_a_history_is_not_counted() -> None:
    assert "first" not in measures(fact(first_resolved_at=MONDAY, stall_loops=None))


def test_a_fix_that_held_adds_what_it_avoided_and_its_control() -> None:
    tally = FixTally("held", Control(0.25, 40), 2 * HOUR, 6 * HOUR)
    by_key = {name: amount for _, name, amount in fix_entries(tally, MONDAY, ZONE)}
    assert by_key == {
        "fix.held": 1, "fix.s": 2 * HOUR, "fix.ss": 120**2, "fix.a": 6 * HOUR, "fix.aa": 360**2, "fix.as": 120 * 360,
        "fix.n": 1, "fix.h": 1, "fix.c": 250_000, "fix.cn": 40,
    }  # fmt: skip


def test_a_fix_that_held_without_a_control_adds_no_hours() -> None:
    tally = FixTally("held", Control(None, 4), 2 * HOUR, 6 * HOUR)
    assert fix_entries(tally, MONDAY, ZONE) == [(OPENING, "fix.held", 1)]


def test_a_fix_that_did_not_hold_avoids_nothing_and_an_early_one_costs_nothing_yet() -> None:
    tally = FixTally("did not hold", Control(0.5, 10), HOUR, 6 * HOUR)
    failed = {name: amount for _, name, amount in fix_entries(tally, MONDAY, ZONE)}
    assert failed == {"fix.failed": 1, "fix.s": HOUR, "fix.ss": 60**2, "fix.n": 1, "fix.c": 500_000, "fix.cn": 10}
    early = FixTally("too early", NO_CONTROL, HOUR, 0)
    assert fix_entries(early, MONDAY, ZONE) == [(OPENING, "fix.early", 1)]


def test_only_resolved_reactive_tickets_have_a_resolver_entry() -> None:
    done: dict[str, Any] = {"resolved_at": MONDAY, "resolver": "p1"}
    assert resolver_entry(fact(**done), ZONE) == (OPENING, "p1")
    assert resolver_entry(fact(resolver="p1"), ZONE) is None
    assert resolver_entry(fact(resolved_at=MONDAY), ZONE) is None
    assert resolver_entry(fact(nature="proactive", work_class="delivery", **done), ZONE) is None


def test_every_class_and_outcome_has_a_measure() -> None:
    assert set(REACTIVE) | set(PROACTIVE) == set(get_args(WorkClass))
    assert set(OUTCOMES) == set(get_args(Outcome))


@given(st.lists(st.tuples(facts(), st.booleans(), st.booleans()), max_size=8), st.randoms(use_true_random=False))
def test_adding_and_taking_back_in_any_order_leaves_nothing(
    tickets: list[tuple[Fact, bool, bool]], order: Random
) -> None:
    rows = [
        entry
        for first, repeat, endless in tickets
        for entry in ticket_entries(first, ZONE, repeat=repeat, endless=endless)
    ]
    signed = [(1, entry) for entry in rows] + [(-1, entry) for entry in rows]
    order.shuffle(signed)
    sums: Counter[tuple[date, str]] = Counter()
    for sign, entry in signed:
        sums.update(summed([entry], sign))
    assert not any(sums.values())


@given(facts(), st.booleans(), st.booleans())
def test_every_measure_has_a_meaning_and_a_positive_amount(fact_: Fact, repeat: bool, endless: bool) -> None:
    for _, measure, amount in ticket_entries(fact_, ZONE, repeat=repeat, endless=endless):
        assert measure in MEASURES or measure.partition(":")[0] in HISTOGRAMS
        assert amount > 0


@given(facts())
def test_parts_never_exceed_their_wholes(fact_: Fact) -> None:
    amounts = Counter(measures(fact_, repeat=True, endless=True))
    amounts["failures.s"] = sum(amounts[f"{work_class}.s"] for work_class in FAILURES)
    pairs = (
        ("repeat.s", "failures.s"), ("failures.l", "failures.s"), ("endless.s", "failures.s"), ("strict", "told"),
        ("rerequest.s", "request.s"), ("requests.l", "request.s"), ("undecided.repeat.s", "undecided.s"),
        ("back", "first"), ("told", "resolved"), ("misfiled", "own"), ("cause", "change"),
    )  # fmt: skip
    assert [(part, whole) for part, whole in pairs if amounts[part] > amounts[whole]] == []
