"""The scope, the moment and the period of a section."""

from dataclasses import dataclass as plain_dataclass
from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

# Deferred: a command that writes no JSON would otherwise pay for a schema of every section at its start.
CONFIG = ConfigDict(extra="forbid", defer_build=True)

AsOf = Annotated[datetime, Field(description="The moment of the analysis.")]
ScopeName = Annotated[
    str, Field(description="The scope: all, or one value of one dimension.", examples=["all", "team:Network"])
]


@plain_dataclass(frozen=True, slots=True)
class ReportPeriod:
    """From an instant up to, and without, another."""

    begin: Annotated[datetime, Field(alias="from", description="The first instant of the period.")]
    end: Annotated[datetime, Field(alias="to", description="The first instant after the period.")]


ClosedWeeks = Annotated[ReportPeriod, Field(description="13 closed weeks, unless the request names others.")]


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class ScopeSection:
    """The scope and the moment of a section."""

    as_of: AsOf
    scope: ScopeName


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class PeriodSection(ScopeSection):
    """The scope, the moment and the period of a section."""

    period: ClosedWeeks
