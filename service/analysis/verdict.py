"""The verdict: is support running in endless cycles?"""

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from service.analysis.drivers import Driver, drivers
from service.analysis.evidence import ScopeEvidence
from service.analysis.formatting import integer, threshold
from service.analysis.metric import Metric
from service.analysis.reasons import LIMIT, history_caveat, logged_hours, reasons, share_with_interval, trend_of_share
from service.analysis.sufficiency import Shortfall, shortfalls, tolerated
from service.analysis.trend import LEAST_WEEKS, WEEKS
from service.analysis.wording import span, weeks_of

State = Literal["inconclusive", "endless_cycles", "breaking_out", "under_control", "unclear"]
REPEAT, REACTIVE = "repeat_hours_share", "reactive_hours_share"
MOST_TIMES = 40
"""Beyond forty times the sample, ten years of weeks, a number of weeks says no more than never."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for one scope: a sentence, the numbers it rests on, what contributes most, and what is missing."""

    state: State
    sentence: str
    why: Annotated[tuple[str, ...], Field(description="The numbers behind it, as sentences.")]
    drivers: Annotated[
        tuple[Driver, ...], Field(description="The cycles, then the teams, then the loops, the greatest first.")
    ]
    missing: Annotated[tuple[str, ...], Field(description="The missing data, and how much would suffice.")]


def verdict(evidence: ScopeEvidence) -> Verdict:
    """The verdict over the last 13 closed weeks; the same evidence gives the same bytes."""
    lacking = shortfalls(evidence)
    state: State = "inconclusive" if lacking else _state(evidence)
    missing = [lack.text for lack in lacking] + ([_undecided(evidence)] if state == "unclear" else [])
    return Verdict(
        state=state,
        sentence=_sentence(evidence, state, lacking),
        why=reasons(evidence),
        drivers=drivers(evidence),
        missing=(*missing, *tolerated(evidence)),
    )


def _state(evidence: ScopeEvidence) -> State:
    share = _measured(evidence)
    if share is None:
        return "unclear"
    _, low, high = share
    if high < LIMIT:
        return "under_control"
    repeat, reactive = evidence.trends.get(REPEAT), evidence.trends.get(REACTIVE)
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


def _sentence(evidence: ScopeEvidence, state: State, lacking: tuple[Shortfall, ...]) -> str:
    subject = "support" if evidence.scope == "all" else f"support ({evidence.scope.replace(':', ' ', 1)})"
    if state == "inconclusive":
        return (
            f"Whether {subject} runs in endless cycles cannot be said yet: {', '.join(one.brief for one in lacking)}."
        )
    if state == "unclear":
        return f"Whether {subject} runs in endless cycles is unclear: {_doubt(evidence)}"
    answer = f"{subject[0].upper()}{subject[1:]} {_CLEAR[state]}"
    least = history_caveat(evidence) if state == "under_control" else None
    said = (f"{answer}: {_went(evidence)}", _so(evidence, state), logged_hours(evidence), least)
    return " ".join(part for part in said if part)


_CLEAR: dict[State, str] = {
    "endless_cycles": "runs in endless cycles",
    "breaking_out": "is breaking out of endless cycles",
    "under_control": "has its repeats under control",
}


def _went(evidence: ScopeEvidence) -> str:
    share, where = evidence.metrics[REPEAT], span(evidence.period, evidence.zone)
    went = "went into problems that had been there before"
    return f"in {where}, {share_with_interval(share, 'reactive tickets')} of the reactive hours {went};"


def _so(evidence: ScopeEvidence, state: State) -> str:
    """What makes the share decide."""
    trend = evidence.trends.get(REPEAT)
    if state == "under_control":
        rising = f", though the share is {trend_of_share(trend)}" if trend and trend.direction == "rising" else ""
        return f"the whole interval lies below {threshold(LIMIT)}{rising}."
    if state == "breaking_out" and trend:
        return f"that is above {threshold(LIMIT)}, but {trend_of_share(trend)}."
    return f"over the last {WEEKS} weeks neither this share nor the reactive share of all hours shows a fall."


def _doubt(evidence: ScopeEvidence) -> str:
    """Why no side can be taken."""
    share, repeat, reactive = _measured(evidence), evidence.trends.get(REPEAT), evidence.trends.get(REACTIVE)
    if share is None:
        metric = evidence.metrics.get(REPEAT)
        return f"{(metric.why_not if metric else None) or 'the share of repeat hours is not known'}."
    if share[1] <= LIMIT:
        doubt = f"the interval does not lie on one side of {threshold(LIMIT)}."
    elif repeat is None or reactive is None:
        doubt = f"whether that falls cannot be told from fewer than {LEAST_WEEKS} weeks with a number."
    else:
        doubt = f"that shows no fall, but the reactive share of all hours is {trend_of_share(reactive)}."
    return f"{_went(evidence)} {doubt} {logged_hours(evidence)}"


def _undecided(evidence: ScopeEvidence) -> str:
    """What would decide."""
    share = _measured(evidence)
    if share is None:
        return "Hours must be known to decide: log work, or map the status of work in progress to active (STATUS_MAP)."
    if share[1] <= LIMIT:
        return _sample(evidence, evidence.metrics[REPEAT], *share)
    if evidence.trends.get(REPEAT) is None or evidence.trends.get(REACTIVE) is None:
        return f"It takes {LEAST_WEEKS} of the last {WEEKS} weeks with a number to tell a trend."
    return (
        "It is decided when the share of repeat hours falls too, or when the reactive share of all hours falls no more."
    )


def _sample(evidence: ScopeEvidence, share: Metric, value: float, low: float, high: float) -> str:
    """The sample that would narrow the interval off the limit: its width goes with the root of the sample."""
    half, distance = (value - low, value - LIMIT) if value > LIMIT else (high - value, LIMIT - value)
    times = (half / distance) ** 2 if distance else math.inf
    if times > MOST_TIMES:
        return f"The share is so near to {threshold(LIMIT)} that no sample of a practical size would decide."
    weeks = math.floor(weeks_of(evidence.period, evidence.zone) * times) + 1
    tickets = math.floor(share.n * times) + 1
    more = f"{integer(tickets)} reactive tickets instead of {integer(share.n)}"
    sample = f"some {integer(weeks)} weeks like these, with {more},"
    return f"At the same share and spread {sample} would narrow the interval off {threshold(LIMIT)}."
