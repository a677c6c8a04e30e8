"""What the words of a text say, by work class and by nature, as log-odds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.analysis.classify.lexicon import Hit
from service.analysis.classify.natures import CLASSES, NATURE
from service.analysis.fact import Nature, WorkClass

DAMPING = 0.5
MOST = 3.0
SAID_CLEARLY = 1.0


@dataclass(frozen=True, slots=True)
class PhraseScore:
    """The phrases found, and what they come to.

    `log_odds` speaks for reactive above 0, for proactive below, within -3 and 3. `classes` holds how strongly the
    phrases of each class speak for it; classes without a phrase are not in it.
    """

    hits: tuple[Hit, ...]
    log_odds: float
    classes: Mapping[WorkClass, float]

    def strongest(self, nature: Nature) -> tuple[WorkClass | None, float]:
        """The class of this nature that most speaks for itself; None where none does.

        Rework is a failure that came back: where a title says so, what says failure speaks for rework too.
        """
        scores = dict(self.classes)
        if scores.get("rework", 0.0) >= SAID_CLEARLY:
            scores["rework"] += scores.get("failure", 0.0)
        found = [(score, one) for one, score in scores.items() if NATURE[one] == nature]
        score, work_class = max(found, default=(0.0, None), key=lambda pair: pair[0])
        return work_class, score

    def words_for(self, nature: Nature) -> list[str]:
        """The phrases that speak for a nature, the strongest first."""
        own = [hit for hit in self.hits if hit.phrase.work_class and NATURE[hit.phrase.work_class] == nature]
        return [hit.phrase.text for hit in sorted(own, key=lambda hit: (-hit.weight, hit.phrase.text))]


NOTHING = PhraseScore((), 0.0, {})


def score_phrases(hits: Sequence[Hit]) -> PhraseScore:
    """The sum of what phrases say: of each nature the strongest counts whole, each further one half of that before.

    Words of one text are not independent; adding them up would make long texts certain.
    """
    if not hits:
        return NOTHING
    ordered = sorted(hits, key=lambda hit: -hit.weight)
    share = {"reactive": 1.0, "proactive": -1.0}
    own = dict.fromkeys(CLASSES, 1.0)
    classes: dict[WorkClass, float] = {}
    total = 0.0
    for hit in ordered:
        work_class = hit.phrase.work_class
        if work_class:
            nature = NATURE[work_class]
            total += hit.weight * share[nature]
            classes[work_class] = classes.get(work_class, 0.0) + hit.weight * own[work_class]
            share[nature] *= DAMPING
            own[work_class] *= DAMPING
    return PhraseScore(tuple(ordered), max(-MOST, min(MOST, total)), classes)
