"""How far a text model can be trusted, measured on tickets that it had not seen."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Literal

from service.analysis.classify.natures import log_odds, probability

Teacher = Literal["people", "kinds"]
EDGES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
LEAST_IN_A_BIN = 20
BARELY = 0.505
MOST = 0.99


@dataclass(frozen=True, slots=True)
class Bin:
    """Decisions of a confidence from `low` to `high`: how many there were, and the share that was right."""

    low: float
    high: float
    n: int
    precision: float | None


@dataclass(frozen=True, slots=True)
class Quality:
    """Cross-validated quality: each ticket judged by a model that never saw its text.

    `n` tickets whose nature was told by `taught_by`: people, who labelled them or wrote rules, or the systems' kinds.
    `rules_macro_f1` is what the shipped phrases alone reach on the same tickets.
    """

    n: int
    taught_by: Teacher
    macro_f1: float
    rules_macro_f1: float
    bins: tuple[Bin, ...]

    def capped(self, score: float) -> float:
        """Log-odds that claim no more than decisions of this confidence were found to be right, or of a lower one."""
        sure = probability(abs(score))
        trusted = BARELY
        for one in self.bins:
            if one.precision is not None and one.low <= sure:
                trusted = max(trusted, min(one.precision, MOST))
        size = min(abs(score), log_odds(trusted))
        return size if score >= 0 else -size

    def as_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return asdict(self)


def bins(sure: Sequence[float], right: Sequence[bool]) -> tuple[Bin, ...]:
    """Reliability by confidence. No precision where fewer than 20 decisions would have to carry it."""
    out = []
    for low, high in pairwise(EDGES):
        inside = [ok for one, ok in zip(sure, right, strict=True) if low <= one < high or one == high == 1.0]
        enough = len(inside) >= LEAST_IN_A_BIN
        out.append(Bin(low, high, len(inside), round(sum(inside) / len(inside), 4) if enough else None))
    return tuple(out)


def macro_f1(truth: Sequence[bool], found: Sequence[bool]) -> float:
    """The mean of F1 for both natures; 0 for one that is neither there nor found."""
    pairs = list(zip(truth, found, strict=True))
    return sum(_f1(pairs, nature) for nature in (True, False)) / 2


def _f1(pairs: Sequence[tuple[bool, bool]], nature: bool) -> float:
    hits = sum(true == found == nature for true, found in pairs)
    total = sum((true == nature) + (found == nature) for true, found in pairs)
    return 2 * hits / total if total else 0.0
