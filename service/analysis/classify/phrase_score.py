"""Scores of the phrases in a text, by work class and by nature, as log-odds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.analysis.classify.lexicon import Hit
from service.analysis.classify.natures import CLASSES, NATURE
from service.analysis.fact import Nature, WorkClass

DAMPING = 0.5
MOST_ODDS = 3.0
CLEAR_SCORE = 1.0


@dataclass(frozen=True, slots=True)
class PhraseScore:
    """Phrases of a text and what they add up to.

    `log_odds` argues for reactive above 0, for proactive below, within -3 and 3. `classes` holds the score of each
    class that has a phrase.
    """

    hits: tuple[Hit, ...]
    log_odds: float
    classes: Mapping[WorkClass, float]

    def strongest(self, nature: Nature) -> tuple[WorkClass | None, float]:
        """Return the class of this nature with the highest score, and the score; None if it has no phrase."""
        scores = dict(self.classes)
        # Rework is a failure that came back: once a title says so, the words for failure argue for rework.
        if scores.get("rework", 0.0) >= CLEAR_SCORE:
            scores["rework"] += scores.get("failure", 0.0)
        ranked = [(score, name) for name, score in scores.items() if NATURE[name] == nature]
        score, work_class = max(ranked, default=(0.0, None), key=lambda pair: pair[0])
        return work_class, score

    def words_for(self, nature: Nature) -> list[str]:
        """Return the phrases that argue for a nature, the strongest first."""
        hits = [hit for hit in self.hits if hit.phrase.work_class and NATURE[hit.phrase.work_class] == nature]
        return [hit.phrase.text for hit in sorted(hits, key=lambda hit: (-hit.weight, hit.phrase.text))]


NO_SCORE = PhraseScore((), 0.0, {})


def score_phrases(hits: Sequence[Hit]) -> PhraseScore:
    """Return the score of phrases: per nature the strongest counts in full, each further one half as much."""
    if not hits:
        return NO_SCORE
    ordered = sorted(hits, key=lambda hit: -hit.weight)
    share = {"reactive": 1.0, "proactive": -1.0}
    class_share = dict.fromkeys(CLASSES, 1.0)
    classes: dict[WorkClass, float] = {}
    total = 0.0
    for hit in ordered:
        work_class = hit.phrase.work_class
        if work_class:
            nature = NATURE[work_class]
            # Words of one text are not independent: plain sums would make every long text certain.
            total += hit.weight * share[nature]
            classes[work_class] = classes.get(work_class, 0.0) + hit.weight * class_share[work_class]
            share[nature] *= DAMPING
            class_share[work_class] *= DAMPING
    return PhraseScore(tuple(ordered), max(-MOST_ODDS, min(MOST_ODDS, total)), classes)
