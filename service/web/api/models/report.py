"""The verdict, the overview and the loops, as excerpts of sections."""

from dataclasses import dataclass as plain_dataclass
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from service.analysis.answer import QuestionAnswer
from service.analysis.findings import Finding
from service.analysis.verdict import Verdict
from service.report.sections.base import BEFORE_DATA, CONFIG, PeriodSection
from service.report.sections.cycles import ListedCycle, Timelines
from service.report.sections.groups import LoopResult
from service.report.sections.metrics import WeeklySeries
from service.report.sections.report import (
    FailuresOrNone,
    MoneyOrNone,
    NextSteps,
    PaidAgainOrNone,
    QuarterBeforeOrNone,
    RepeatsOrNone,
)


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class VerdictAnswer(PeriodSection):
    """The verdict on a scope with the four answers and the findings."""

    verdict: Verdict
    questions: tuple[QuestionAnswer, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class OverviewAnswer(VerdictAnswer):
    """The content of the first page: the verdict, and the cycles and weeks behind it."""

    repeat_hours: Annotated[
        float | None, Field(description=f"Hours of the period that went into repeats; {BEFORE_DATA}.")
    ]
    money: MoneyOrNone
    paid_again: PaidAgainOrNone
    failures: FailuresOrNone
    repeats: RepeatsOrNone
    before: QuarterBeforeOrNone
    cycles: Annotated[int, Field(description="The number of cycles of failures.")]
    endless: Annotated[int, Field(description="Those of them that are endless.")]
    costliest: Annotated[
        tuple[ListedCycle, ...], Field(description="The three of failures with the most repeats in the period.")
    ]
    requests: Annotated[
        tuple[ListedCycle, ...], Field(description="The five of requests with the most: candidates for automation.")
    ]
    next_steps: NextSteps
    timelines: Annotated[Timelines, Field(description="The episodes of the costliest cycles, by the cycle's id.")]
    series: WeeklySeries


@plain_dataclass(frozen=True, slots=True)
class HandoffCount:
    """The handoffs from one team to another."""

    giver: Annotated[str, Field(alias="from")]
    receiver: Annotated[str, Field(alias="to")]
    handoffs: Annotated[int, Field(description="In tickets resolved in the period.")]


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class LoopsAnswer(PeriodSection):
    """Reopened, ping-pong and stalled tickets, and the handoffs between teams."""

    reopened: LoopResult
    pingpong: LoopResult
    stalled: LoopResult
    flows: Annotated[tuple[HandoffCount, ...], Field(description="Up to 400, the most frequent first.")]
