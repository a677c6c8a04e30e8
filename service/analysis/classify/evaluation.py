"""Evaluation of the classifier on tickets whose nature people have labelled."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from service.analysis import formatting
from service.analysis.classify.classifier import Classifier
from service.analysis.classify.decision import Decision
from service.analysis.classify.labelled_tickets import LabelledTicket
from service.analysis.classify.natures import CLASSES, SIGN
from service.analysis.classify.quality import Bin, bins
from service.analysis.classify.signals import Case
from service.analysis.fact import DECIDED_FROM
from service.analysis.formatting import NO_NUMBER, count, integer, percent

NONE = "none"


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and F1 of one label; None if the label was never given, or never true."""

    precision: float | None
    recall: float | None
    f1: float
    n: int


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores by label, the mean of their F1, and the confusion matrix, the true label first."""

    labels: Mapping[str, Score]
    macro_f1: float
    confusion: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The classifier measured on labelled tickets; `abstention` is the share that goes to the review list.

    `decided` holds the scores without those. `own_kind` holds the scores of the system's own kind, where a kind without
    a nature counts as a miss. `work_classes` is None unless classes were labelled.
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
        """Return the evaluation as JSON values."""
        return asdict(self)

    def as_text(self) -> str:
        """Return the evaluation as tables for people."""
        parts = [f"{count(self.n, 'labelled ticket')}, rules {self.version}", *_table("nature", self.natures)]
        parts += [f"review list (confidence below {DECIDED_FROM}): {percent(self.abstention)}"]
        for title, scores in (("without the review list", self.decided), ("the system's own kind", self.own_kind)):
            parts += _table(title, scores) if scores else [f"{title}: nothing to compare"]
        parts += _table("work class", self.work_classes) if self.work_classes else []
        return "\n".join([*parts, *_reliability(self.reliability)])


def evaluate(tickets: Sequence[LabelledTicket], classifier: Classifier) -> Evaluation:
    """Return how the classifier does on labelled tickets. Raises ValueError if there are none."""
    if not tickets:
        raise ValueError("no labelled ticket to evaluate")
    decisions = classifier.decide_many([Case(labelled.ticket) for labelled in tickets])
    return compare(tickets, decisions, classifier.version)


def compare(tickets: Sequence[LabelledTicket], decisions: Sequence[Decision], version: str) -> Evaluation:
    """Return the evaluation of these decisions, one for each labelled ticket."""
    pairs = list(zip(tickets, decisions, strict=True))
    # What goes to the review list is not decided: scores with and without it show what reviewing is worth.
    confident = [(ticket, decision) for ticket, decision in pairs if not decision.needs_review]
    kinds = [(ticket.nature, decision.own_nature or NONE) for ticket, decision in pairs]
    classes = [(ticket.work_class, decision.work_class) for ticket, decision in pairs if ticket.work_class]
    return Evaluation(
        n=len(pairs),
        natures=score([(ticket.nature, decision.nature) for ticket, decision in pairs], tuple(SIGN)),
        abstention=round(1 - len(confident) / len(pairs), 4),
        decided=score([(ticket.nature, decision.nature) for ticket, decision in confident], tuple(SIGN))
        if confident
        else None,
        own_kind=score(kinds, tuple(SIGN)) if any(given != NONE for _, given in kinds) else None,
        work_classes=score(classes, CLASSES) if classes else None,
        reliability=bins(
            [decision.confidence for _, decision in pairs],
            [ticket.nature == decision.nature for ticket, decision in pairs],
        ),
        version=version,
    )


def score(pairs: Sequence[tuple[str, str]], labels: Sequence[str]) -> Scores:
    """Return the scores of (true label, given label) pairs."""
    counts = Counter(pairs)
    # A label that is neither true nor given would count as F1 0 and pull the mean down for nothing.
    used = [label for label in labels if any(label in pair for pair in counts)]
    scores = {label: _score(counts, label) for label in used}
    columns = [*used, *sorted({given for _, given in counts} - set(used))]
    return Scores(
        labels=scores,
        macro_f1=round(sum(entry.f1 for entry in scores.values()) / len(scores), 4),
        confusion={true: {given: counts[true, given] for given in columns} for true in used},
    )


def _score(counts: Mapping[tuple[str, str], int], label: str) -> Score:
    hits = counts.get((label, label), 0)
    true_count = sum(n for (true, _), n in counts.items() if true == label)
    given_count = sum(n for (_, given), n in counts.items() if given == label)
    return Score(
        precision=round(hits / given_count, 4) if given_count else None,
        recall=round(hits / true_count, 4) if true_count else None,
        f1=round(2 * hits / (true_count + given_count), 4),
        n=true_count,
    )


def _table(title: str, scores: Scores) -> list[str]:
    columns = list(next(iter(scores.confusion.values())))
    head = f"{title:<24}{'precision':>10}{'recall':>8}{'F1':>8}{'n':>7}  decided as: {', '.join(columns)}"
    rows = [
        f"  {label:<22}{_number(entry.precision):>10}{_number(entry.recall):>8}{_number(entry.f1):>8}"
        f"{integer(entry.n):>7}  " + ", ".join(integer(scores.confusion[label][given]) for given in columns)
        for label, entry in scores.labels.items()
    ]
    return [head, *rows, f"  {'macro-F1':<40}{_number(scores.macro_f1):>8}"]


def _number(value: float | None) -> str:
    return NO_NUMBER if value is None else formatting.score(value)


def _reliability(reliability: Sequence[Bin]) -> list[str]:
    return ["right, by confidence", *map(_reliability_row, reliability)]


def _reliability_row(row: Bin) -> str:
    confidence = formatting.interval(row.low, row.high, "ratio")
    return f"  {confidence} {_number(row.precision):>10}{integer(row.n):>7}"
