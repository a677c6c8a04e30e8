"""The verdict on one scope: is support running in endless cycles?"""

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from service.analysis.drivers import Driver, rank_drivers
from service.analysis.evidence import ScopeEvidence
from service.analysis.formatting import integer, threshold
from service.analysis.metric import Metric
from service.analysis.reasons import LIMIT, history_caveat, logged_hours, reasons, share_with_interval, trend_of_share
from service.analysis.sufficiency import Shortfall, shortfalls, tolerated_gaps
from service.analysis.trend import LEAST_WEEKS, WEEKS
from service.analysis.wording import span, weeks_of

State = Literal["inconclusive", "endless_cycles", "breaking_out", "under_control", "unclear"]
REPEAT, REACTIVE = "repeat_hours_share", "reactive_hours_share"
# Forty times the sample is ten years of weeks: a larger number says no more than "never".
MOST_TIMES = 40


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for one scope: a sentence, its numbers, the main drivers, and what is missing."""

    state: State
    sentence: str
    why: Annotated[tuple[str, ...], Field(description="The numbers behind it, as sentences.")]
    drivers: Annotated[
        tuple[Driver, ...], Field(description="The cycles, then the teams, then the loops, the greatest first.")
    ]
    missing: Annotated[tuple[str, ...], Field(description="The missing data, and how much would suffice.")]


def reach_verdict(evidence: ScopeEvidence) -> Verdict:
    """Return the verdict over the last 13 closed weeks; the same evidence gives the same bytes."""
    missing_data = shortfalls(evidence)
    state: State = "inconclusive" if missing_data else _state(evidence)
    missing = [shortfall.text for shortfall in missing_data] + (
        [_what_would_decide(evidence)] if state == "unclear" else []
    )
    return Verdict(
        state=state,
        sentence=_sentence(evidence, state, missing_data),
        why=reasons(evidence),
        drivers=rank_drivers(evidence),
        missing=(*missing, *tolerated_gaps(evidence)),
    )


def _state(evidence: ScopeEvidence) -> State:
    share = _measured(evidence)
    if share is None:
        return "unclear"
    _, low, high = share
    if high < LIMIT:
        return "under_control"
    repeat, reactive = evidence.trends.get(REPEAT), evidence.trends.get(REACTIVE)
    # An unknown trend does not make cycles endless: the definition asks for a share that is not falling.
    if low <= LIMIT or repeat is None:
        return "unclear"
    if repeat.direction == "falling":
        return "breaking_out"
    return "unclear" if reactive is None or reactive.direction == "falling" else "endless_cycles"


def _measured(evidence: ScopeEvidence) -> tuple[float, float, float] | None:
    share = evidence.metrics.get(REPEAT)
    if share is None or share.value is None or share.low is None or share.high is None:
        return None
    return share.value, share.low, share.high


def _sentence(evidence: ScopeEvidence, state: State, missing_data: tuple[Shortfall, ...]) -> str:
    subject = "support" if evidence.scope == "all" else f"support ({evidence.scope.replace(':', ' ', 1)})"
    if state == "inconclusive":
        briefs = ", ".join(shortfall.brief for shortfall in missing_data)
        return f"The data do not yet show whether {subject} runs in endless cycles: {briefs}."
    if state == "unclear":
        return f"It is unclear whether {subject} runs in endless cycles: {_doubt(evidence)}"
    answer = f"{subject[0].upper()}{subject[1:]} {_ANSWERS[state]}"
    least = history_caveat(evidence) if state == "under_control" else None
    parts = (f"{answer}: {_repeat_share(evidence)}", _because(evidence, state), logged_hours(evidence), least)
    return " ".join(part for part in parts if part)


_ANSWERS: dict[State, str] = {
    "endless_cycles": "runs in endless cycles",
    "breaking_out": "is breaking out of endless cycles",
    "under_control": "has its repeats under control",
}


def _repeat_share(evidence: ScopeEvidence) -> str:
    share, where = evidence.metrics[REPEAT], span(evidence.period, evidence.zone)
    went = "went into problems that had been there before"
    return f"in {where}, {share_with_interval(share, 'failures')} of the hours of failures {went};"


def _because(evidence: ScopeEvidence, state: State) -> str:
    """Return the reason why the share decides."""
    trend = evidence.trends.get(REPEAT)
    if state == "under_control":
        rising = f", though the share is {trend_of_share(trend)}" if trend and trend.direction == "rising" else ""
        return f"the whole interval lies below {threshold(LIMIT)}{rising}."
    if state == "breaking_out" and trend:
        return f"that is above {threshold(LIMIT)}, but {trend_of_share(trend)}."
    return f"over the last {WEEKS} weeks neither this share nor the reactive share of all hours is falling."


def _doubt(evidence: ScopeEvidence) -> str:
    """Return the reason why the verdict takes no side."""
    share, repeat, reactive = _measured(evidence), evidence.trends.get(REPEAT), evidence.trends.get(REACTIVE)
    if share is None:
        metric = evidence.metrics.get(REPEAT)
        return f"{(metric.why_not if metric else None) or 'the share of repeat hours is not known'}."
    if share[1] <= LIMIT:
        doubt = f"the interval includes {threshold(LIMIT)}."
    elif repeat is None or reactive is None:
        doubt = f"fewer than {LEAST_WEEKS} weeks with a number are too few to show a trend."
    else:
        doubt = f"that is not falling, but the reactive share of all hours is {trend_of_share(reactive)}."
    return f"{_repeat_share(evidence)} {doubt} {logged_hours(evidence)}"


def _what_would_decide(evidence: ScopeEvidence) -> str:
    """Return what would decide."""
    share = _measured(evidence)
    if share is None:
        return "Hours must be known to decide: log work, or map the status of work in progress to active (STATUS_MAP)."
    if share[1] <= LIMIT:
        return _sample(evidence, evidence.metrics[REPEAT], *share)
    if evidence.trends.get(REPEAT) is None or evidence.trends.get(REACTIVE) is None:
        return f"A trend needs {LEAST_WEEKS} of the last {WEEKS} weeks with a number."
    return (
        "It will be decided once the share of repeat hours falls too, or the reactive share of all hours stops falling."
    )


def _sample(evidence: ScopeEvidence, share: Metric, value: float, low: float, high: float) -> str:
    """Return the sample that would narrow the interval off the limit."""
    half, distance = (value - low, value - LIMIT) if value > LIMIT else (high - value, LIMIT - value)
    # The width of an interval goes with the root of the sample. Student's t falls with more weeks too, so the sample is
    # rather too large than too small.
    times = (half / distance) ** 2 if distance else math.inf
    if times > MOST_TIMES:
        return f"The share is so close to {threshold(LIMIT)} that no sample of practical size would decide."
    weeks = math.floor(weeks_of(evidence.period, evidence.zone) * times) + 1
    tickets = math.floor(share.n * times) + 1
    more = f"{integer(tickets)} failures instead of {integer(share.n)}"
    sample = f"about {integer(weeks)} weeks like these, with {more},"
    return f"At the same share and spread, {sample} would move the interval clear of {threshold(LIMIT)}."
