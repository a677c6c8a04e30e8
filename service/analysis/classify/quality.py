"""Quality of a text model, measured on tickets that it has not seen."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Literal

from service.analysis.classify.natures import log_odds, probability

Teacher = Literal["people", "kinds"]
EDGES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
LEAST_IN_A_BIN = 20
LEAST_PRECISION = 0.505
MOST_PRECISION = 0.99


@dataclass(frozen=True, slots=True)
class Bin:
    """Decisions with a confidence from `low` to `high`: their number, and the share that was right."""

    low: float
    high: float
    n: int
    precision: float | None


@dataclass(frozen=True, slots=True)
class Quality:
    """Cross-validated quality: each ticket is judged by a model that never saw its text.

    `n` tickets were labelled by `taught_by`: people, by labels or rules, or the systems' kinds. `rules_macro_f1` is
    what the shipped phrases alone reach on the same tickets.
    """

    n: int
    taught_by: Teacher
    macro_f1: float
    rules_macro_f1: float
    bins: tuple[Bin, ...]

    def cap(self, score: float) -> float:
        """Return log-odds cut to what decisions of this confidence, or of a lower one, were measured to be worth."""
        confidence = probability(abs(score))
        precision = LEAST_PRECISION
        # The best of this bin and those below: a surer decision is never trusted less than a less sure one.
        for bin_ in self.bins:
            if bin_.precision is not None and bin_.low <= confidence:
                precision = max(precision, min(bin_.precision, MOST_PRECISION))
        size = min(abs(score), log_odds(precision))
        return size if score >= 0 else -size

    def as_dict(self) -> dict[str, Any]:
        """Return the quality as JSON values."""
        return asdict(self)


def bins(confidences: Sequence[float], right: Sequence[bool]) -> tuple[Bin, ...]:
    """Return the reliability by confidence. A bin with fewer than 20 decisions has no precision."""
    rows = []
    for low, high in pairwise(EDGES):
        inside = [
            ok
            for confidence, ok in zip(confidences, right, strict=True)
            if low <= confidence < high or confidence == high == 1.0
        ]
        enough = len(inside) >= LEAST_IN_A_BIN
        rows.append(Bin(low, high, len(inside), round(sum(inside) / len(inside), 4) if enough else None))
    return tuple(rows)


def macro_f1(truth: Sequence[bool], given: Sequence[bool]) -> float:
    """Return the mean of F1 over both natures; a nature that is neither true nor given counts as 0."""
    pairs = list(zip(truth, given, strict=True))
    return sum(_f1(pairs, nature) for nature in (True, False)) / 2


def _f1(pairs: Sequence[tuple[bool, bool]], nature: bool) -> float:
    hits = sum(true == given == nature for true, given in pairs)
    total = sum((true == nature) + (given == nature) for true, given in pairs)
    return 2 * hits / total if total else 0.0
