"""How good the classifier is on tickets whose nature is known."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from service.analysis.classify.classifier import Classifier
from service.analysis.classify.decision import Decision
from service.analysis.classify.labelled_tickets import LabelledTicket
from service.analysis.classify.natures import CLASSES, SIGN
from service.analysis.classify.quality import Bin, bins
from service.analysis.classify.signals import Case

NONE = "none"


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and F1 of one label; None where nothing was found, or nothing was there to find."""

    precision: float | None
    recall: float | None
    f1: float
    n: int


@dataclass(frozen=True, slots=True)
class Scores:
    """Of one way to label: scores by label, the mean of their F1 and the confusion, truth first."""

    labels: Mapping[str, Score]
    macro_f1: float
    confusion: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The classifier against labelled tickets; `abstention` is the share that goes to the review list.

    `decided` are the scores without those. `own_kind` is what the system's own kind says; a ticket whose kind says
    nothing counts as not found. `work_classes` only where classes were labelled.
    """

    n: int
    natures: Scores
    abstention: float
    decided: Scores | None
    own_kind: Scores | None
    work_classes: Scores | None
    reliability: tuple[Bin, ...]
    version: str

    def as_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return asdict(self)

    def as_text(self) -> str:
        """Tables for people."""
        parts = [f"{self.n} labelled tickets, rules {self.version}", *_table("nature", self.natures)]
        parts += [f"review list (confidence below 0.6): {self.abstention:.1%}"]
        for title, scores in (("without the review list", self.decided), ("the system's own kind", self.own_kind)):
            parts += _table(title, scores) if scores else [f"{title}: nothing to compare"]
        parts += _table("work class", self.work_classes) if self.work_classes else []
        return "\n".join([*parts, *_reliability(self.reliability)])


def evaluate(labelled: Sequence[LabelledTicket], classifier: Classifier) -> Evaluation:
    """What the classifier decides about tickets whose nature is known. Raises ValueError without any."""
    if not labelled:
        raise ValueError("no labelled ticket to evaluate")
    decisions = classifier.decide_many([Case(one.ticket) for one in labelled])
    return compare(labelled, decisions, classifier.version)


def compare(labelled: Sequence[LabelledTicket], decisions: Sequence[Decision], version: str) -> Evaluation:
    """What these decisions are worth, one for each labelled ticket."""
    pairs = list(zip(labelled, decisions, strict=True))
    sure = [(one, decision) for one, decision in pairs if not decision.needs_review]
    kinds = [(one.nature, decision.own_nature or NONE) for one, decision in pairs]
    classes = [(one.work_class, decision.work_class) for one, decision in pairs if one.work_class]
    return Evaluation(
        n=len(pairs),
        natures=score([(one.nature, decision.nature) for one, decision in pairs], tuple(SIGN)),
        abstention=round(1 - len(sure) / len(pairs), 4),
        decided=score([(one.nature, decision.nature) for one, decision in sure], tuple(SIGN)) if sure else None,
        own_kind=score(kinds, tuple(SIGN)) if any(found != NONE for _, found in kinds) else None,
        work_classes=score(classes, CLASSES) if classes else None,
        reliability=bins(
            [decision.confidence for _, decision in pairs], [one.nature == found.nature for one, found in pairs]
        ),
        version=version,
    )


def score(pairs: Sequence[tuple[str, str]], labels: Sequence[str]) -> Scores:
    """Scores of (truth, found) pairs. Labels that are neither there nor found are left out of the mean."""
    counts = Counter(pairs)
    used = [label for label in labels if any(label in pair for pair in counts)]
    scores = {label: _score(counts, label) for label in used}
    found = [*used, *sorted({given for _, given in counts} - set(used))]
    return Scores(
        labels=scores,
        macro_f1=round(sum(one.f1 for one in scores.values()) / len(scores), 4),
        confusion={true: {given: counts[true, given] for given in found} for true in used},
    )


def _score(counts: Mapping[tuple[str, str], int], label: str) -> Score:
    hits = counts.get((label, label), 0)
    there = sum(n for (true, _), n in counts.items() if true == label)
    found = sum(n for (_, given), n in counts.items() if given == label)
    return Score(
        precision=round(hits / found, 4) if found else None,
        recall=round(hits / there, 4) if there else None,
        f1=round(2 * hits / (there + found), 4),
        n=there,
    )


def _table(title: str, scores: Scores) -> list[str]:
    found = list(next(iter(scores.confusion.values())))
    head = f"{title:<24}{'precision':>10}{'recall':>8}{'F1':>8}{'n':>7}  found as: {', '.join(found)}"
    rows = [
        f"  {label:<22}{_number(one.precision):>10}{_number(one.recall):>8}{one.f1:>8.3f}{one.n:>7}  "
        + ", ".join(str(scores.confusion[label][given]) for given in found)
        for label, one in scores.labels.items()
    ]
    return [head, *rows, f"  {'macro-F1':<40}{scores.macro_f1:>8.3f}"]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _reliability(found: Sequence[Bin]) -> list[str]:
    return [
        "right, by confidence",
        *(f"  {one.low:.1f} to {one.high:.1f} {_number(one.precision):>10}{one.n:>7}" for one in found),
    ]
