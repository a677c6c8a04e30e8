"""The numbers that a verdict rests on, as sentences."""

from service.analysis.evidence import Evidence
from service.analysis.metrics import Metric
from service.analysis.sufficiency import reactive_tickets, weeks_known
from service.analysis.tally import REACTIVE
from service.analysis.trend import Trend
from service.analysis.wording import (
    HOUR,
    amount,
    between,
    chance,
    count,
    hours,
    local_day,
    logged_part,
    percent,
    points,
    span,
)

LIMIT = 0.10
WEEKS_OF_TRUST = 39
"""The 13 weeks of the verdict and, before them, 26 in which a problem can have been seen for the first time."""


def reasons(evidence: Evidence) -> tuple[str, ...]:
    """What a verdict rests on, a sentence for each number that is measurable."""
    found = (
        _repeats(evidence),
        _by_tickets(evidence),
        _trend("the share of repeat hours", evidence.trends.get("repeat_hours_share")),
        _share("Reactive work takes", "of all hours", evidence.metrics.get("reactive_hours_share"), "tickets"),
        _trend("the reactive share of all hours", evidence.trends.get("reactive_hours_share")),
        _share("Endless cycles take", "of all hours", evidence.metrics.get("endless_hours_share"), "tickets"),
        _money(evidence),
        memory(evidence),
    )
    return tuple(reason for reason in found if reason)


def inside(share: Metric, of: str) -> str:
    """A share with its interval and n: `34.2 % (95 % interval 29.1 % to 39.5 %, n = 1,234 reactive tickets)`.

    Neither value nor bound is so rounded that it reads like the limit of 10 %.
    """
    value = percent(share.value or 0.0, apart_from=LIMIT)
    return f"{value} ({between(share.low, share.high, apart_from=LIMIT)}, n = {share.n:,} {of})"


def moving(trend: Trend) -> str:
    """A trend: `falling (-0.31 points a week, 95 % interval -0.50 to -0.12, p = 0.003, 26 weeks)`."""
    bounds = "" if trend.low is None or trend.high is None else f"{points(trend.low)} to {points(trend.high)}"
    interval = f", 95 % interval {bounds}" if bounds else ""
    weeks = count(trend.weeks, "week")
    return f"{trend.direction} ({points(trend.slope_per_week)} points a week{interval}, {chance(trend.p)}, {weeks})"


def logged(evidence: Evidence) -> str:
    """How many of the reactive hours were logged, as a sentence."""
    return f"The reactive hours are {logged_part(evidence.sums.get('reactive.l', 0), reactive_seconds(evidence))}."


def reactive_seconds(evidence: Evidence) -> int:
    """The work in reactive tickets opened in the period."""
    return sum(evidence.sums.get(f"{work_class}.s", 0) for work_class in REACTIVE)


def paid_again(evidence: Evidence) -> str | None:
    """What the repeat hours cost, with its interval; None where no rate is known or nothing is to be paid."""
    share, money, whole = evidence.metrics.get("repeat_hours_share"), evidence.money, reactive_seconds(evidence)
    if money is None or share is None or share.value is None or share.low is None or share.high is None:
        return None
    value, low, high = (part * whole / HOUR * money.hourly_rate for part in (share.value, share.low, share.high))
    rate = f"{money.currency} {money.hourly_rate:,.2f} an hour"
    by_guess = "" if evidence.sums.get("reactive.l", 0) >= whole else "an estimated "
    return f"{by_guess}{amount(value, money.currency)} at {rate} (95 % interval {low:,.0f} to {high:,.0f})"


def memory(evidence: Evidence) -> str | None:
    """What is not known because the data do not reach back far enough; None where they do."""
    if evidence.known_from is None or weeks_known(evidence) >= WEEKS_OF_TRUST:
        return None
    known = local_day(evidence.known_from, evidence.zone)
    return f"Tickets are known from {known} on; what came back from before counts as new, so repeats are a least value."


def _repeats(evidence: Evidence) -> str | None:
    share = evidence.metrics.get("repeat_hours_share")
    if share is None or not share.measurable:
        return None
    part, whole = hours(evidence.sums.get("repeat.s", 0)), hours(reactive_seconds(evidence))
    where = span(evidence.period, evidence.zone)
    went = f"{part} of {whole} of reactive work in {where} went into problems that had been there before"
    return f"{went}: {inside(share, 'reactive tickets')}. {logged(evidence)}"


def _by_tickets(evidence: Evidence) -> str | None:
    share = evidence.metrics.get("repeat_share")
    if share is None or not share.measurable:
        return None
    repeat, n = evidence.sums.get("repeat", 0), reactive_tickets(evidence)
    return f"By number, {repeat:,} of {count(n, 'reactive ticket')} did: {inside(share, 'reactive tickets')}."


def _trend(of: str, trend: Trend | None) -> str | None:
    return f"Over the last 26 weeks {of} is {moving(trend)}." if trend else None


def _share(begin: str, end: str, share: Metric | None, of: str) -> str | None:
    return f"{begin} {inside(share, of)} {end}." if share is not None and share.measurable else None


def _money(evidence: Evidence) -> str | None:
    paid = paid_again(evidence)
    return f"The repeat hours of the period cost {paid}." if paid else None
