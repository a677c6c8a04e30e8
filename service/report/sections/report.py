"""The report on a scope, and the overview of it over any period."""

from collections.abc import Mapping
from dataclasses import dataclass as plain_dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from connectors.model import Gap
from service.analysis.answer import QuestionAnswer
from service.analysis.evidence import Money
from service.analysis.findings import Finding
from service.analysis.recognition import Recall, Visibility
from service.analysis.verdict import Verdict
from service.report.sections.base import CONFIG, AsOf, ClosedWeeks, PeriodSection, ScopeName
from service.report.sections.cycles import ListedCycle, ReportedCycles, Timelines
from service.report.sections.groups import LoopResults
from service.report.sections.metrics import MetricResult, WeeklySeries

SCHEMA: Literal["treadmill.report/1"] = "treadmill.report/1"

StoredTickets = Annotated[int, Field(description="Tickets in the store that still exist in the source.")]
DeletedTickets = Annotated[int, Field(description="Tickets that no longer exist in the source.")]
Complete = Annotated[
    bool | None,
    Field(description="True if no ticket is missing; null where the ids were never compared with the source."),
]
VisibilityOrNone = Annotated[
    Visibility | None, Field(description="Its reactive tickets of the period by how far they can be recognised.")
]
RecallOrNone = Annotated[
    Recall | None, Field(description="How many of the repeats that people marked are recognised; null where unknown.")
]
MoneyOrNone = Annotated[Money | None, Field(description="Null where no hourly rate is set.")]
Metrics = Annotated[Mapping[str, MetricResult], Field(description="By the id of the metric.")]


@plain_dataclass(frozen=True, slots=True)
class ReportedSource:
    """The state of a source."""

    name: str
    connector: str
    tickets: StoredTickets
    deleted: DeletedTickets
    last_sync: Annotated[datetime | None, Field(description="The end of the last complete pull.")]
    complete: Complete
    handoffs_between: Annotated[
        Literal["teams", "assignees"], Field(description="teams; assignees where the system has none.")
    ]
    gaps: tuple[Gap, ...]
    visibility: VisibilityOrNone = None
    recall: RecallOrNone = None


@plain_dataclass(frozen=True, slots=True)
class PaidAgain:
    """The cost of the repeat hours of the period."""

    value: Annotated[float, Field(description="Repeat hours times the hourly rate, in the currency.")]
    low: Annotated[float, Field(description="Lower bound of the 95 % interval.")]
    high: Annotated[float, Field(description="Upper bound of the 95 % interval.")]
    currency: str
    rate: Annotated[float, Field(description="The price of an hour, in the currency.")]


PaidAgainOrNone = Annotated[
    PaidAgain | None, Field(description="Null where no hourly rate is set, or nothing was a repeat.")
]


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class Report:
    """All findings in one scope over the 13 closed weeks of the verdict."""

    # The keys of the document stand in the order of these fields.
    schema: Annotated[Literal["treadmill.report/1"], Field(description="The form of this document.")]
    as_of: AsOf
    timezone: Annotated[str, Field(description="The IANA time zone in which days begin.")]
    scope: ScopeName
    period: ClosedWeeks
    verdict: Verdict
    questions: tuple[QuestionAnswer, ...]
    findings: tuple[Finding, ...]
    metrics: Metrics
    cycles: Annotated[ReportedCycles, Field(description="The cycle with the most repeat hours in the period first.")]
    loops: LoopResults
    sources: tuple[ReportedSource, ...]
    money: MoneyOrNone
    series: WeeklySeries
    timelines: Annotated[Timelines, Field(description="The episodes of the ten costliest cycles, by the cycle's id.")]


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class Overview(PeriodSection):
    """The content of the first page: over the weeks of the verdict with the verdict, over any other weeks without."""

    verdict: Verdict | None
    questions: tuple[QuestionAnswer, ...]
    findings: tuple[Finding, ...]
    metrics: Metrics
    loops: LoopResults
    sources: tuple[ReportedSource, ...]
    known_from: datetime | None
    repeat_hours: float
    money: MoneyOrNone
    paid_again: PaidAgainOrNone
    cycles: int
    endless: int
    costliest: tuple[ListedCycle, ...]
    timelines: Timelines
    series: WeeklySeries
