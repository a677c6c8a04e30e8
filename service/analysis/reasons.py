"""Sentences for the numbers that a verdict rests on."""

from service.analysis.evidence import ScopeEvidence
from service.analysis.formatting import (
    HOUR,
    count,
    hourly_rate,
    hours,
    integer,
    local_day,
    money,
    money_range,
    p_value,
    percent,
    visible_change,
    weekly_slope,
)  # fmt: skip
from service.analysis.metric import Metric
from service.analysis.sufficiency import failures, full_weeks
from service.analysis.tally import FAILURES
from service.analysis.trend import Trend
from service.analysis.wording import between, logged_part, span

LIMIT = 0.10
WEEKS_OF_HISTORY = 39
"""The 13 weeks of the verdict, and 26 before them in which a problem can have occurred for the first time."""


def reasons(evidence: ScopeEvidence) -> tuple[str, ...]:
    """Return a sentence for each number that the verdict rests on and that is measurable."""
    sentences = (
        _repeats(evidence),
        _by_tickets(evidence),
        _trend("the share of repeat hours", evidence.trends.get("repeat_hours_share")),
        _share("Reactive work takes", "of all hours", evidence.metrics.get("reactive_hours_share"), "tickets"),
        _trend("the reactive share of all hours", evidence.trends.get("reactive_hours_share")),
        _share("Endless cycles hold", "of all failures", evidence.metrics.get("endless_share"), "failures"),
        _money(evidence),
        history_caveat(evidence),
    )
    return tuple(sentence for sentence in sentences if sentence)


def share_with_interval(share: Metric, of: str) -> str:
    """Return a share as `34.2 % (95 % interval 29.1 % to 39.5 %, n = 1,234 failures)`."""
    # The verdict turns on which side of 10 % these lie, so none of them may be rounded to 10 % itself.
    value = percent(share.value or 0.0, apart_from=LIMIT)
    return f"{value} ({between(share.low, share.high, apart_from=LIMIT)}, n = {integer(share.n)} {of})"


def trend_of_share(trend: Trend) -> str:
    """Return a trend as `falling (-0.31 points a week, 95 % interval -0.50 to -0.12, p = 0.003, 26 weeks)`."""
    slope = weekly_slope(trend.slope_per_week, trend.low, trend.high, "share")
    return f"{trend.direction} ({slope}, {p_value(trend.p)}, {count(trend.weeks, 'week')})"


def logged_hours(evidence: ScopeEvidence) -> str:
    """Return the sentence that says how many of the hours of failures were logged."""
    return f"The hours of failures are {logged_part(evidence.sums.get('failures.l', 0), failure_seconds(evidence))}."


def failure_seconds(evidence: ScopeEvidence) -> int:
    """Return the seconds of work in failures opened in the period, rework included."""
    return sum(evidence.sums.get(f"{work_class}.s", 0) for work_class in FAILURES)


def repeat_cost(evidence: ScopeEvidence) -> str | None:
    """Return what the repeat hours cost, with its interval; None where no hourly rate or no share is known."""
    share, rate, whole = evidence.metrics.get("repeat_hours_share"), evidence.money, failure_seconds(evidence)
    if rate is None or share is None or share.value is None or share.low is None or share.high is None:
        return None
    value, low, high = (part * whole / HOUR * rate.hourly_rate for part in (share.value, share.low, share.high))
    price, spread = hourly_rate(rate.hourly_rate, rate.currency), money_range(low, high, rate.currency)
    estimated = "" if evidence.sums.get("failures.l", 0) >= whole else "an estimated "
    return f"{estimated}{money(value, rate.currency)} at {price} (95 % interval {spread})"


def history_caveat(evidence: ScopeEvidence) -> str | None:
    """Return the sentence that data which do not reach back far enough call for; None where they do."""
    if evidence.known_from is None or full_weeks(evidence) >= WEEKS_OF_HISTORY:
        return None
    begin = local_day(evidence.known_from, evidence.zone)
    history = f"Tickets are known from {begin} on"
    return f"{history}; a problem that came back from before counts as new, so the repeats are a lower bound."


def _repeats(evidence: ScopeEvidence) -> str | None:
    share = evidence.metrics.get("repeat_hours_share")
    if share is None or not share.measurable:
        return None
    part, whole = hours(evidence.sums.get("repeat.s", 0)), hours(failure_seconds(evidence))
    where = span(evidence.period, evidence.zone)
    went = f"{part} of {whole} of work on failures in {where} went into problems that had been there before"
    return f"{went}: {share_with_interval(share, 'failures')}. {logged_hours(evidence)}"


def _by_tickets(evidence: ScopeEvidence) -> str | None:
    share = evidence.metrics.get("repeat_share")
    if share is None or not share.measurable:
        return None
    repeat, n = evidence.sums.get("repeat", 0), failures(evidence)
    share_of_tickets = share_with_interval(share, "failures")
    return f"Counted by ticket, repeats are {integer(repeat)} of {count(n, 'failure')}: {share_of_tickets}."


def _trend(of: str, trend: Trend | None) -> str | None:
    if trend is None:
        return None
    # A desk that fell from 35 to 20 % was called endless without a word that a fall could not have been seen.
    flat = trend.direction == "flat"
    seen = f"; {visible_change(trend.visible_per_week, trend.weeks, 'share')}" if flat else ""
    return f"Over the last 26 weeks {of} is {trend_of_share(trend)}{seen}."


def _share(begin: str, end: str, share: Metric | None, of: str) -> str | None:
    return f"{begin} {share_with_interval(share, of)} {end}." if share is not None and share.measurable else None


def _money(evidence: ScopeEvidence) -> str | None:
    cost = repeat_cost(evidence)
    return f"The repeat hours of the period cost {cost}." if cost else None
