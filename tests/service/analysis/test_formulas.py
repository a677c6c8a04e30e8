import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.analysis.catalogue import CATALOGUE
from service.analysis.controls import NO_CONTROL, Control
from service.analysis.fact import Fact
from service.analysis.fixes import Outcome
from service.analysis.formulas import absence_factor, compute_metrics, recurrence_gap, weekly_metrics
from service.analysis.interval import poisson, wilson
from service.analysis.metric import Metric, PeriodSums, sum_periods
from service.analysis.survival import Spell, estimate_peace
from service.analysis.tally import Entry, FixTally, fix_entries, ticket_entries
from tests.service.analysis.samples import HOUR, MONDAY, ZONE, fact, facts, weeks

LATER = MONDAY + timedelta(weeks=30)
WEEK = timedelta(weeks=1)


def measured(
    periods: Sequence[PeriodSums],
    tickets_by_person: Mapping[str, int] | None = None,
    backlog: int = 0,
    as_of: datetime = LATER,
) -> dict[str, Metric]:
    return {metric.id: metric for metric in compute_metrics(periods, tickets_by_person or {}, backlog, as_of)}


def week_sums(week: int = 0, **sums: int) -> PeriodSums:
    """Return the sums of a week; `failure_s` stands for `failure.s`."""
    begin = MONDAY + week * WEEK
    return PeriodSums(begin, begin + WEEK, {name.replace("_", "."): amount for name, amount in sums.items()})


def of_facts(*tickets: Fact, repeats: frozenset[int] = frozenset()) -> dict[str, Metric]:
    rows = [
        entry
        for ticket in tickets
        for entry in ticket_entries(ticket, ZONE, repeat=ticket.ticket in repeats, endless=False)
    ]
    return measured(weeks(rows))


def resolved(number: int, hours: float, **more: object) -> Fact:
    at = MONDAY + timedelta(hours=9 + hours)
    return fact(number, first_resolved_at=at, resolved_at=at, **more)


def test_every_metric_is_there_once_in_the_order_of_the_catalogue() -> None:
    assert [metric.id for metric in compute_metrics([], {}, 0, LATER)] == [row.id for row in CATALOGUE]
    assert len({row.id for row in CATALOGUE}) == len(CATALOGUE)
    assert [metric.unit for metric in compute_metrics([week_sums()], {}, 0, LATER)] == [row.unit for row in CATALOGUE]


def test_without_tickets_counts_are_zero_and_the_rest_says_why_not() -> None:
    metrics_by_id = measured([])
    measurable = {id_ for id_, metric in metrics_by_id.items() if metric.measurable}
    assert measurable == {"opened", "resolved", "backlog", "net_flow", "major_incidents"}
    assert all(metric.why_not for metric in metrics_by_id.values() if not metric.measurable)


def test_flow() -> None:
    metrics = of_facts(resolved(1, 2), resolved(2, 4), fact(3))
    assert [(metrics[id_].value, metrics[id_].n) for id_ in ("opened", "resolved", "net_flow")] == [
        (3, 3),
        (2, 2),
        (1, 5),
    ]
    assert measured([week_sums()], backlog=7)["backlog"].value == 7


def test_shares_of_tickets_have_their_denominator_and_the_interval_of_wilson() -> None:
    metrics = of_facts(
        fact(1), fact(2, work_class="request", after_hours=True), fact(3, work_class="rework"),
        fact(4, work_class="delivery", nature="proactive"), repeats=frozenset({1}),
    )  # fmt: skip
    share = metrics["reactive_share"]
    assert (share.value, share.n, share.low, share.high) == (0.75, 4, *wilson(3, 4))
    assert (metrics["failure_demand_share"].value, metrics["failure_demand_share"].n) == (2 / 3, 3)
    assert (metrics["repeat_share"].value, metrics["repeat_share"].n) == (0.5, 2)
    assert (metrics["after_hours_share"].value, metrics["after_hours_share"].n) == (1 / 3, 3)


def test_shares_of_hours_below_eight_periods_take_the_ticket_as_the_unit() -> None:
    """By hand: R = 0.5, squares 7.5, variance 4/3 * 7.5 / 10^2 = 0.1, which a share of 0.25 / 0.1 = 2.5 tickets has."""
    tickets = [fact(number, seconds=number * HOUR) for number in (1, 2, 3, 4)]
    share = of_facts(*tickets, repeats=frozenset({1, 4}))["repeat_hours_share"]
    z = 1.959963984540054
    half = z / (1 + z**2 / 2.5) * math.sqrt(0.25 / 2.5 + z**2 / (4 * 2.5**2))
    assert (share.value, share.n, share.note) == (0.5, 4, "0.0 % of the hours were logged")
    assert [share.low, share.high] == pytest.approx([0.5 - half, 0.5 + half])


def test_shares_of_hours_from_eight_periods_on_take_the_week_as_the_unit() -> None:
    """By hand: all wholes are 10 h, the parts 1 to 8; R = 0.45, squares 42, variance 8/7 * 42 / 80^2 = 0.0075.

    A share of 0.45 * 0.55 / 0.0075 = 33 units has that variance; Student's t with 7 degrees of freedom is 2.364624.
    """
    periods = [
        week_sums(
            week, failure=100, failure_s=10 * HOUR, failures_q=100 * 36, repeat_s=week * HOUR, repeat_q=week * 360
        )
        for week in range(1, 9)
    ]
    share = measured(periods)["repeat_hours_share"]
    t = 2.3646242510
    centre = (0.45 + t**2 / 66) / (1 + t**2 / 33)
    half = t / (1 + t**2 / 33) * math.sqrt(0.45 * 0.55 / 33 + t**2 / (4 * 33**2))
    assert share.value == pytest.approx(0.45)
    assert [share.low, share.high] == pytest.approx([centre - half, centre + half])
    by_ticket = measured(periods[:7])["repeat_hours_share"]
    assert [by_ticket.value, by_ticket.low] == pytest.approx([0.4, 0.364], abs=0.001)


def test_repeats_by_number_take_the_week_as_the_unit_too() -> None:
    """All repeats in one week of eight: by ticket some 12.5 % of 800, by week far less certain."""
    periods = [week_sums(week, failure=100, repeat=100 if week == 3 else 0) for week in range(8)]
    burst, spread = measured(periods)["repeat_share"], measured(periods[:7])["repeat_share"]
    assert (burst.value, burst.n, spread.low, spread.high) == (0.125, 800, *wilson(100, 700))
    assert burst.low is not None
    assert burst.high is not None
    assert burst.low < 0.03
    assert burst.high > 0.4


def test_reactive_hours_are_a_share_of_all_hours_and_repeat_hours_of_failures() -> None:
    sums = {"opened": 12, "failure": 4, "request": 2, "delivery": 6, "repeat": 1}
    seconds = {"failure.s": 20 * HOUR, "request.s": 10 * HOUR, "delivery.s": 10 * HOUR, "repeat.s": 5 * HOUR}
    squares = {"failures.q": 4 * 300**2, "requests.q": 2 * 300**2, "proactive.q": 6 * 100**2, "repeat.q": 300**2}
    logged = {"failures.l": 2 * HOUR, "requests.l": HOUR, "proactive.l": HOUR}
    metrics = measured([PeriodSums(MONDAY, MONDAY + WEEK, sums | seconds | squares | logged)])
    reactive, repeat = metrics["reactive_hours_share"], metrics["repeat_hours_share"]
    assert (reactive.value, reactive.n, reactive.note) == (0.75, 12, "10.0 % of the hours were logged")
    assert (repeat.value, repeat.n, repeat.note) == (0.25, 4, "10.0 % of the hours were logged")


def test_unknown_hours_are_told_beside_a_share_and_leave_none_without_known_ones() -> None:
    sums = {"opened": 4, "failure": 4, "failures.u": 1, "repeat": 1}
    of_known = measured([PeriodSums(MONDAY, MONDAY + WEEK, sums | {"failure.s": HOUR, "failures.q": 3600})])
    note = "0.0 % of the hours were logged; hours of 25.0 % of the tickets are unknown"
    assert of_known["repeat_hours_share"].note == note
    of_none = measured([PeriodSums(MONDAY, MONDAY + WEEK, sums | {"failures.u": 4})])
    assert (of_none["repeat_hours_share"].value, of_none["repeat_hours_share"].n) == (None, 4)


def test_failures_and_requests_that_came_again_are_shares_of_their_own() -> None:
    metrics = measured([week_sums(failure=6, rework=2, request=5, delivery=9, repeat=2, endless=1, rerequest=4)])
    shares = {id_: metrics[id_] for id_ in ("repeat_share", "endless_share", "request_repeat_share")}
    assert {id_: (share.value, share.n) for id_, share in shares.items()} == {
        "repeat_share": (0.25, 8), "endless_share": (0.125, 8), "request_repeat_share": (0.8, 5),
    }  # fmt: skip


def test_undecided_tickets_are_in_no_share_and_give_it_bounds() -> None:
    """By hand: 60 reactive of 100 decided; with 25 undecided 60 / 125 to 85 / 125."""
    sums = {"opened": 125, "failure": 40, "request": 20, "delivery": 40, "after": 6, "repeat": 10, "rerequest": 2}
    undecided = {"undecided": 25, "undecided.after": 11, "undecided.repeat": 20, "undecided.endless": 5}
    metrics = measured([PeriodSums(MONDAY, MONDAY + WEEK, sums | undecided)])
    bounds = {
        id_: (metrics[id_].value, metrics[id_].n, metrics[id_].undecided_low, metrics[id_].undecided_high)
        for id_ in ("reactive_share", "failure_demand_share", "repeat_share", "endless_share", "after_hours_share")
    }
    assert bounds == {
        "reactive_share": (0.6, 100, 60 / 125, 85 / 125),
        "failure_demand_share": (40 / 60, 60, 40 / 85, 65 / 85),
        "repeat_share": (0.25, 40, 0.25, 30 / 65),
        "endless_share": (0.0, 40, 0.0, 5 / 65),
        "after_hours_share": (0.1, 60, 0.1, 17 / 85),
    }
    note = "48.0 % to 68.0 % if undecided tickets (25) were all one or the other"
    assert (metrics["reactive_share"].note, metrics["opened"].note) == (note, None)


def test_hours_of_undecided_tickets_bound_the_shares_of_hours() -> None:
    sums = {"failure": 2, "failure.s": 8 * HOUR, "repeat": 1, "repeat.s": 4 * HOUR, "undecided": 1}
    more = {"delivery": 1, "delivery.s": 8 * HOUR, "undecided.s": 4 * HOUR, "undecided.repeat.s": 4 * HOUR}
    squares = {"failures.q": 2 * 240**2, "proactive.q": 480**2, "repeat.q": 240**2}
    metrics = measured([PeriodSums(MONDAY, MONDAY + WEEK, sums | more | squares)])
    reactive, repeat = metrics["reactive_hours_share"], metrics["repeat_hours_share"]
    assert (reactive.value, reactive.undecided_low, reactive.undecided_high) == (0.5, 0.4, 0.6)
    assert (repeat.value, repeat.undecided_low, repeat.undecided_high) == (0.5, 0.5, 8 / 12)
    bounds = "40.0 % to 60.0 % if undecided tickets (1) were all one or the other"
    assert reactive.note == f"0.0 % of the hours were logged; {bounds}"


@pytest.mark.parametrize(("undecided", "low"), [(2, None), (3, 49 / 101)])
def test_bounds_are_told_once_the_undecided_are_more_than_two_percent(undecided: int, low: float | None) -> None:
    metrics = measured([week_sums(opened=98 + undecided, failure=49, delivery=49, undecided=undecided)])
    assert metrics["reactive_share"].undecided_low == low


def test_a_share_without_a_decided_ticket_names_the_undecided_ones() -> None:
    share = measured([week_sums(opened=7, undecided=7)])["reactive_share"]
    assert (share.value, share.why_not) == (None, "no decided ticket was opened in the period: 7 tickets undecided")


def test_one_ticket_says_little() -> None:
    metrics = of_facts(fact(1, seconds=HOUR), repeats=frozenset({1}))
    share = metrics["repeat_hours_share"]
    assert (share.value, share.n) == (1.0, 1)
    assert share.low is not None
    assert share.low < 0.25


def test_reopen_rate_counts_weeks_whose_thirty_days_have_passed() -> None:
    periods = [week_sums(0, first=40, back=10), week_sums(1, first=20, back=1)]
    first = measured(periods, as_of=MONDAY + WEEK + timedelta(days=30))["reopen_rate"]
    assert (first.value, first.n, first.note) == (0.25, 40, "20 more do not count yet: their 30 days have not passed")
    both = measured(periods, as_of=MONDAY + 2 * WEEK + timedelta(days=30))["reopen_rate"]
    assert (both.value, both.n, both.note) == (11 / 60, 60, None)
    none = measured(periods, as_of=MONDAY + 2 * WEEK)["reopen_rate"]
    assert (none.value, none.n) == (None, 0)
    assert none.why_not == "60 tickets of the period were first resolved, but their 30 days have not passed"


def test_one_touch_rate_leaves_out_weeks_whose_thirty_days_have_not_passed() -> None:
    periods = [week_sums(0, told=40, one=10), week_sums(1, told=20, one=20)]
    first = measured(periods, as_of=MONDAY + WEEK + timedelta(days=30))["one_touch_rate"]
    assert (first.value, first.n, first.note) == (0.25, 40, "20 more do not count yet: their 30 days have not passed")
    none = measured(periods, as_of=MONDAY + 2 * WEEK)["one_touch_rate"]
    assert (none.value, none.why_not) == (
        None, "60 tickets of the period were resolved, but their 30 days have not passed",
    )  # fmt: skip


def test_loops_are_shares_of_resolved_tickets_with_a_history() -> None:
    unknown = resolved(3, 3, handoffs=4, pingpong_strict=None, pingpong_loose=None, stall_loops=None)
    metrics = of_facts(resolved(1, 9, handoffs=2, pingpong_strict=1, pingpong_loose=1), resolved(2, 3), unknown)
    assert (metrics["pingpong_rate_strict"].value, metrics["pingpong_rate_strict"].n) == (0.5, 2)
    assert (metrics["pingpong_rate_loose"].value, metrics["stall_rate"].value) == (0.5, 0.0)
    assert (metrics["one_touch_rate"].value, metrics["one_touch_rate"].n) == (0.5, 2)


def test_mean_handoffs_have_the_interval_of_a_mean() -> None:
    handoffs = of_facts(resolved(1, 1, handoffs=2), resolved(2, 1, handoffs=0), resolved(3, 1, handoffs=4))["handoffs"]
    half = 1.959963984540054 * 2 / math.sqrt(3)
    assert (handoffs.value, handoffs.n) == (2, 3)
    assert [handoffs.low, handoffs.high] == pytest.approx([0, 2 + half])


def test_times_are_percentiles_of_what_was_resolved_to_within_one_percent() -> None:
    metrics = of_facts(*(resolved(hours, hours) for hours in range(1, 102)), fact(200))
    assert metrics["time_to_resolve_p50"].value == pytest.approx(51, rel=0.01)
    assert metrics["time_to_resolve_p90"].value == pytest.approx(91, rel=0.01)
    assert metrics["time_to_resolve_p90"].n == 101
    assert metrics["time_to_resolve_p50"].low == pytest.approx(40, rel=0.01)
    assert metrics["time_to_resolve_p50"].high == pytest.approx(61, rel=0.01)
    assert metrics["time_to_resolve_p50"].note == "to within 1 %"
    assert not metrics["delivery_lead_time"].measurable


def test_the_recurrence_gap_is_the_median_of_the_peace_and_no_week_has_one() -> None:
    assert not measured(weeks([]))["recurrence_gap"].measurable
    day = 24 * HOUR
    spells = [Spell(0, 3 * day, True), Spell(0, 8 * day, True), Spell(0, 20 * day, False)]
    gap = recurrence_gap(estimate_peace(spells))
    assert (gap.value, gap.n, gap.unit) == (8, 2, "days")
    gap = recurrence_gap(estimate_peace(spells[1:] * 2 + spells[2:]))
    assert (gap.value, gap.n) == (None, 2)
    assert gap.why_not == "fewer than half of the problems came back within 26 weeks"


def test_major_incidents_have_the_exact_interval_of_a_count() -> None:
    metrics = measured([week_sums(0, failure=50, level=40, major=4), week_sums(1, failure=5, level=5, major=0)])
    low, high = poisson(4)
    major, mtbf = metrics["major_incidents"], metrics["mtbf"]
    assert (major.value, major.n, major.low, major.high) == (4, 45, low, high)
    assert major.note == "10 more failures without a known priority"
    assert (mtbf.value, mtbf.n, mtbf.low, mtbf.high) == (84, 4, 336 / high, 336 / low)


def test_without_a_major_incident_the_time_between_them_has_a_least_value() -> None:
    """Garwood's upper bound of a count of 0 is -ln(0.025) = 3.6889; 168 h / 3.6889 = 45.5 h."""
    metrics = measured([week_sums(0, failure=5, level=5)])
    assert metrics["major_incidents"].value == 0
    assert metrics["mtbf"].value is None
    assert "46 h apart or more" in (metrics["mtbf"].why_not or "")


def test_without_priorities_no_major_incident_can_be_counted() -> None:
    metrics = measured([week_sums(0, failure=5)])
    assert (metrics["major_incidents"].value, metrics["mtbf"].value) == (None, None)


def test_changes_that_nobody_names_say_nothing() -> None:
    assert not measured([week_sums(0, change=9)])["change_failure_rate"].measurable
    named = measured([week_sums(0, change=9, cause=3)])["change_failure_rate"]
    assert (named.value, named.n) == (1 / 3, 9)


def test_other_shares() -> None:
    metrics = measured(
        [PeriodSums(MONDAY, LATER, {"sla": 8, "sla.b": 2, "failure": 10, "linked": 4, "own": 20, "misfiled": 5})]
    )
    assert (metrics["sla_breach_rate"].value, metrics["sla_breach_rate"].n) == (0.25, 8)
    assert (metrics["problem_link_rate"].value, metrics["problem_link_rate"].n) == (0.4, 10)
    assert (metrics["misfiled_share"].value, metrics["misfiled_share"].n) == (0.25, 20)


def fix_rows(outcome: Outcome, put_in: int, avoided: int = 0, control: Control = NO_CONTROL) -> list[Entry]:
    return fix_entries(FixTally(outcome, control, put_in * HOUR, avoided * HOUR), MONDAY, ZONE)


def test_fixes_hold_and_yield() -> None:
    """By hand: avoided 6 0, put in 2 1; R = 2, squares (6-4)^2 + (0-2)^2 = 8, half = 1.96 * sqrt(2 * 8) / 3."""
    nobody = Control(0.0, 1_000_000)
    rows = [*fix_rows("held", 2, 6, nobody), *fix_rows("did not hold", 1, 0, nobody), *fix_rows("too early", 9)]
    metrics = measured(weeks(rows))
    rate, net, gain = metrics["fix_hold_rate"], metrics["net_hold"], metrics["prevention_yield"]
    assert (rate.value, rate.n, rate.note) == (0.5, 2, "1 too early to tell, 0 unclear")
    assert (net.value, net.n, net.note) == (0.5, 2, None)
    assert (net.low, net.high) == pytest.approx(wilson(1, 2), abs=1e-4)
    assert (gain.value, gain.n, gain.low) == (2, 2, 0)
    assert gain.high == pytest.approx(2 + 1.959963984540054 * 4 / 3)


def test_what_ends_without_a_fix_is_no_merit_of_one() -> None:
    """By hand: 3 of 4 held, 0.6 of their controls as well: net 0.15, and 0.15 / 0.75 of 12 h avoided count."""
    similar = Control(0.6, 50)
    rows = [row for _ in range(3) for row in fix_rows("held", 1, 4, similar)] + fix_rows("did not hold", 1, 0, similar)
    metrics = measured(weeks(rows))
    assert metrics["net_hold"].value == pytest.approx(0.15)
    assert (metrics["net_hold"].low or 0) < 0 < (metrics["net_hold"].high or 0)
    assert metrics["prevention_yield"].value == pytest.approx(12 / 4 * 0.2)
    assert metrics["prevention_yield"].low == 0


def test_without_a_control_there_is_no_net_number() -> None:
    metrics = measured(weeks(fix_rows("held", 2, 6)))
    why = "no control: too few similar problems without a fix"
    assert (metrics["net_hold"].why_not, metrics["prevention_yield"].why_not) == (why, why)
    both = measured(weeks([*fix_rows("held", 2, 6), *fix_rows("held", 2, 6, Control(0.0, 20))]))
    assert both["net_hold"].note == "1 without a control left out"
    assert (both["net_hold"].n, both["prevention_yield"].n, both["prevention_yield"].value) == (1, 1, 3)


def test_one_fix_has_a_yield_without_an_interval_and_early_ones_have_none() -> None:
    first = measured(weeks(fix_rows("held", 2, 6, Control(0.0, 20))))["prevention_yield"]
    assert (first.value, first.low, first.high) == (3, None, None)
    early = measured(weeks(fix_rows("too early", 2)))
    assert (
        early["fix_hold_rate"].why_not == "no fix resolved in the period has a verdict: 1 too early to tell, 0 unclear"
    )
    assert not early["prevention_yield"].measurable


@pytest.mark.parametrize(
    ("tickets_by_person", "fewest"),
    [({}, None), ({"a": 0}, None), ({"a": 1}, 1), ({"a": 5, "b": 5}, 1), ({"a": 4, "b": 3, "c": 3}, 2),
     ({"a": 1, "b": 1, "c": 1, "d": 1, "e": 1}, 3)],
)  # fmt: skip
def test_absence_factor(tickets_by_person: dict[str, int], fewest: int | None) -> None:
    assert absence_factor(tickets_by_person) == fewest
    factor = measured([week_sums()], tickets_by_person)["absence_factor"]
    assert (factor.value, factor.n) == (fewest, sum(tickets_by_person.values()) if fewest else 0)


def test_weekly_metrics_have_a_value_or_none_in_every_week() -> None:
    metrics = weekly_metrics(
        [week_sums(0, opened=4, failure=1, delivery=3), week_sums(1), week_sums(2, opened=2, failure=2)],
        [5, 6, 7],
        LATER,
    )
    assert [week["reactive_share"].value for week in metrics] == [0.25, None, 1.0]
    assert [week["backlog"].value for week in metrics] == [5, 6, 7]
    assert weekly_metrics([], [], LATER) == []


def test_backlogs_must_be_as_many_as_weeks() -> None:
    with pytest.raises(ValueError, match="shorter"):
        weekly_metrics([week_sums(0), week_sums(1)], [5], LATER)


@given(st.lists(st.tuples(facts(), st.booleans()), min_size=1, max_size=9))
def test_weeks_merge_to_their_sum_in_any_order(tickets: list[tuple[Fact, bool]]) -> None:
    rows = [entry for first, repeat in tickets for entry in ticket_entries(first, ZONE, repeat=repeat, endless=False)]
    periods = weeks(rows)[:7]
    span = sum((first.end - first.begin for first in periods), timedelta())
    whole = PeriodSums(MONDAY, MONDAY + span, sum_periods(periods))
    assert (
        compute_metrics(periods, {}, 3, LATER)
        == compute_metrics([whole], {}, 3, LATER)
        == compute_metrics(periods[::-1], {}, 3, LATER)
    )
