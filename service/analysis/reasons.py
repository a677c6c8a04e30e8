"""Sentences that say how sure a verdict is: the numbers behind it, and what they cannot show."""

from collections.abc import Mapping

from service.analysis.correction import (
    LIMIT,
    REPEAT,
    corrected_share,
    partial_weeks,
    precision_of,
    recall_of,
    rests_on_labels,
    visible_share,
)
from service.analysis.ends import describe_ends
from service.analysis.evidence import ScopeEvidence
from service.analysis.formatting import (
    count,
    hours,
    integer,
    local_day,
    p_value,
    percent,
    visible_change,
    weekly_slope,
)  # fmt: skip
from service.analysis.metric import Metric
from service.analysis.money import basis_in_words, hours_are_known, repeat_money, rough_money
from service.analysis.recognition import Visibility
from service.analysis.sufficiency import failure_tickets
from service.analysis.tally import FAILURES
from service.analysis.trend import LEAST_WEEKS, Trend
from service.analysis.wording import before_data, between, known_part, repeated, span, weeks_of

VERDICT_WEEKS = 13
MARKED_BY: Mapping[str, str] = {"people": "that people closed as duplicates", "sample": "of the audit sample"}
ALIKE_BY_LABEL = "Equal labels show a kind of trouble, not that it is one problem."


def reasons(evidence: ScopeEvidence) -> tuple[str, ...]:
    """Return a sentence for each number that the verdict rests on, those that could turn it first."""
    if evidence.is_before_data:
        return (f"Nothing is known of these weeks: {before_data(evidence.known_from, evidence.zone)}.",)
    sentences = (
        _repeats(evidence),
        _corrected(evidence),
        _look_back(evidence),
        describe_ends(evidence),
        _recall(evidence),
        _precision(evidence),
        _trend("the share of repeats", evidence.trends.get(REPEAT)),
        _labels(evidence),
        _visibility(evidence),
        _endless(evidence),
        _undecided(evidence),
        _money(evidence),
        _hours(evidence),
        _wider(evidence),
    )
    return tuple(sentence for sentence in sentences if sentence)


def share_with_interval(share: Metric, of: str) -> str:
    """Return a share as `34.2 % of 1,234 failures (95 % interval 29.1 % to 39.5 %)`."""
    # The verdict turns on which side of 10 % these lie, so none of them may be rounded to 10 % itself.
    value = percent(share.value or 0.0, apart_from=LIMIT)
    return f"{value} of {integer(share.n)} {of} ({between(share.low, share.high, apart_from=LIMIT)})"


def trend_of_share(trend: Trend) -> str:
    """Return a trend as `falling (-0.31 points a week, 95 % interval -0.50 to -0.12, p = 0.003, 26 weeks)`."""
    slope = weekly_slope(trend.slope_per_week, trend.low, trend.high, "share")
    return f"{trend.direction} ({slope}, {p_value(trend.p)}, {count(trend.weeks, 'week')})"


def _repeats(evidence: ScopeEvidence) -> str | None:
    share = evidence.metrics.get(REPEAT)
    if share is None or not share.measurable:
        return None
    did = repeated(round((share.value or 0.0) * share.n), rests_on_labels(evidence))
    return f"In {span(evidence.period, evidence.zone)}, {share_with_interval(share, 'failures')} {did}."


def _corrected(evidence: ScopeEvidence) -> str | None:
    share = corrected_share(evidence)
    if share is None:
        return None
    value, low, high = share
    what = "what was missed and what was wrongly joined" if precision_of(evidence) else "what was missed"
    return f"Corrected for {what}, the share is {percent(value, LIMIT)} ({between(low, high, apart_from=LIMIT)})."


def _visibility(evidence: ScopeEvidence) -> str | None:
    visible = visible_share(evidence)
    if visible is None or evidence.recognition is None:
        return "How much can be seen has not been counted."
    seen = evidence.recognition.visibility
    of = (
        f"All {count(seen.n, 'reactive ticket')}"
        if not seen.nothing
        else (f"{percent(visible, apart_from=1)} of {count(seen.n, 'reactive ticket')}")
    )
    remark = f" {ALIKE_BY_LABEL}" if rests_on_labels(evidence) else ""
    return f"{of} can be seen{_by(seen)}.{remark}"


def _by(seen: Visibility) -> str:
    """Return how tickets can be seen, with shares where it is in both ways."""
    ways = [(seen.words, "by their words"), (seen.label, "by a label alone")]
    parts = [(share, way) for share, way in ways if share]
    if len(parts) == 1:
        return f", {parts[0][1]}"
    return f": {', '.join(f'{percent(share)} {way}' for share, way in parts)}" if parts else ""


def _recall(evidence: ScopeEvidence) -> str | None:
    recall = recall_of(evidence)
    if recall is None:
        if evidence.recognition is None:
            return "How many repeats were missed is not known."
        marked = evidence.recognition.marked
        few = f"only {count(marked, 'ticket')}" if marked else "no ticket"
        return f"How many repeats were missed is not known: people closed {few} as {_duplicates(marked)}."
    share = f"{percent(recall.value)} ({between(recall.low, recall.high)}, n = {integer(recall.n)})"
    return f"Of the repeats {MARKED_BY[recall.origin]}, {share} were recognised from their text."


def _duplicates(tickets: int) -> str:
    return "duplicates" if tickets > 1 else "a duplicate"


def _precision(evidence: ScopeEvidence) -> str | None:
    precision = precision_of(evidence)
    if precision is None:
        return None
    share = f"{percent(precision.value)} ({between(precision.low, precision.high)}, n = {integer(precision.n)})"
    return f"Of the repeats that a person judged, {share} are the same problem."


def _labels(evidence: ScopeEvidence) -> str | None:
    share = evidence.recognition.label_share_of_repeats if evidence.recognition else None
    # Where labels carry the verdict, the sentence on what can be seen says so.
    if not share or rests_on_labels(evidence):
        return None
    return f"{percent(share)} of the repeats share no more than a label. {ALIKE_BY_LABEL}"


def _look_back(evidence: ScopeEvidence) -> str | None:
    partial = partial_weeks(evidence)
    if not partial or evidence.known_from is None:
        return None
    begin = local_day(evidence.known_from, evidence.zone)
    weeks = weeks_of(evidence.period, evidence.zone)
    of = f"All {weeks} weeks" if partial == weeks else f"{partial} of {weeks} weeks"
    since = f"beyond {begin}, when the data begin"
    looking = f"{of} {'looks' if partial == 1 else 'look'} back {since}"
    return f"{looking}: what came before counts as new, so there may be more repeats than were counted."


def _trend(of: str, trend: Trend | None) -> str:
    """Return the direction of a share; where there is none, that it is not known."""
    if trend is None:
        return f"Whether {of} rises or falls is not known yet: fewer than {LEAST_WEEKS} weeks can be compared."
    # A desk that fell from 35 to 20 % was called endless without a word that a fall could not have been seen.
    flat = trend.direction == "flat"
    seen = f"; {visible_change(trend.visible_per_week, trend.weeks, 'share')}" if flat else ""
    return f"Over the last 26 weeks {of} was {trend_of_share(trend)}{seen}."


def _endless(evidence: ScopeEvidence) -> str | None:
    repeat, endless = evidence.sums.get("repeat", 0), evidence.sums.get("repeat.endless", 0)
    if not repeat:
        return None
    if not endless:
        return "No repeat belongs to an endless cycle."
    share = percent(endless / repeat, apart_from=1)
    return f"{integer(endless)} of {count(repeat, 'repeat')} ({share}) belong to endless cycles."


def _undecided(evidence: ScopeEvidence) -> str | None:
    share, undecided = evidence.metrics.get(REPEAT), evidence.sums.get("undecided", 0)
    if share is None or share.undecided_low is None or share.undecided_high is None:
        return None
    low, high = percent(share.undecided_low, LIMIT), percent(share.undecided_high, LIMIT)
    if low == high:
        return None
    return f"Depending on what {count(undecided, 'undecided ticket')} are, the share lies between {low} and {high}."


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
    part = known_part(evidence.sums.get("failures.l", 0), seconds, evidence.sums.get("failures.u", 0), n)
    repeat = hours(evidence.sums.get("repeat.s", 0))
    took = f"repeats took {repeat} of {hours(seconds)} of work on failures ({part})"
    return f"In hours, {took}: {percent(share.value or 0.0)}."


def _wider(evidence: ScopeEvidence) -> str | None:
    weeks = weeks_of(evidence.period, evidence.zone)
    if weeks <= VERDICT_WEEKS:
        return None
    return f"{VERDICT_WEEKS} weeks hold too few failures for a verdict, so it is about {weeks} weeks."


def _money(evidence: ScopeEvidence) -> str | None:
    cost = repeat_money(evidence)
    if cost is None or evidence.money is None:
        return None
    return f"The repeats of the period cost {rough_money(cost)}: {basis_in_words(evidence.money)}."
