"""The sentence of a verdict for a leader: its size, its money and its direction in at most 30 words."""

from collections.abc import Mapping
from typing import Literal

from service.analysis.correction import REPEAT, recall_of, rests_on_labels, visible_share
from service.analysis.evidence import ScopeEvidence
from service.analysis.formatting import count, integer, percent
from service.analysis.money import repeat_money, rough_money
from service.analysis.sufficiency import Shortfall, failure_tickets
from service.analysis.wording import weeks_of

State = Literal[
    "inconclusive", "breaking_out", "endless_cycles", "recurring", "under_control", "not_visible", "unclear"
]
MOST_WORDS = 30
BY_LABEL = "Known kinds of trouble keep coming back{place}"
DIRECTIONS = {"rising": "rising", "falling": "falling", "flat": "without a clear change"}
NO_DIRECTION = "their direction still unknown"
ANSWERS: Mapping[State, str] = {
    "endless_cycles": "{subject} runs in endless cycles",
    "breaking_out": "{subject} is breaking out of endless cycles",
    "recurring": "Known problems keep coming back{place}",
    "under_control": "{subject} has its repeats under control",
    "not_visible": "Not enough can be seen{place}",
    "unclear": "Endless cycles are neither shown nor excluded{place}",
    "inconclusive": "The data do not yet show whether support{place} runs in endless cycles",
}


def leader_sentence(evidence: ScopeEvidence, state: State, gaps: tuple[Shortfall, ...]) -> str:
    """Return the sentence, which holds no statistics; the scope is named in it where its name is short enough."""
    answer = BY_LABEL if state == "recurring" and rests_on_labels(evidence) else ANSWERS[state]
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
    money = [f"costing {rough_money(cost)}" for cost in repeat_money(evidence)[:1]]
    # Tickets of one category are alike in kind; that they are one problem is what an audit sample would say.
    did = "were of a known kind" if rests_on_labels(evidence) else "repeated known problems"
    return ", ".join([_size(evidence, did), *money, _direction(evidence)])


def _size(evidence: ScopeEvidence, did: str) -> str:
    n, repeat = failure_tickets(evidence.sums), evidence.sums.get("repeat", 0)
    weeks = count(weeks_of(evidence.period, evidence.zone), "week")
    return f"in {weeks} {integer(repeat)} of {count(n, 'failure')} {did}"


def _direction(evidence: ScopeEvidence) -> str:
    trend = evidence.trends.get(REPEAT)
    return DIRECTIONS[trend.direction] if trend else NO_DIRECTION


def _seen(evidence: ScopeEvidence) -> str:
    visible, size = visible_share(evidence), _size(evidence, "are known repeats")
    if visible is None or recall_of(evidence) is None:
        return f"{size}, and how many more there are is unknown"
    return f"{size}, but only {percent(visible)} of tickets say what failed"


def _briefs(gaps: tuple[Shortfall, ...]) -> str:
    """Return what is missing in a few words; of more than two gaps the others are counted."""
    briefs, more = [gap.brief for gap in gaps[:2]], len(gaps) - 2
    return ", ".join([*briefs, *([f"{more} more"] if more > 0 else [])])
