"""The verdict on one scope: is support running in endless cycles?"""

import math
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from service.analysis.catalogue import VERDICT_LABELS
from service.analysis.correction import (
    LIMIT,
    REPEAT,
    corrected_share,
    counted_share,
    least_share,
    left_to_judge,
    most_share,
    partial_weeks,
    recall_of,
    rests_on_labels,
    visible_share,
)
from service.analysis.drivers import Driver, rank_drivers
from service.analysis.ends import REMEDY as ENDS_REMEDY
from service.analysis.ends import ends_are_known
from service.analysis.evidence import ScopeEvidence
from service.analysis.formatting import count, integer, local_day, percent, threshold
from service.analysis.money import MoneyRange, repeat_money
from service.analysis.reasons import reasons
from service.analysis.recognition import Precision, Recall, Visibility
from service.analysis.sentence import State, leader_sentence
from service.analysis.steps import first_steps
from service.analysis.sufficiency import Shortfall, shortfalls, tolerated_gaps
from service.analysis.wording import troubles, weeks_of

ENDLESS = "endless_share"
LEAST_VISIBLE = 0.6
ENDLESS_PART = 1 / 3
# Forty times the sample is ten years of weeks: a larger number says no more than "never".
MOST_TIMES = 40
PATIENCE = 8
"""Two years of weeks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer for one scope: a sentence, how sure it is, what to do first, and what contributes most."""

    state: State
    sentence: Annotated[str, Field(description="For a leader: at most 30 words, without statistics.")]
    how_sure: Annotated[tuple[str, ...], Field(description="The numbers behind it and their limits, as sentences.")]
    weeks: Annotated[int, Field(description="The closed weeks it is about: 13, or 26 where 13 have too few tickets.")]
    visibility: Annotated[Visibility | None, Field(description="Null where nobody has counted what can be seen.")]
    recall: Annotated[Recall | None, Field(description="Null where neither people nor a sample tell it.")]
    precision: Annotated[Precision | None, Field(description="From the audit sample; null without one.")]
    money: Annotated[
        tuple[MoneyRange, ...],
        Field(description="The cost of the repeats: one range, by the cost of support where that is set, or none."),
    ]
    first_steps: Annotated[tuple[str, ...], Field(description="One to three things to do first.")]
    drivers: Annotated[
        tuple[Driver, ...], Field(description="The problems, then the teams, then the loops, the greatest first.")
    ]
    by_label: Annotated[
        bool,
        Field(description="True where most repeats share no more than a label: kinds of trouble, not proven problems."),
    ]
    missing: Annotated[tuple[str, ...], Field(description="The missing data, and how much would suffice.")]

    @property
    def headline(self) -> str:
        """The state in a few words."""
        return VERDICT_LABELS[self.state].replace("problems", troubles(self.by_label))


def reach_verdict(evidence: ScopeEvidence) -> Verdict:
    """Return the verdict over the weeks of the evidence; the same evidence gives the same bytes."""
    gaps, recognition = shortfalls(evidence), evidence.recognition
    state: State = "inconclusive" if gaps else _state(evidence)
    missing = _missing(evidence, state, gaps)
    return Verdict(
        state=state,
        sentence=leader_sentence(evidence, state, gaps),
        how_sure=reasons(evidence),
        weeks=weeks_of(evidence.period, evidence.zone),
        visibility=recognition.visibility if recognition else None,
        recall=recognition.recall if recognition else None,
        precision=recognition.precision if recognition else None,
        money=(cost,) if (cost := repeat_money(evidence)) else (),
        first_steps=first_steps(evidence, missing),
        drivers=rank_drivers(evidence),
        by_label=rests_on_labels(evidence),
        missing=(*missing, *tolerated_gaps(evidence)),
    )


def _state(evidence: ScopeEvidence) -> State:
    """Return the first state that holds, in the order of the definitions."""
    least, most = least_share(evidence), most_share(evidence)
    if least is not None and least > LIMIT:
        return _state_above(evidence)
    # Less than 10 % of what could be seen is no answer about what could not.
    is_low = most is not None and most < LIMIT and not partial_weeks(evidence)
    if is_low and _is_visible(evidence) and ends_are_known(evidence):
        return "under_control"
    return "unclear" if _is_visible(evidence) and recall_of(evidence) else "not_visible"


def _state_above(evidence: ScopeEvidence) -> State:
    repeat, endless = evidence.trends.get(REPEAT), evidence.trends.get(ENDLESS)
    if rests_on_labels(evidence):
        return "recurring"
    if repeat is not None and repeat.direction == "falling":
        # Where ends are told late, the newest weeks have the fewest returns, and the share seems to fall.
        return "breaking_out" if ends_are_known(evidence) else "recurring"
    # An unknown trend does not make cycles endless: the definition asks for shares that are not falling.
    is_known = repeat is not None and endless is not None and endless.direction != "falling"
    repeats = evidence.sums.get("repeat", 0)
    is_endless = repeats and evidence.sums.get("repeat.endless", 0) >= ENDLESS_PART * repeats
    return "endless_cycles" if is_known and is_endless else "recurring"


def _is_visible(evidence: ScopeEvidence) -> bool:
    visible = visible_share(evidence)
    return visible is not None and visible >= LEAST_VISIBLE


def _missing(evidence: ScopeEvidence, state: State, gaps: tuple[Shortfall, ...]) -> tuple[str, ...]:
    """Return what is missing for a verdict, or for a clearer one."""
    if state == "inconclusive":
        return tuple(gap.text for gap in gaps)
    if state == "not_visible":
        return tuple(_invisible(evidence))
    if state in ("unclear", "recurring") and not ends_are_known(evidence):
        return (ENDS_REMEDY,)
    if state == "unclear":
        return (_what_would_decide(evidence),)
    if state == "recurring" and rests_on_labels(evidence) and left_to_judge(evidence):
        return (
            "Judge the sample: it tells which repeats with a common label are the same problem "
            "(`treadmill review --sample`).",
        )
    return ()


def _invisible(evidence: ScopeEvidence) -> list[str]:
    """Return what would make visible what cannot be seen."""
    visible = visible_share(evidence)
    texts = []
    if visible is None or visible < LEAST_VISIBLE:
        seen = "not known" if visible is None else percent(visible)
        texts.append(
            f"The share of tickets with a title and text that say what failed is {seen}; {threshold(LEAST_VISIBLE)} "
            "are needed: have the form ask for it, or map the field that holds it to the title."
        )
    if recall_of(evidence) is None:
        texts.append(f"How many repeats are recognised is not known: {_surer_recall(evidence)}.")
    return texts


def _what_would_decide(evidence: ScopeEvidence) -> str:
    counted, corrected, least = counted_share(evidence), corrected_share(evidence), least_share(evidence)
    if counted is None or corrected is None or least is None:
        return "No failure of these weeks can be measured."
    partial = partial_weeks(evidence)
    if corrected[2] < LIMIT and partial and evidence.known_from is not None:
        since = local_day(evidence.known_from, evidence.zone)
        looking = f"{count(partial, 'week')} look back beyond the data, which begin on {since}"
        return f"{looking}: wait until none does, or pull more of the past (SINCE)."
    if counted[0] >= LIMIT:
        return _sample(evidence, counted[0] - least, counted[0] - LIMIT)
    half, distance = corrected[2] - corrected[0], LIMIT - corrected[0]
    # A share that is clear of the limit as counted is held back by its recall, which years of weeks do not mend.
    if corrected[0] < LIMIT and (counted[2] >= LIMIT or _times(half, distance) <= PATIENCE):
        return _sample(evidence, half, distance)
    missed = f"{percent(corrected[0], LIMIT)} with what was missed, and at most {percent(corrected[2], LIMIT)}"
    seen = f"{percent(counted[0], LIMIT)} as counted, {missed}"
    return f"The share is {seen}: a surer recall would decide, so {_surer_recall(evidence)}."


def _surer_recall(evidence: ScopeEvidence) -> str:
    """Return what people can do for a surer recall; a sample that is judged cannot be judged again."""
    duplicates = "have duplicates closed as such, with a link to the earlier ticket"
    return f"judge the sample (`treadmill review --sample`), or {duplicates}" if left_to_judge(evidence) else duplicates


def _sample(evidence: ScopeEvidence, half: float, distance: float) -> str:
    """Return the sample that would narrow half an interval to the distance of the share from the limit."""
    # The width of an interval goes with the root of the sample. Student's t falls with more weeks too, so the sample is
    # rather too large than too small.
    times = _times(half, distance)
    if times > MOST_TIMES:
        return f"The share is so close to {threshold(LIMIT)} that no sample of practical size would decide."
    weeks = math.floor(weeks_of(evidence.period, evidence.zone) * times) + 1
    n = evidence.metrics[REPEAT].n
    more = f"{integer(math.floor(n * times) + 1)} failures instead of {integer(n)}"
    sample = f"about {integer(weeks)} weeks like these, with {more},"
    return f"At the same share and spread, {sample} would move the interval clear of {threshold(LIMIT)}."


def _times(half: float, distance: float) -> float:
    """Return how many times the sample would narrow half an interval to a distance."""
    return (half / distance) ** 2 if distance else math.inf
