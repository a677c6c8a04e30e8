"""Metrics, their trends and how they went."""

from datetime import date
from typing import Literal

from pydantic import Field

from service.web.api.models.part import HIGH, LOW, SCOPE, Answer, OfPeriod, P

VALUE = Field(description="In the unit; a share lies between 0 and 1. Null where it could not be measured.")
N = Field(description="The denominator: how many tickets, or other things counted, the value rests on.")
UNIT = Field(
    description="tickets, share, share of hours, hours, days, people, per ticket, or hours per hour.",
    examples=["share of hours"],
)
WHY_NOT = Field(description="Why it could not be measured.")


class Trend(Answer):
    """Where the weekly values of a metric go, over the last 26 closed weeks: Theil-Sen slope, Mann-Kendall test."""

    direction: Literal["rising", "falling", "flat"] = Field(description="Rising or falling at p below 0.05.")
    slope_per_week: float = Field(description="In the unit of the metric, a week.")
    low: float | None = LOW
    high: float | None = HIGH
    p: float = P
    weeks: int = Field(description="How many weeks had a value.")
    corrected: bool = Field(description="Whether autocorrelation was found and widened interval and p.")


class Level(Answer):
    """A change of level: the medians before and after."""

    before: float = Field(description="Median before, in the unit of the metric.")
    after: float = Field(description="Median from then on, in the unit of the metric.")
    p: float = P


class ChangePoint(Level):
    """A change of level in the weekly values of a metric."""

    week: date = Field(description="The first day of the first week of the new level.")


class Change(Level):
    """A change of level in a list of values."""

    index: int = Field(description="The place of the first value of the new level, counted from 0.")


class Measured(Answer):
    """A metric over the 13 closed weeks of the report."""

    value: float | None = VALUE
    low: float | None = LOW
    high: float | None = HIGH
    n: int = N
    unit: str = UNIT
    measurable: bool
    why_not: str | None = WHY_NOT
    note: str | None = Field(description="What to know of it.")
    trend: Trend | None = Field(description="Null where fewer than 8 of the last 26 weeks have a value.")
    change_point: ChangePoint | None = Field(description="Where the level has changed, if it has.")


class Metric(Measured):
    """A metric by its id."""

    id: str = Field(examples=["repeat_hours_share"])


class Metrics(OfPeriod):
    """All metrics of a scope."""

    metrics: list[Metric]


class Point(Answer):
    """A day, week or month of a metric."""

    first: date = Field(description="The first local day of it.")
    until: date = Field(description="The local day after its last one.")
    finished: bool = Field(description="False while it is under way.")
    value: float | None = VALUE
    low: float | None = LOW
    high: float | None = HIGH
    n: int = N
    why_not: str | None = WHY_NOT
    published: float | None = Field(description="What was published at first, where it was restated since.")


class Series(Answer):
    """A metric over time."""

    metric: str
    unit: str = UNIT
    scope: str = SCOPE
    grain: Literal["day", "week", "month"]
    points: list[Point] = Field(description="In the order of time.")
    trend: Trend | None = Field(description="Of the finished points; of weeks alone.")
    changes: list[date] = Field(description="The first days of the weeks from which the level was another one.")


class Drawn(Answer):
    """A metric week by week, null in weeks that are not all known or where it could not be measured."""

    values: list[float | None] = Field(description="In the unit of the metric.")
    low: list[float | None] = Field(description="Lower bounds of the 95 % intervals.")
    high: list[float | None] = Field(description="Upper bounds of the 95 % intervals.")
    changes: list[Change]


class Weeks(Answer):
    """Metrics over the last 26 closed weeks."""

    weeks: list[date] = Field(description="The first day of each week.")
    lines: dict[str, Drawn] = Field(description="By the id of the metric.")


class Definition(Answer):
    """What a metric means."""

    id: str
    unit: str = UNIT
    better: Literal["lower", "higher"] | None = Field(description="Null where neither is.")
    meaning: str


class Definitions(Answer):
    """What the metrics mean."""

    metrics: list[Definition]
