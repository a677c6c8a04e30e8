"""Metrics of a period, their trends, and their weekly values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field

from service.analysis.fields import High, KnownDenominator, Low, PValue, Unit, Value
from service.analysis.trend import ChangePoint, Trend
from service.report.sections.base import JSON, key_order

WhyNot = Annotated[str | None, Field(description="Why it could not be measured.")]
WeeklyValues = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class LevelChange:
    """A change of level in the weekly values of a metric."""

    week: Annotated[date, Field(description="The first day of the first week of the new level.")]
    before: Annotated[float, Field(description="Median before, in the unit of the metric.")]
    after: Annotated[float, Field(description="Median from then on, in the unit of the metric.")]
    p: PValue


LevelChangeOrNone = Annotated[
    LevelChange | None,
    key_order("before", "after", "p", mode=JSON),
    Field(description="The change of level, if there was one."),
]


@dataclass(frozen=True, slots=True)
class MetricResult:
    """A metric over the 13 closed weeks of the report."""

    value: Value
    low: Low
    high: High
    n: KnownDenominator
    unit: Unit
    measurable: bool
    why_not: WhyNot
    note: Annotated[str | None, Field(description="A remark for its reader.")]
    undecided_low: Annotated[
        float | None,
        Field(description="The least share that it would be if all undecided tickets were one or the other."),
    ]
    undecided_high: Annotated[
        float | None, Field(description="The greatest such share; both null where the undecided are few.")
    ]
    trend: Annotated[Trend | None, Field(description="Null where fewer than 8 of the last 26 weeks have a value.")]
    change_point: LevelChangeOrNone


@dataclass(frozen=True, slots=True)
class WeeklyLine:
    """A metric week by week, null in weeks whose tickets are not all known or where it could not be measured."""

    values: Annotated[WeeklyValues, Field(description="In the unit of the metric.")]
    low: Annotated[WeeklyValues, Field(description="Lower bounds of the 95 % intervals.")]
    high: Annotated[WeeklyValues, Field(description="Upper bounds of the 95 % intervals.")]
    changes: tuple[Annotated[ChangePoint, key_order("before", "after", "p", mode=JSON)], ...]
    comparable: Annotated[
        tuple[bool, ...],
        Field(description="False in weeks that no trend holds: their number is a least value, or not final yet."),
    ]


@dataclass(frozen=True, slots=True)
class WeeklySeries:
    """Metrics over the last 26 closed weeks."""

    weeks: Annotated[tuple[date, ...], Field(description="The first day of each week.")]
    lines: Annotated[Mapping[str, WeeklyLine], Field(description="By the id of the metric.")]
