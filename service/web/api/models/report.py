"""The report as one document, as `report --format json` writes it."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from service.web.api.models.cycles import Repeating, Span
from service.web.api.models.groups import Loop
from service.web.api.models.numbers import Measured, Weeks
from service.web.api.models.part import Answer, Money
from service.web.api.models.sources import COMPLETE, DELETED, STORED, Gap
from service.web.api.models.verdict import VerdictOfScope


class ReportedCycle(Repeating):
    """A cycle with the ids of its tickets."""

    ticket_ids: list[str] = Field(description="All of the scope, the latest first.")


class ReportedSource(Answer):
    """A source as it stood."""

    name: str
    connector: str
    tickets: int = STORED
    deleted: int = DELETED
    last_sync: datetime | None = Field(description="When it was last pulled to its end.")
    complete: bool | None = COMPLETE
    handoffs_between: Literal["teams", "assignees"] = Field(description="Assignees where the system has no teams.")
    gaps: list[Gap]


class LoopsOfReport(Answer):
    """The three loops."""

    reopened: Loop
    pingpong: Loop
    stalled: Loop


class Report(VerdictOfScope):
    """Everything that was found in one scope."""

    schema_: Literal["treadmill.report/1"] = Field(alias="schema", description="The form of this document.")
    timezone: str = Field(description="The IANA zone in which days are cut.")
    metrics: dict[str, Measured] = Field(description="By the id of the metric.")
    cycles: list[ReportedCycle] = Field(description="The one with most repeat hours in the period first.")
    loops: LoopsOfReport
    sources: list[ReportedSource]
    money: Money | None = Field(description="Null where no hourly rate is set.")
    series: Weeks
    timelines: dict[str, list[Span]] = Field(description="The episodes of the ten costliest cycles, by the cycle's id.")
