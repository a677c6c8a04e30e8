"""Forecasts, and how earlier ones did."""

from dataclasses import dataclass as plain_dataclass
from datetime import date
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from service.report.sections.base import CONFIG


@plain_dataclass(frozen=True, slots=True, kw_only=True)
class ProblemForecast:
    """The tickets that a problem was expected to bring in 13 weeks, as it was forecast, and those that came."""

    cycle: Annotated[str | None, Field(description="The id of the cycle; null where its first ticket is gone.")]
    title: str | None
    begin: Annotated[date, Field(alias="from", description="The Monday on which the 13 weeks begin.")]
    end: Annotated[date, Field(alias="to", description="Their last day.")]
    expected: Annotated[float, Field(description="The expected number of tickets.")]
    low: Annotated[int, Field(description="Lower bound of the 80 % interval.")]
    high: Annotated[int, Field(description="Upper bound of the 80 % interval.")]
    came: Annotated[int | None, Field(description="The tickets that came; null while it is not due.")]
    withdrawn: Annotated[bool, Field(description="True if the problem was merged, split or deleted before it was due.")]
    held: Annotated[bool | None, Field(description="True if they lie between the bounds; null while it is not due.")]


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class ForecastList:
    """All forecasts, the newest first, and how many of those that are due held."""

    due: Annotated[int, Field(description="The forecasts whose 13 weeks are over.")]
    held: Annotated[int, Field(description="Those of them whose interval held what came; about 80 % should.")]
    forecasts: tuple[ProblemForecast, ...]
