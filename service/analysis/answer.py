"""An answer and the numbers behind it."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from service.analysis.fields import Amount, Denominator, High, Low
from service.analysis.interval import wilson
from service.analysis.metric import Metric


@dataclass(frozen=True, slots=True)
class Number:
    """One number of the evidence: a metric of the scope, or of what `of` names, e.g. `team Network`."""

    metric: Annotated[str, Field(description="The id of a metric, or the name of another count.")]
    of: Annotated[str, Field(description="The scope, or a part of it such as team Network.")]
    value: Amount
    low: Low
    high: High
    n: Denominator
    unit: Annotated[str, Field(description="A unit of metrics, or the currency of an amount of money.")]


@dataclass(frozen=True, slots=True)
class QuestionAnswer:
    """A question, its answer in a sentence or more, and the numbers behind it."""

    question: str
    answer: str
    evidence: tuple[Number, ...]


def of_scope(scope: str, *metrics: Metric | None) -> list[Number]:
    """The metrics of a scope that are measurable."""
    return [
        Number(metric.id, scope, metric.value, metric.low, metric.high, metric.n, metric.unit)
        for metric in metrics
        if metric is not None and metric.value is not None
    ]


def amount(metric: str, of: str, value: float, n: int, unit: str) -> Number:
    """A number without an interval."""
    return Number(metric, of, value, None, None, n, unit)


def share(metric: str, of: str, part: int, n: int) -> list[Number]:
    """A share with its interval; nothing where there is no denominator."""
    return [Number(metric, of, part / n, *wilson(part, n), n, "share")] if n else []
