"""Tickets, and lists of them."""

from dataclasses import dataclass as plain_dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from service.analysis.fact import Nature
from service.report.sections.base import BEFORE_DATA, CONFIG, ReportPeriod

NextPlace = Annotated[
    str | None, Field(description="Send it as `after` for the next tickets; null where there are no more.")
]
UP_TO = "At most 1,001, which stands for more than 1,000."


@plain_dataclass(frozen=True, slots=True, kw_only=True)
class ListedTicket:
    """A ticket as it was analysed."""

    source: str
    id: Annotated[str, Field(description="The id of the source system, which never changes.")]
    key: Annotated[str, Field(description="The name that people use.")]
    url: str | None
    title: str
    kind: Annotated[str, Field(description="The kind in the source system: incident, request, change and so on.")]
    nature: Annotated[Nature | Literal["undecided"], Field(description="undecided where the confidence is below 0.6.")]
    work_class: Annotated[str, Field(description="undecided where the confidence is below 0.6.", examples=["failure"])]
    confidence: Annotated[float, Field(description="Confidence in the class, from 0 to 1; below 0.6 it is in doubt.")]
    decided_by: Annotated[str, Field(description="The rule or the words that decided the class.")]
    own_nature: Annotated[str | None, Field(description="The nature that its kind in the source system implies.")]
    contradicts: Annotated[bool, Field(description="True if its text contradicts its kind in the source system.")]
    team: str | None
    service: str | None
    priority: str | None
    status: Annotated[str, Field(description="The status in the source system.")]
    status_category: Annotated[str, Field(description="new, active, waiting, resolved, closed or cancelled.")]
    opened_at: datetime
    resolved_at: Annotated[datetime | None, Field(description="Null while it is open.")]
    reopens: Annotated[int | None, Field(description="Times it was reopened; null where that is not known.")]
    handoffs: Annotated[int | None, Field(description="Times it changed hands; null where that is not known.")]
    pingpong_strict: Annotated[int | None, Field(description="Times it went straight back: A, B, A.")]
    stall_loops: Annotated[int | None, Field(description="Times it went from active to waiting and back.")]
    hours: Annotated[float | None, Field(description="Work in hours; null where it is unknown.")]
    hours_are: Literal["logged", "estimated", "unknown"]
    family: Annotated[str | None, Field(description="The id of its family.")]


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class TicketList:
    """Some tickets behind a number, the latest first."""

    about: Annotated[str | None, Field(description="The metric or loop whose tickets these are.")]
    told: Annotated[str | None, Field(description="The same in words, to be followed by the period.")]
    period: Annotated[ReportPeriod, Field(description="The time of the tickets.")]
    count: Annotated[int | None, Field(description=f"The number of tickets in all; {BEFORE_DATA}. {UP_TO}")]
    counted_hours: Annotated[
        float | None, Field(description=f"Known work in the tickets that were counted, in hours; {BEFORE_DATA}.")
    ]
    tickets: tuple[ListedTicket, ...]
    next: NextPlace


@plain_dataclass(frozen=True, slots=True, kw_only=True)
class FamilyTicket(ListedTicket):
    """A ticket of a family."""

    resolution: Annotated[str | None, Field(description="The text written as its resolution.")]


@plain_dataclass(frozen=True, slots=True, kw_only=True)
class TicketToReview(ListedTicket):
    """A ticket whose class a person should decide."""

    likeliest: Annotated[str, Field(description="The class that it most likely has.", examples=["failure"])]
    description: str


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class ReviewList:
    """Some tickets whose class is in doubt or contradicts their kind, the latest opened first."""

    in_doubt: Annotated[int, Field(description=f"The number of tickets in doubt. {UP_TO}")]
    contradicting: Annotated[int, Field(description=f"The number of tickets that contradict their kind. {UP_TO}")]
    decided: Annotated[
        int, Field(description="The number of tickets that people have decided; 1,001 stands for more than 1,000.")
    ]
    tickets: tuple[TicketToReview, ...]
    next: NextPlace


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class TicketExplanation:
    """The explanation of one ticket."""

    ticket: Annotated[str, Field(description="The name in the request.")]
    lines: Annotated[
        tuple[str, ...], Field(description="Its life, its class and why, its family and episode, line by line.")
    ]
