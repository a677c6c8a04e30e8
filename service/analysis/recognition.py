"""Recognition: how much of a desk's trouble can be seen, and how much of what comes back is recognised."""

from dataclasses import dataclass
from typing import Literal

from service.analysis.interval import wilson

Origin = Literal["people", "sample"]
"""The source of a recall: tickets that people closed as duplicates, or an audit sample."""

LEAST_MARKED = 20
"""So many marked tickets, or judged ones of each kind, a recall needs."""


@dataclass(frozen=True, slots=True)
class Visibility:
    """The shares of `n` reactive tickets that are visible by words, by label alone, and not at all."""

    words: float
    label: float
    nothing: float
    n: int

    @property
    def visible(self) -> float:
        """The share that could be recognised at all."""
        return self.words + self.label


@dataclass(frozen=True, slots=True)
class Recall:
    """The share of true repeats that the matcher finds, with its 95 % interval.

    Of `people`: `recognised` of `n` marked tickets. Of a `sample`: `recognised` repeats were confirmed, and `n` tickets
    judged.
    """

    recognised: int
    n: int
    value: float
    low: float
    high: float
    origin: Origin


@dataclass(frozen=True, slots=True)
class Precision:
    """The share of `n` judged repeats that a person confirmed, with its 95 % interval."""

    confirmed: int
    n: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Recognition:
    """The recognition in one scope; `recall` and `precision` are None where they are unknown.

    `label_share_of_repeats` is the share of the repeats that no words make visible; None without repeats. `marked`
    counts the tickets that people closed as duplicates within 52 weeks.
    """

    visibility: Visibility
    label_share_of_repeats: float | None
    recall: Recall | None
    precision: Precision | None
    marked: int


def visibility_of(words: int, label: int, nothing: int) -> Visibility:
    """Return the shares of these numbers of tickets; all are 0 where there is no ticket."""
    n = words + label + nothing
    return Visibility(words / n, label / n, nothing / n, n) if n else Visibility(0.0, 0.0, 0.0, 0)


def recall_by_people(recognised: int, marked: int) -> Recall | None:
    """Return the recall from marked tickets with Wilson's interval; None for fewer than `LEAST_MARKED`."""
    if marked < LEAST_MARKED:
        return None
    return Recall(recognised, marked, recognised / marked, *wilson(recognised, marked), "people")
