import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.analysis.catalogue import CATALOGUE
from service.analysis.fact import Fact
from service.analysis.formulas import absence_factor, compute_metrics, weekly_values
from service.analysis.interval import poisson, wilson
from service.analysis.metric import Metric, PeriodSums, sum_periods
from service.analysis.tally import ticket_entries, fix_entries, gap_entries
from tests.service.analysis.samples import HOUR, MONDAY, ZONE, fact, facts, weeks

LATER = MONDAY + timedelta(weeks=30)
WEEK = timedelta(weeks=1)


def measured(
    atoms: Sequence[PeriodSums],
    tickets_by_person: Mapping[str, int] | None = None,
    backlog: int = 0,
    as_of: datetime = LATER,
) -> dict[str, Metric]:
    return {metric.id: metric for metric in compute_metrics(atoms, tickets_by_person or {}, backlog, as_of)}


def atom(week: int = 0, **sums: int) -> PeriodSums:
    """The atom of a week; `failure_s` stands for `failure.s`."""
    begin = MONDAY + week * WEEK
    return PeriodSums(begin, begin + WEEK, {name.replace("_", "."): amount for name, amount in sums.items()})


def of_facts(*tickets: Fact, repeats: frozenset[int] = frozenset()) -> dict[str, Metric]:
    rows = [entry for ticket in tickets for entry in ticket_entries(ticket, ZONE, repeat=ticket.ticket in repeats, endless=False)]
    return measured(weeks(rows))


def resolved(number: int, hours: float, **more: object) -> Fact:
    at = MONDAY + timedelta(hours=9 + hours)
    return fact(number, first_resolved_at=at, resolved_at=at, **more)


def test_every_metric_is_there_once_in_the_order_of_the_catalogue() -> None:
    assert [metric.id for metric in compute_metrics([], {}, 0, LATER)] == [row.id for row in CATALOGUE]
    assert len({row.id for row in CATALOGUE}) == len(CATALOGUE)
    assert [metric.unit for metric in compute_metrics([atom()], {}, 0, LATER)] == [row.unit for row in CATALOGUE]


def test_without_tickets_counts_are_zero_and_the_rest_says_why_not() -> None:
    metrics_by_id = measured([])
    measurable = {id_ for id_, metric in metrics_by_id.items() if metric.measurable}
    assert measurable == {"opened", "resolved", "backlog", "net_flow", "major_incidents"}
    assert all(metric.why_not for metric in metrics_by_id.values() if not metric.measurable)


def test_flow() -> None:
    result = of_facts(resolved(1, 2), resolved(2, 4), fact(3))
    assert [(result[id_].value, result[id_].n) for id_ in ("opened", "resolved", "net_flow")] == [(3, 3), (2, 2), (1, 5)]
    assert measured([atom()], backlog=7)["backlog"].value == 7


def test_shares_of_tickets_have_their_denominator_and_the_interval_of_wilson() -> None:
    result = of_facts(
        fact(1), fact(2, work_class="request", after_hours=True), fact(3, work_class="rework"),
        fact(4, work_class="delivery", nature="proactive"), repeats=frozenset({1}),
    )  # fmt: skip
    share = result["reactive_share"]
    assert (share.value, share.n, share.low, share.high) == (0.75, 4, *wilson(3, 4))
    assert (result["failure_demand_share"].value, result["failure_demand_share"].n) == (2 / 3, 3)
    assert (result["repeat_share"].value, result["repeat_share"].n) == (1 / 3, 3)
    assert (result["after_hours_share"].value, result["after_hours_share"].n) == (1 / 3, 3)


def test_shares_of_hours_below_eight_atoms_take_the_ticket_as_the_unit() -> None:
    """By hand: R = 0.5, squares 7.5, variance 4/3 * 7.5 / 10^2 = 0.1, which a share of 0.25 / 0.1 = 2.5 tickets has."""
    tickets = [fact(number, seconds=number * HOUR) for number in (1, 2, 3, 4)]
    result = of_facts(*tickets, repeats=frozenset({1, 4}))["repeat_hours_share"]
    z = 1.959963984540054
    half = z / (1 + z**2 / 2.5) * math.sqrt(0.25 / 2.5 + z**2 / (4 * 2.5**2))
    assert (result.value, result.n, result.note) == (0.5, 4, "0.0 % of the hours were logged")
    assert [result.low, result.high] == pytest.approx([0.5 - half, 0.5 + half])


def test_shares_of_hours_from_eight_atoms_on_take_the_week_as_the_unit() -> None:
    """By hand: all wholes are 10 h, the parts 1 to 8; R = 0.45, squares 42, variance 8/7 * 42 / 80^2 = 0.0075.

    A share of 0.45 * 0.55 / 0.0075 = 33 units has that variance; Student's t with 7 degrees of freedom is 2.364624.
    """
    atoms = [
        atom(week, failure=100, failure_s=10 * HOUR, reactive_q=100 * 36, repeat_s=week * HOUR, repeat_q=week * 360)
        for week in range(1, 9)
    ]
    result = measured(atoms)["repeat_hours_share"]
    t = 2.3646242510
    centre = (0.45 + t**2 / 66) / (1 + t**2 / 33)
    half = t / (1 + t**2 / 33) * math.sqrt(0.45 * 0.55 / 33 + t**2 / (4 * 33**2))
    assert result.value == pytest.approx(0.45)
    assert [result.low, result.high] == pytest.approx([centre - half, centre + half])
    by_ticket = measured(atoms[:7])["repeat_hours_share"]
    assert [by_ticket.value, by_ticket.low] == pytest.approx([0.4, 0.364], abs=0.001)


def test_repeats_by_number_take_the_week_as_the_unit_too() -> None:
    """All repeats in one week of eight: by ticket some 12.5 % of 800, by week far less certain."""
    atoms = [atom(week, failure=100, repeat=100 if week == 3 else 0) for week in range(8)]
    burst, spread = measured(atoms)["repeat_share"], measured(atoms[:7])["repeat_share"]
    assert (burst.value, burst.n, spread.low, spread.high) == (0.125, 800, *wilson(100, 700))
    assert burst.low is not None
    assert burst.high is not None
    assert burst.low < 0.03
    assert burst.high > 0.4


def test_reactive_and_endless_hours_are_shares_of_all_hours() -> None:
    sums = {"opened": 10, "failure": 4, "delivery": 6, "failure.s": 30 * HOUR, "delivery.s": 10 * HOUR}
    squares = {"reactive.q": 4 * 450**2, "proactive.q": 6 * 100**2, "endless.s": 10 * HOUR, "endless.q": 2 * 300**2}
    logged = {"reactive.l": 3 * HOUR, "proactive.l": HOUR}
    result = measured([PeriodSums(MONDAY, MONDAY + WEEK, sums | squares | logged)])
    assert (result["reactive_hours_share"].value, result["endless_hours_share"].value) == (0.75, 0.25)
    assert (result["reactive_hours_share"].n, result["endless_hours_share"].n) == (10, 10)
    assert result["reactive_hours_share"].note == "10.0 % of the hours were logged"


def test_one_ticket_says_little() -> None:
    result = of_facts(fact(1, seconds=HOUR), repeats=frozenset({1}))
    share = result["repeat_hours_share"]
    assert (share.value, share.n) == (1.0, 1)
    assert share.low is not None
    assert share.low < 0.25


def test_reopen_rate_counts_weeks_whose_thirty_days_have_passed() -> None:
    atoms = [atom(0, first=40, back=10), atom(1, first=20, back=1)]
    first = measured(atoms, as_of=MONDAY + WEEK + timedelta(days=30))["reopen_rate"]
    assert (first.value, first.n, first.note) == (0.25, 40, "20 more are open: their 30 days have not passed")
    both = measured(atoms, as_of=MONDAY + 2 * WEEK + timedelta(days=30))["reopen_rate"]
    assert (both.value, both.n, both.note) == (11 / 60, 60, None)
    none = measured(atoms, as_of=MONDAY + 2 * WEEK)["reopen_rate"]
    assert (none.value, none.n) == (None, 0)
    assert none.why_not == "60 tickets of the period were first resolved, and their 30 days have not passed"


def test_loops_are_shares_of_resolved_tickets_with_a_history() -> None:
    unknown = resolved(3, 3, handoffs=4, pingpong_strict=None, pingpong_loose=None, stall_loops=None)
    result = of_facts(resolved(1, 9, handoffs=2, pingpong_strict=1, pingpong_loose=1), resolved(2, 3), unknown)
    assert (result["pingpong_rate_strict"].value, result["pingpong_rate_strict"].n) == (0.5, 2)
    assert (result["pingpong_rate_loose"].value, result["stall_rate"].value) == (0.5, 0.0)
    assert (result["one_touch_rate"].value, result["one_touch_rate"].n) == (0.5, 2)


def test_mean_handoffs_have_the_interval_of_a_mean() -> None:
    result = of_facts(resolved(1, 1, handoffs=2), resolved(2, 1, handoffs=0), resolved(3, 1, handoffs=4))["handoffs"]
    half = 1.959963984540054 * 2 / math.sqrt(3)
    assert (result.value, result.n) == (2, 3)
    assert [result.low, result.high] == pytest.approx([0, 2 + half])


def test_times_are_percentiles_of_what_was_resolved_to_within_one_percent() -> None:
    result = of_facts(*(resolved(hours, hours) for hours in range(1, 102)), fact(200))
    assert result["time_to_resolve_p50"].value == pytest.approx(51, rel=0.01)
    assert result["time_to_resolve_p90"].value == pytest.approx(91, rel=0.01)
    assert result["time_to_resolve_p90"].n == 101
    assert result["time_to_resolve_p50"].low == pytest.approx(40, rel=0.01)
    assert result["time_to_resolve_p50"].high == pytest.approx(61, rel=0.01)
    assert result["time_to_resolve_p50"].note == "to within 1 %"
    assert not result["delivery_lead_time"].measurable


def test_recurrence_gap_is_in_days() -> None:
    day = 24 * HOUR
    start = int(MONDAY.timestamp())
    result = measured(weeks(gap_entries([start, start + 3 * day, start + 8 * day], [start + day] * 3, ZONE)))
    assert result["recurrence_gap"].value == pytest.approx((2 + 7) / 2, rel=0.01)
    assert (result["recurrence_gap"].n, result["recurrence_gap"].unit) == (2, "days")


def test_major_incidents_have_the_exact_interval_of_a_count() -> None:
    result = measured([atom(0, failure=50, level=40, major=4), atom(1, failure=5, level=5, major=0)])
    low, high = poisson(4)
    major, mtbf = result["major_incidents"], result["mtbf"]
    assert (major.value, major.n, major.low, major.high) == (4, 45, low, high)
    assert major.note == "of 10 more failures the priority is not known"
    assert (mtbf.value, mtbf.n, mtbf.low, mtbf.high) == (84, 4, 336 / high, 336 / low)


def test_without_a_major_incident_the_time_between_them_has_a_least_value() -> None:
    """Garwood's upper bound of a count of 0 is -ln(0.025) = 3.6889; 168 h / 3.6889 = 45.5 h."""
    result = measured([atom(0, failure=5, level=5)])
    assert result["major_incidents"].value == 0
    assert result["mtbf"].value is None
    assert "46 h apart or more" in (result["mtbf"].why_not or "")


def test_without_priorities_no_major_incident_can_be_counted() -> None:
    result = measured([atom(0, failure=5)])
    assert (result["major_incidents"].value, result["mtbf"].value) == (None, None)


def test_changes_that_nobody_names_say_nothing() -> None:
    assert not measured([atom(0, change=9)])["change_failure_rate"].measurable
    named = measured([atom(0, change=9, cause=3)])["change_failure_rate"]
    assert (named.value, named.n) == (1 / 3, 9)


def test_other_shares() -> None:
    result = measured(
        [PeriodSums(MONDAY, LATER, {"sla": 8, "sla.b": 2, "failure": 10, "linked": 4, "own": 20, "misfiled": 5})]
    )
    assert (result["sla_breach_rate"].value, result["sla_breach_rate"].n) == (0.25, 8)
    assert (result["problem_link_rate"].value, result["problem_link_rate"].n) == (0.4, 10)
    assert (result["misfiled_share"].value, result["misfiled_share"].n) == (0.25, 20)


def test_fixes_hold_and_yield() -> None:
    """By hand: avoided 6 0, put in 2 1; R = 2, squares (6-4)^2 + (0-2)^2 = 8, half = 1.96 * sqrt(2 * 8) / 3."""
    rows = [
        *fix_entries("held", MONDAY, 2 * HOUR, 6 * HOUR, ZONE),
        *fix_entries("did not hold", MONDAY, HOUR, 0, ZONE),
        *fix_entries("too early", MONDAY, 9 * HOUR, 0, ZONE),
    ]
    metrics = measured(weeks(rows))
    rate, gain = metrics["fix_hold_rate"], metrics["prevention_yield"]
    assert (rate.value, rate.n, rate.note) == (0.5, 2, "1 too early to tell, 0 unclear")
    assert (gain.value, gain.n, gain.low) == (2, 2, 0)
    assert gain.high == pytest.approx(2 + 1.959963984540054 * 4 / 3)


def test_one_fix_has_a_yield_without_an_interval_and_early_ones_have_none() -> None:
    first = measured(weeks(fix_entries("held", MONDAY, 2 * HOUR, 6 * HOUR, ZONE)))["prevention_yield"]
    assert (first.value, first.low, first.high) == (3, None, None)
    early = measured(weeks(fix_entries("too early", MONDAY, 2 * HOUR, 0, ZONE)))
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
    result = measured([atom()], tickets_by_person)["absence_factor"]
    assert (result.value, result.n) == (fewest, sum(tickets_by_person.values()) if fewest else 0)


def test_weekly_series_have_a_value_or_none_in_every_week() -> None:
    series = weekly_values([atom(0, opened=4, failure=1), atom(1), atom(2, opened=2, failure=2)], [5, 6, 7], LATER)
    assert series["reactive_share"] == [0.25, None, 1.0]
    assert series["backlog"] == [5, 6, 7]
    assert weekly_values([], [], LATER)["opened"] == []


def test_backlogs_must_be_as_many_as_weeks() -> None:
    with pytest.raises(ValueError, match="shorter"):
        weekly_values([atom(0), atom(1)], [5], LATER)


@given(st.lists(st.tuples(facts(), st.booleans()), min_size=1, max_size=9))
def test_weeks_merge_to_their_sum_in_any_order(tickets: list[tuple[Fact, bool]]) -> None:
    rows = [entry for first, repeat in tickets for entry in ticket_entries(first, ZONE, repeat=repeat, endless=False)]
    atoms = weeks(rows)[:7]
    span = sum((first.end - first.begin for first in atoms), timedelta())
    whole = PeriodSums(MONDAY, MONDAY + span, sum_periods(atoms))
    assert (
        compute_metrics(atoms, {}, 3, LATER)
        == compute_metrics([whole], {}, 3, LATER)
        == compute_metrics(atoms[::-1], {}, 3, LATER)
    )
