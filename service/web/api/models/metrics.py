"""Metrics of a period, one metric over time, and the definitions of metrics."""

from dataclasses import dataclass as plain_dataclass
from datetime import date
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from service.analysis.calendar import Grain
from service.analysis.catalogue import Better
from service.analysis.fields import Unit
from service.analysis.trend import Trend
from service.report.sections.base import CONFIG, PeriodSection, ScopeName
from service.report.sections.metrics import MetricResult
from service.report.series_points import MetricPoint


@plain_dataclass(frozen=True, slots=True)
class NamedMetric(MetricResult):
    """A metric with its id."""

    id: Annotated[str, Field(examples=["repeat_hours_share"])]


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class MetricsAnswer(PeriodSection):
    """All metrics of a scope."""

    metrics: tuple[NamedMetric, ...]


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class MetricSeries:
    """A metric over time."""

    metric: str
    unit: Unit
    scope: ScopeName
    grain: Grain
    points: Annotated[tuple[MetricPoint, ...], Field(description="In chronological order.")]
    trend: Annotated[Trend | None, Field(description="The trend of the finished points; of weeks alone.")]
    changes: Annotated[tuple[date, ...], Field(description="The first day of each week in which the level changed.")]


@plain_dataclass(frozen=True, slots=True)
class MetricDefinition:
    """The meaning of a metric."""

    id: str
    unit: Unit
    better: Annotated[Better | None, Field(description="Null where neither is better.")]
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class DefinitionsAnswer:
    """The meaning of all metrics."""

    metrics: tuple[MetricDefinition, ...]
