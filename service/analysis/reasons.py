"""Sentences that say how sure a verdict is: the numbers behind it, and what they cannot show."""

from collections.abc import Mapping

from service.analysis.correction import (
    LIMIT,
    REPEAT,
    corrected_share,
    partial_weeks,
    precision_of,
    recall_of,
    visible_share,
)
from service.analysis.evidence import ScopeEvidence
from service.analysis.formatting import (
    count,
    hourly_rate,
    hours,
    integer,
    local_day,
    money,
    p_value,
    percent,
    visible_change,
    weekly_slope,
)  # fmt: skip
from service.analysis.metric import Metric
from service.analysis.money import MoneyRange, hours_are_known, repeat_money, rough_money
from service.analysis.sufficiency import failure_tickets
from service.analysis.tally import FAILURES
from service.analysis.trend import Trend
from service.analysis.wording import between, logged_part, span, weeks_of

VERDICT_WEEKS = 13
MARKED_BY: Mapping[str, str] = {"people": "that people closed as duplicates", "sample": "of the audit sample"}


def reasons(evidence: ScopeEvidence) -> tuple[str, ...]:
    """Return a sentence for each number that the verdict rests on, those that could turn it first."""
    sentences = (
        _repeats(evidence),
        _corrected(evidence),
        _look_back(evidence),
        _recall(evidence),
        _precision(evidence),
        _trend("the share of repeats", evidence.trends.get(REPEAT)),
        _labels(evidence),
        _visibility(evidence),
        _endless(evidence),
        _undecided(evidence),
        *(_money(cost, evidence) for cost in repeat_money(evidence)),
        _hours(evidence),
        _wider(evidence),
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


def _repeats(evidence: ScopeEvidence) -> str | None:
    share = evidence.metrics.get(REPEAT)
    if share is None or not share.measurable:
        return None
    of = f"of the failures in {span(evidence.period, evidence.zone)} repeated known problems"
    return f"{share_with_interval(share, 'failures')} {of}."


def _corrected(evidence: ScopeEvidence) -> str | None:
    share = corrected_share(evidence)
    if share is None:
        return None
    value, low, high = share
    what = "what was missed and what was wrongly joined" if precision_of(evidence) else "what was missed"
    return f"Corrected for {what} the share is {percent(value, LIMIT)}, {between(low, high, apart_from=LIMIT)}."


def _visibility(evidence: ScopeEvidence) -> str | None:
    visible = visible_share(evidence)
    if visible is None or evidence.recognition is None:
        return "How much can be seen has not been counted."
    seen = evidence.recognition.visibility
    parts = f"{percent(seen.words)} by their words, {percent(seen.label)} by a label alone"
    return f"{percent(visible)} of {count(seen.n, 'reactive ticket')} could be recognised at all: {parts}."


def _recall(evidence: ScopeEvidence) -> str | None:
    recall = recall_of(evidence)
    if recall is None:
        marked = evidence.recognition.marked if evidence.recognition else 0
        few = f": people closed only {count(marked, 'ticket')} as duplicates" if marked else ""
        return f"How many of the repeats are recognised is not known{few}."
    share = f"{percent(recall.value)} ({between(recall.low, recall.high)}, n = {integer(recall.n)})"
    return f"Of the repeats {MARKED_BY[recall.origin]}, {share} were recognised without that word."


def _precision(evidence: ScopeEvidence) -> str | None:
    precision = precision_of(evidence)
    if precision is None:
        return None
    share = f"{percent(precision.value)} ({between(precision.low, precision.high)}, n = {integer(precision.n)})"
    return f"Of the repeats that a person judged, {share} are the same problem."


def _labels(evidence: ScopeEvidence) -> str | None:
    share = evidence.recognition.label_share_of_repeats if evidence.recognition else None
    if not share:
        return None
    return f"{percent(share)} of the repeats are alike by a label alone, which is a kind of trouble, not a problem."


def _look_back(evidence: ScopeEvidence) -> str | None:
    partial = partial_weeks(evidence)
    if not partial or evidence.known_from is None:
        return None
    begin = local_day(evidence.known_from, evidence.zone)
    least = "a problem from before counts as new, so the repeats are a least number"
    return f"{count(partial, 'week')} of the period look back beyond {begin}, when the data begin: {least}."


def _trend(of: str, trend: Trend | None) -> str:
    """Return the direction of a share; where there is none, that it is not known."""
    if trend is None:
        return f"Too few whole weeks are known to see a direction of {of}."
    # A desk that fell from 35 to 20 % was called endless without a word that a fall could not have been seen.
    flat = trend.direction == "flat"
    seen = f"; {visible_change(trend.visible_per_week, trend.weeks, 'share')}" if flat else ""
    return f"Over the last 26 weeks {of} is {trend_of_share(trend)}{seen}."


def _endless(evidence: ScopeEvidence) -> str | None:
    repeat, endless = evidence.sums.get("repeat", 0), evidence.sums.get("repeat.endless", 0)
    if not repeat:
        return None
    return f"Endless cycles hold {integer(endless)} of {count(repeat, 'repeat')} ({percent(endless / repeat)})."


def _undecided(evidence: ScopeEvidence) -> str | None:
    share, undecided = evidence.metrics.get(REPEAT), evidence.sums.get("undecided", 0)
    if share is None or share.undecided_low is None or share.undecided_high is None:
        return None
    bounds = f"{percent(share.undecided_low, LIMIT)} and {percent(share.undecided_high, LIMIT)}"
    return f"Depending on what {count(undecided, 'undecided ticket')} are, the share lies between {bounds}."


def _hours(evidence: ScopeEvidence) -> str | None:
    share, n = evidence.metrics.get("repeat_hours_share"), failure_tickets(evidence.sums)
    if not hours_are_known(evidence):
        unknown = evidence.sums.get("failures.u", 0)
        return (
            f"Hours are unknown for {integer(unknown)} of {count(n, 'failure')}, too many to show them." if n else None
        )
    if share is None or not share.measurable:
        return None
    seconds = sum(evidence.sums.get(f"{name}.s", 0) for name in FAILURES)
    repeat, part = hours(evidence.sums.get("repeat.s", 0)), logged_part(evidence.sums.get("failures.l", 0), seconds)
    took = f"repeats took {repeat} of {hours(seconds)} of work on failures ({part})"
    return f"In hours, {took}: {percent(share.value or 0.0)}."


def _wider(evidence: ScopeEvidence) -> str | None:
    weeks = weeks_of(evidence.period, evidence.zone)
    if weeks <= VERDICT_WEEKS:
        return None
    return f"{VERDICT_WEEKS} weeks hold too few failures for a verdict, so it is about {weeks} weeks."


def _money(cost: MoneyRange, evidence: ScopeEvidence) -> str:
    prices = evidence.money
    if prices is None:
        return ""
    if cost.basis == "support_cost":
        how = f"{money(prices.support_cost or 0, cost.currency)} a month times their share of all work"
    else:
        how = f"their hours at {hourly_rate(prices.hourly_rate or 0, cost.currency)}"
    return f"The repeats of the period cost {rough_money(cost)}: {how}."
