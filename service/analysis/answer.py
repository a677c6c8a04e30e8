"""Answers to the four questions, and the numbers that support them."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from service.analysis.fields import Amount, Denominator, High, Low
from service.analysis.interval import wilson
from service.analysis.metric import Metric


@dataclass(frozen=True, slots=True)
class Number:
    """A number that supports an answer: a metric of the scope, or of a part of it such as `team Network`."""

    metric: Annotated[str, Field(description="The id of a metric, or the name of another count.")]
    of: Annotated[str, Field(description="The scope, or a part of it such as team Network.")]
    value: Amount
    low: Low
    high: High
    n: Denominator
    unit: Annotated[str, Field(description="A unit of metrics, or the currency of an amount of money.")]


@dataclass(frozen=True, slots=True)
class QuestionAnswer:
    """A question, its answer in a sentence or more, and the numbers that support it."""

    question: str
    answer: str
    evidence: tuple[Number, ...]


def scope_numbers(scope: str, *metrics: Metric | None) -> list[Number]:
    """Return the measurable metrics of a scope."""
    return [
        Number(metric.id, scope, metric.value, metric.low, metric.high, metric.n, metric.unit)
        for metric in metrics
        if metric is not None and metric.value is not None
    ]


def plain_number(metric: str, of: str, value: float, n: int, unit: str) -> Number:
    """Return a number without an interval."""
    return Number(metric, of, value, None, None, n, unit)


def share_number(metric: str, of: str, part: int, n: int) -> list[Number]:
    """Return a share with its interval; an empty list without a denominator."""
    return [Number(metric, of, part / n, *wilson(part, n), n, "share")] if n else []
