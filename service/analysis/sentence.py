"""The sentence of a verdict for a leader: its size, its money and its direction in at most 30 words."""

from collections.abc import Mapping
from typing import Literal

from service.analysis.correction import REPEAT, recall_of, rests_on_labels, visible_share
from service.analysis.ends import ends_are_known
from service.analysis.evidence import ScopeEvidence
from service.analysis.formatting import count, integer, percent
from service.analysis.money import repeat_money, rough_money
from service.analysis.sufficiency import Shortfall, failure_tickets
from service.analysis.wording import repeated, troubles, weeks_of

State = Literal[
    "inconclusive", "breaking_out", "endless_cycles", "recurring", "under_control", "not_visible", "unclear"
]
MOST_WORDS = 30
DIRECTIONS = {"rising": "and rising", "falling": "and falling", "flat": "with no clear trend"}
NO_DIRECTION = "trend not yet known"
MOST_MISSED = 0.5
"""A recall whose upper bound lies below it says that most repeats are missed."""
ANSWERS: Mapping[State, str] = {
    "endless_cycles": "{subject} runs in endless cycles",
    "breaking_out": "{subject} is breaking out of endless cycles",
    "recurring": "Known {trouble} keep coming back{place}",
    "under_control": "{subject} has its repeats under control",
    "not_visible": "Not enough can be seen{place}",
    "unclear": "Endless cycles are neither proven nor ruled out{place}",
    "inconclusive": "The data do not yet show whether support{place} runs in endless cycles",
}


def leader_sentence(evidence: ScopeEvidence, state: State, gaps: tuple[Shortfall, ...]) -> str:
    """Return the sentence, which holds no statistics; the scope is named in it where its name is short enough."""
    answer = ANSWERS[state].replace("{trouble}", troubles(rests_on_labels(evidence)))
    candidates = [f"{_answer(answer, place)}: {_rest(evidence, state, gaps)}." for place in _places(evidence.scope)]
    return next((text for text in candidates if len(text.split()) <= MOST_WORDS), candidates[-1])


def _places(scope: str) -> list[str]:
    """Return names of a scope, the fullest first; the last one is empty."""
    dimension, _, name = scope.partition(":")
    # What stands beside a verdict names its scope, too.
    return [f" in {dimension} {name}", f" in this {dimension}", ""] if name else [""]


def _answer(answer: str, place: str) -> str:
    return answer.format(subject=f"Support{place}", place=place)


def _rest(evidence: ScopeEvidence, state: State, gaps: tuple[Shortfall, ...]) -> str:
    if state == "inconclusive":
        return _briefs(gaps)
    if state == "not_visible":
        return _seen(evidence)
    cost = repeat_money(evidence)
    money = [f"costing {rough_money(cost)}"] if cost else []
    did = repeated(evidence.sums.get("repeat", 0), rests_on_labels(evidence))
    return ", ".join([_size(evidence, did), *money, _ending(evidence, state)])


def _size(evidence: ScopeEvidence, did: str) -> str:
    n, repeat = failure_tickets(evidence.sums), evidence.sums.get("repeat", 0)
    weeks = count(weeks_of(evidence.period, evidence.zone), "week")
    return f"in {weeks} {integer(repeat)} of {count(n, 'failure')} {did}"


def _ending(evidence: ScopeEvidence, state: State) -> str:
    """Return the direction, or why a small number of repeats says little."""
    recall = recall_of(evidence)
    if state == "unclear" and recall and recall.high < MOST_MISSED:
        return "but most repeats go unrecognised"
    trend = evidence.trends.get(REPEAT)
    if not ends_are_known(evidence):
        return "but few tickets have a known end" if state == "unclear" else NO_DIRECTION
    return DIRECTIONS[trend.direction] if trend else NO_DIRECTION


def _seen(evidence: ScopeEvidence) -> str:
    visible, size = visible_share(evidence), _size(evidence, "are known repeats")
    if visible is None or recall_of(evidence) is None:
        return f"{size}, and how many more there are is unknown"
    return f"{size}, but only {percent(visible)} of tickets say what failed"


def _briefs(gaps: tuple[Shortfall, ...]) -> str:
    """Return what is missing in a few words; of more than two gaps the others are counted."""
    briefs, more = [gap.brief for gap in gaps[:2]], len(gaps) - 2
    return ", ".join([*briefs, *([count(more, "more reason")] if more > 0 else [])])
