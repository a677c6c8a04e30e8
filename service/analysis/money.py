"""Money for repeats: always a range, from what support costs a month or from hours."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from service.analysis.evidence import CycleFact, Money, ScopeEvidence, TeamFact
from service.analysis.formatting import HOUR, hourly_rate, money, money_range
from service.analysis.tally import COUNTED, FAILURES

Basis = Literal["support_cost", "hours"]
MONTH = timedelta(days=365.25 / 12)
LEAST_KNOWN = 0.5
"""Below this share of tickets with known hours, money by hours would be a guess about the others."""
DIGITS = 2
"""Significant digits of an amount that stands alone: more would claim what estimated hours cannot tell."""


@dataclass(frozen=True, slots=True)
class MoneyRange:
    """The least and the greatest cost of repeats in the period."""

    low: Annotated[float, Field(description="The least amount, in the currency.")]
    high: Annotated[float, Field(description="The greatest amount, in the currency.")]
    currency: str
    basis: Annotated[Basis, Field(description="Cost of support times share of work, or hours times the hourly rate.")]


def repeat_money(evidence: ScopeEvidence) -> MoneyRange | None:
    """Return what the repeats of the period cost, by the one basis that the prices lead to; None if unknown."""
    # Never by the other basis in its place: two amounts of one thing would differ, each right on its own.
    if evidence.money is None:
        return None
    return _by_hours(evidence) if evidence.money.support_cost is None else _by_cost(evidence)


def basis_in_words(prices: Money) -> str:
    """Return how money comes about, and which price is not used where both are set."""
    if prices.support_cost is None:
        return f"their hours at {hourly_rate(prices.hourly_rate or 0, prices.currency)}"
    unused = "" if prices.hourly_rate is None else "; the hourly rate is set too, but not used: hours can be estimates"
    return f"{money(prices.support_cost, prices.currency)} a month times their share of all work{unused}"


def cycle_money(cycle: CycleFact, evidence: ScopeEvidence) -> float | None:
    """Return what the repeats of one cycle cost in the period, rounded to two digits.

    None where nobody can tell, and for requests, which are in no money.
    """
    if evidence.is_before_data or not cycle.window_tickets or cycle.work != "failure":
        return None
    return _amount(cycle.window_tickets, cycle.window_seconds, evidence)


def team_money(team: TeamFact, evidence: ScopeEvidence) -> float | None:
    """Return what the repeats of one team cost in the period, rounded to two digits; None where nobody can tell."""
    if evidence.money is not None and not team.repeat_tickets:
        return 0.0
    return _amount(team.repeat_tickets, team.repeat_seconds, evidence)


def _amount(repeats: int, seconds: int, evidence: ScopeEvidence) -> float | None:
    """Return what some of the repeats of the period cost, by the basis of all money."""
    prices, opened = evidence.money, _opened(evidence)
    if prices is None:
        return None
    if prices.support_cost is not None:
        return rounded(_cost(evidence) * repeats / opened) if opened else None
    if prices.hourly_rate is None or not hours_are_known(evidence) or not seconds:
        return None
    return rounded(seconds / HOUR * prices.hourly_rate)


def rough_money(cost: MoneyRange) -> str:
    """Return a range rounded outwards to two digits: `EUR 80,000 to 91,000`; one amount where both are the same."""
    low, high = rounded(cost.low, math.floor), rounded(cost.high, math.ceil)
    return money_range(low, high, cost.currency) if low < high else money(high, cost.currency)


def hours_are_known(evidence: ScopeEvidence) -> bool:
    """Return True if at least half of the failures of the period have known hours."""
    n = sum(evidence.sums.get(name, 0) for name in FAILURES)
    return bool(n) and evidence.sums.get("failures.u", 0) <= (1 - LEAST_KNOWN) * n


def _cost(evidence: ScopeEvidence) -> float:
    """Return what support cost in the period; the months are of 30.4 days."""
    months = (evidence.period.end - evidence.period.begin) / MONTH
    return months * ((evidence.money.support_cost if evidence.money else None) or 0.0)


def _opened(evidence: ScopeEvidence) -> int:
    """Return the tickets that the cost of support is spread over: all of them, whatever the scope."""
    return evidence.sums.get("opened", 0) if evidence.opened_in_all is None else evidence.opened_in_all


def _by_cost(evidence: ScopeEvidence) -> MoneyRange | None:
    share, opened = _bounds(evidence, "repeat_share"), _opened(evidence)
    if evidence.money is None or evidence.money.support_cost is None or share is None or not opened:
        return None
    n, cost = sum(evidence.sums.get(name, 0) for name in FAILURES), _cost(evidence)
    parts = [bound * n / opened for bound in share]
    parts += _parts_of_hours(evidence)
    return MoneyRange(cost * min(parts), cost * max(parts), evidence.money.currency, "support_cost")


def _parts_of_hours(evidence: ScopeEvidence) -> list[float]:
    """Return the bounds of the repeats' share of all hours; empty where they are not known for the whole of support."""
    share, repeat = _bounds(evidence, "repeat_hours_share"), evidence.sums.get("repeat.s", 0)
    whole = sum(evidence.sums.get(f"{name}.s", 0) for name in COUNTED)
    if evidence.opened_in_all is not None or share is None or not whole or not hours_are_known(evidence):
        return []
    value = evidence.metrics["repeat_hours_share"].value
    return [repeat / whole * bound / value for bound in share] if value else []


def _by_hours(evidence: ScopeEvidence) -> MoneyRange | None:
    share, prices = _bounds(evidence, "repeat_hours_share"), evidence.money
    if prices is None or prices.hourly_rate is None or share is None or not hours_are_known(evidence):
        return None
    value, repeats = evidence.metrics["repeat_hours_share"].value, evidence.sums.get("repeat", 0)
    if not value or not repeats:
        return None
    amount = evidence.sums.get("repeat.s", 0) / HOUR * prices.hourly_rate
    # A repeat whose hours nobody knows took nothing at least; for most it is taken to be like the known ones.
    unknown = min(evidence.sums.get("repeat.u", 0), repeats - 1)
    low, high = (amount * bound / value for bound in share)
    return MoneyRange(low, high * repeats / (repeats - unknown), prices.currency, "hours")


def _bounds(evidence: ScopeEvidence, metric: str) -> tuple[float, float] | None:
    share = evidence.metrics.get(metric)
    if share is None or share.low is None or share.high is None:
        return None
    return share.low, share.high


def rounded(amount: float, rounding: Callable[[float], int] = round) -> float:
    """Return an amount with two significant digits, 0 for less than nothing."""
    if amount <= 0:
        return 0.0
    step = 10.0 ** (math.floor(math.log10(amount)) - DIGITS + 1)
    # A quotient such as 80.00000000000001 is a whole number that the division has missed.
    return rounding(round(amount / step, 9)) * step
