from dataclasses import replace

import pytest

from service.analysis.evidence import Money, ScopeEvidence
from service.analysis.money import MoneyRange, cycle_money, repeat_money, rough_money, team_money
from service.analysis.verdict import reach_verdict
from tests.service.analysis.samples import HOUR, cycle, evidence, team

MONTHS = 13 * 7 / (365.25 / 12)


def with_sums(given: ScopeEvidence, **sums: int) -> ScopeEvidence:
    return replace(given, sums={**given.sums, **{name.replace("__", "."): number for name, number in sums.items()}})


def amount(given: ScopeEvidence) -> MoneyRange:
    cost = repeat_money(given)
    assert cost is not None
    return cost


def test_without_prices_there_is_no_money() -> None:
    assert repeat_money(evidence()) is None
    assert cycle_money(cycle(), evidence()) is None


def test_hours_cost_what_the_interval_of_their_share_allows() -> None:
    """By hand: 300 h of repeats are 30 % (25 to 35 %), so 250 to 350 h at EUR 100."""
    cost = amount(evidence(money=Money(100, "EUR")))
    assert [cost.low, cost.high] == pytest.approx([25_000, 35_000])
    assert cost.basis == "hours"


def test_unknown_hours_widen_the_range_upwards_and_hide_it_from_half_on() -> None:
    """By hand: of 120 repeats 60 have hours; were the others like them, it would be twice as much."""
    half = with_sums(evidence(money=Money(100, "EUR")), failures__u=200, repeat__u=60)
    cost = amount(half)
    assert [cost.low, cost.high] == pytest.approx([25_000, 70_000])
    assert repeat_money(with_sums(half, failures__u=201)) is None


def test_the_cost_of_support_is_shared_by_tickets_and_by_hours_where_they_are_known() -> None:
    """By hand: 0.25 to 0.35 of 400 failures in 500 tickets are 0.2 to 0.28; of the hours they are 0.25 to 0.35."""
    given = evidence(money=Money(None, "EUR", 10_000))
    cost = amount(given)
    assert [cost.low, cost.high] == pytest.approx([10_000 * MONTHS * 0.2, 10_000 * MONTHS * 0.35])
    by_tickets = amount(with_sums(given, failures__u=400))
    assert by_tickets.high == pytest.approx(10_000 * MONTHS * 0.28)


def test_a_scope_pays_for_its_part_of_all_tickets() -> None:
    cost = amount(replace(evidence(money=Money(None, "EUR", 10_000)), opened_in_all=5000))
    assert [cost.low, cost.high] == pytest.approx([10_000 * MONTHS * 0.02, 10_000 * MONTHS * 0.028])


def test_where_both_prices_are_set_all_money_is_by_the_cost_of_support_and_says_so() -> None:
    both, by_cost = (evidence(money=Money(rate, "EUR", 10_000)) for rate in (100, None))
    assert amount(both) == amount(by_cost)
    assert reach_verdict(both).money == (amount(both),)
    assert reach_verdict(both).sentence == reach_verdict(by_cost).sentence
    [text] = [reason for reason in reach_verdict(both).how_sure if "cost EUR" in reason]
    assert text.endswith(
        "EUR 10,000 a month times their share of all work; the hourly rate is set too, but not used: hours can be "
        "estimates."
    )
    [text] = [reason for reason in reach_verdict(by_cost).how_sure if "cost EUR" in reason]
    assert text.endswith("EUR 10,000 a month times their share of all work.")


def test_a_team_costs_what_its_repeats_do_by_the_same_basis() -> None:
    """By hand: 30 of 500 tickets are 6 % of EUR 10,000 in three months; 75 h at EUR 83 are 6,225."""
    network = team("Network", repeat_tickets=30, repeat_seconds=75 * HOUR)
    assert team_money(network, evidence(money=Money(83, "EUR", 10_000))) == 1_800
    assert team_money(network, evidence(money=Money(83, "EUR"))) == 6_200
    assert team_money(network, evidence()) is None
    assert team_money(replace(network, repeat_seconds=0), evidence(money=Money(83, "EUR"))) is None
    assert team_money(replace(network, repeat_tickets=0, repeat_seconds=0), evidence(money=Money(83, "EUR"))) == 0


def test_a_cycle_costs_a_rounded_amount() -> None:
    """By hand: 90 h at EUR 83 are 7,470; 15 of 500 tickets are 3 % of EUR 10,000 in three months."""
    assert cycle_money(cycle(), evidence(money=Money(83, "EUR"))) == 7_500
    assert cycle_money(cycle(), evidence(money=Money(83, "EUR", 10_000))) == 900
    assert cycle_money(cycle(window_tickets=0), evidence(money=Money(83, "EUR"))) is None
    unknown = with_sums(evidence(money=Money(83, "EUR")), failures__u=400)
    assert cycle_money(cycle(window_seconds=9 * HOUR), unknown) is None


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (21_250, 29_750, "EUR 21,000 to 30,000"),
        (0, 0, "EUR 0"),
        (96, 99.1, "EUR 96 to 100"),
        (80, 80, "EUR 80"),
        (0.4, 1_234_567, "EUR 0 to 1,300,000"),
    ],
)
def test_a_range_is_rounded_outwards(low: float, high: float, text: str) -> None:
    assert rough_money(MoneyRange(low, high, "EUR", "hours")) == text
