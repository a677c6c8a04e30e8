"""Recognition: how much of a desk's trouble can be seen, and how much of what comes back is recognised."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from service.analysis.interval import wilson

Origin = Literal["people", "sample"]
"""The source of a recall: tickets that people closed as duplicates, or an audit sample."""

LEAST_MARKED = 20
"""So many marked tickets, or judged ones of each kind, a recall needs."""

PER_QUESTION = 30
"""So many tickets of each kind an audit sample draws from a source."""

QUANTILE_OF_TWO = 2.241402727604947
"""Two intervals of 97.5 % hold together with 95 % (Bonferroni)."""


@dataclass(frozen=True, slots=True)
class Visibility:
    """The shares of `n` reactive tickets that are visible by words, by label alone, and not at all."""

    words: Annotated[float, Field(description="The share that is visible by words, from 0 to 1.")]
    label: Annotated[float, Field(description="The share that is visible by a label alone, from 0 to 1.")]
    nothing: Annotated[float, Field(description="The share that is not visible, from 0 to 1.")]
    n: Annotated[int, Field(description="The number of reactive tickets.")]

    @property
    def visible(self) -> float:
        """The share that can be seen at all."""
        return self.words + self.label


@dataclass(frozen=True, slots=True)
class Recall:
    """The share of true repeats that the matcher finds, with its 95 % interval.

    Of `people`: `recognised` of `n` marked tickets. Of a `sample`: `recognised` repeats were confirmed, and `n` tickets
    judged.
    """

    recognised: Annotated[int, Field(description="Of people: marked tickets that were put with an earlier one.")]
    n: Annotated[int, Field(description="The number of marked tickets, or of judged ones.")]
    value: Annotated[float, Field(description="The recall, from 0 to 1.")]
    low: Annotated[float, Field(description="The lower bound of its 95 % interval.")]
    high: Annotated[float, Field(description="The upper bound of its 95 % interval.")]
    origin: Annotated[Origin, Field(description="Duplicates that people closed, or an audit sample.")]


@dataclass(frozen=True, slots=True)
class Precision:
    """The share of `n` judged repeats that a person confirmed, with its 95 % interval."""

    confirmed: Annotated[int, Field(description="The number of judged repeats that a person confirmed.")]
    n: Annotated[int, Field(description="The number of judged repeats.")]
    value: Annotated[float, Field(description="The precision, from 0 to 1.")]
    low: Annotated[float, Field(description="The lower bound of its 95 % interval.")]
    high: Annotated[float, Field(description="The upper bound of its 95 % interval.")]


@dataclass(frozen=True, slots=True)
class AuditSample:
    """The answers of people about random tickets, and how many tickets these were drawn from.

    Of `repeats` tickets that count as repeats, `judged_repeats` were judged and `confirmed` are the same problem as an
    earlier ticket. Of `others` that do not, `judged_others` were judged and `missed` are.
    """

    repeats: int
    judged_repeats: int
    confirmed: int
    others: int
    judged_others: int
    missed: int

    @property
    def is_complete(self) -> bool:
        """True if enough of both kinds were judged for a recall."""
        return self.judged_others >= min(LEAST_MARKED, self.others) and self.has_judged_repeats

    @property
    def has_judged_repeats(self) -> bool:
        """True if enough repeats were judged for a precision."""
        return self.judged_repeats >= min(LEAST_MARKED, self.repeats)

    @property
    def to_judge(self) -> int:
        """The number of its tickets that nobody has judged yet."""
        kinds = (self.repeats, self.judged_repeats), (self.others, self.judged_others)
        return sum(max(0, min(PER_QUESTION, tickets) - judged) for tickets, judged in kinds)


@dataclass(frozen=True, slots=True)
class Recognition:
    """The recognition in one scope; `recall` and `precision` are None where they are unknown.

    `label_share_of_repeats` is the share of the repeats that no words make visible; None without repeats. `marked`
    counts the tickets that people closed as duplicates within 52 weeks, `to_judge` those of the audit samples that
    nobody has judged yet.
    """

    visibility: Visibility
    label_share_of_repeats: float | None
    recall: Recall | None
    precision: Precision | None
    marked: int
    to_judge: int


def visibility_of(words: int, label: int, nothing: int) -> Visibility:
    """Return the shares of these numbers of tickets; all are 0 where there is no ticket."""
    n = words + label + nothing
    return Visibility(words / n, label / n, nothing / n, n) if n else Visibility(0.0, 0.0, 0.0, 0)


def recall_by_people(recognised: int, marked: int) -> Recall | None:
    """Return the recall from marked tickets with Wilson's interval; None for fewer than `LEAST_MARKED`."""
    if marked < LEAST_MARKED:
        return None
    return Recall(recognised, marked, recognised / marked, *wilson(recognised, marked), "people")


def sample_precision(sample: AuditSample) -> Precision | None:
    """Return the precision from an audit sample with Wilson's interval; None while too few repeats were judged."""
    confirmed, n = sample.confirmed, sample.judged_repeats
    if not n or not sample.has_judged_repeats:
        return None
    return Precision(confirmed, n, confirmed / n, *wilson(confirmed, n))


def sample_recall(sample: AuditSample) -> Recall | None:
    """Return the recall from an audit sample; None for too few judged tickets of either kind, or no true repeat.

    Recall is p R / (p R + m O): p the share of the R repeats that is confirmed, m the share of the O others that was
    missed. Its bounds combine Wilson's bounds of p and m that hold together, the worst with the worst.
    """
    n = sample.judged_repeats + sample.judged_others
    if not n or not sample.is_complete:
        return None
    confirmed, confirmed_low, confirmed_high = _total(sample.repeats, sample.judged_repeats, sample.confirmed)
    missed, missed_low, missed_high = _total(sample.others, sample.judged_others, sample.missed)
    if not confirmed + missed:
        # All that was judged was new: of what came back, nothing was seen, and so nothing can be said.
        return None
    return Recall(
        sample.confirmed,
        n,
        confirmed / (confirmed + missed),
        _part(confirmed_low, missed_high),
        _part(confirmed_high, missed_low),
        "sample",
    )


def _total(tickets: int, judged: int, true: int) -> tuple[float, float, float]:
    """Return (estimate, low, high) of the true ones among all tickets, from those that were judged."""
    if not judged:
        return 0.0, 0.0, 0.0
    low, high = wilson(true, judged, QUANTILE_OF_TWO)
    return tickets * true / judged, tickets * low, tickets * high


def _part(recognised: float, missed: float) -> float:
    # The bounds are those of an estimate that is not 0 by 0.
    return recognised / (recognised + missed) if recognised + missed else 1.0
