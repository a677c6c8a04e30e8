"""The report on a scope, and the overview of it over any period."""

from collections.abc import Mapping
from dataclasses import dataclass as plain_dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from connectors.model import Gap
from service.analysis.answer import QuestionAnswer
from service.analysis.coverage import is_before
from service.analysis.evidence import Money
from service.analysis.findings import Finding
from service.analysis.money import MoneyRange
from service.analysis.recognition import Recall, Visibility
from service.analysis.verdict import Verdict
from service.report.sections.base import BEFORE_DATA, CONFIG, AsOf, ClosedWeeks, KnownFrom, PeriodSection, ScopeName
from service.report.sections.cycles import ListedCycle, ReportedCycles, Timelines
from service.report.sections.groups import LoopResults
from service.report.sections.metrics import MetricResult, WeeklySeries

SCHEMA: Literal["treadmill.report/2"] = "treadmill.report/2"

StoredTickets = Annotated[int, Field(description="Tickets in the store that still exist in the source.")]
DeletedTickets = Annotated[int, Field(description="Tickets that no longer exist in the source.")]
Complete = Annotated[
    bool | None,
    Field(description="True if no ticket is missing; null where the ids were never compared with the source."),
]
VisibilityOrNone = Annotated[
    Visibility | None, Field(description="Its reactive tickets of the period by how far they can be seen.")
]
RecallOrNone = Annotated[
    Recall | None, Field(description="How many of the repeats that people marked are recognised; null where unknown.")
]
MoneyOrNone = Annotated[Money | None, Field(description="Null where no price is set.")]
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


PaidAgainOrNone = Annotated[
    MoneyRange | None, Field(description="The cost of the repeats of the period; null where it cannot be told.")
]


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class Report:
    """All findings in one scope over the 13 closed weeks of the verdict."""

    # The keys of the document stand in the order of these fields.
    schema: Annotated[Literal["treadmill.report/2"], Field(description="The form of this document.")]
    as_of: AsOf
    timezone: Annotated[str, Field(description="The IANA time zone in which days begin.")]
    scope: ScopeName
    period: ClosedWeeks
    known_from: KnownFrom
    verdict: Verdict
    questions: tuple[QuestionAnswer, ...]
    findings: tuple[Finding, ...]
    metrics: Metrics
    cycles: Annotated[ReportedCycles, Field(description="The cycle with the most repeats in the period first.")]
    loops: LoopResults
    sources: tuple[ReportedSource, ...]
    money: MoneyOrNone
    series: WeeklySeries
    timelines: Annotated[Timelines, Field(description="The episodes of the ten cycles of failures with most repeats.")]

    @property
    def is_before_data(self) -> bool:
        """True if nothing of the period is known, since the data begin after it."""
        return is_before(self.period.end, self.known_from)


@plain_dataclass(frozen=True, slots=True)
class QuarterBefore:
    """The repeats of the 13 closed weeks before those of the verdict."""

    failures: Annotated[int, Field(description="Failures and rework opened in them.")]
    repeats: Annotated[int, Field(description="Those of them that are repeats.")]
    paid_again: PaidAgainOrNone


FailuresOrNone = Annotated[int | None, Field(description=f"Failures and rework opened in the period; {BEFORE_DATA}.")]
RepeatsOrNone = Annotated[int | None, Field(description=f"Those of the failures that are repeats; {BEFORE_DATA}.")]
QuarterBeforeOrNone = Annotated[
    QuarterBefore | None,
    Field(description="The 13 weeks before; null beside another period, or where the data do not reach so far."),
]
NextSteps = Annotated[
    Mapping[str, str],
    Field(description="What was done about each of the costliest cycles so far, and what to do next, by id."),
]


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class Overview(PeriodSection):
    """The content of the first page: over the weeks of the verdict with the verdict, over any other weeks without."""

    verdict: Verdict | None
    questions: tuple[QuestionAnswer, ...]
    findings: tuple[Finding, ...]
    metrics: Metrics
    loops: LoopResults
    sources: tuple[ReportedSource, ...]
    repeat_hours: float | None
    money: MoneyOrNone
    paid_again: PaidAgainOrNone
    failures: FailuresOrNone
    repeats: RepeatsOrNone
    before: QuarterBeforeOrNone
    cycles: Annotated[int, Field(description="The number of cycles of failures.")]
    endless: Annotated[int, Field(description="Those of them that are endless.")]
    costliest: Annotated[tuple[ListedCycle, ...], Field(description="The cycles of failures with most repeats.")]
    next_steps: NextSteps
    requests: Annotated[
        tuple[ListedCycle, ...],
        Field(description="The cycles of requests with most repeats: candidates for automation."),
    ]
    timelines: Timelines
    series: WeeklySeries
