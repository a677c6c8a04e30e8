"""Tickets, and lists of them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from service.web.api.models.part import HOURS, Answer, Period

NEXT = Field(description="To be sent as after for the next ones; null where there are no more.")
UP_TO = "At most 1,001, which stands for more than 1,000."


class Ticket(Answer):
    """A ticket as it was analysed."""

    source: str
    id: str = Field(description="The system's own id, which never changes.")
    key: str = Field(description="What people call it.")
    url: str | None
    title: str
    kind: str = Field(description="What the system calls it: incident, request, change and so on.")
    nature: Literal["reactive", "proactive"]
    work_class: str = Field(examples=["failure"])
    confidence: float = Field(description="Of the class, from 0 to 1; below 0.6 it is in doubt.")
    decided_by: str = Field(description="The rule or the words that decided the class.")
    own_nature: str | None = Field(description="The nature that the system's own kind says.")
    contradicts: bool = Field(description="Whether the text contradicts the system's own kind.")
    team: str | None
    service: str | None
    priority: str | None
    status: str = Field(description="What the system calls it.")
    status_category: str = Field(description="new, active, waiting, resolved, closed or cancelled.")
    opened_at: datetime
    resolved_at: datetime | None = Field(description="Null while it is open.")
    reopens: int | None = Field(description="How often it was reopened; null where that is not known.")
    handoffs: int | None = Field(description="How often it changed hands; null where that is not known.")
    pingpong_strict: int | None = Field(description="How often it went straight back: A, B, A.")
    stall_loops: int | None = Field(description="How often it went from active to waiting and back.")
    hours: float = HOURS
    hours_are: Literal["logged", "estimated"]
    family: str | None = Field(description="The id of its family.")


class Tickets(Answer):
    """Some tickets behind a number, the latest first."""

    about: str | None = Field(description="The metric or loop whose tickets these are.")
    told: str | None = Field(description="What they are, in words; the period is to follow.")
    period: Period = Field(description="Of which time.")
    count: int = Field(description=f"How many there are in all. {UP_TO}")
    counted_hours: float = Field(description="Work in those that were counted, in hours.")
    tickets: list[Ticket]
    next: str | None = NEXT


class TicketOfFamily(Ticket):
    """A ticket of a family."""

    resolution: str | None = Field(description="What was written as its resolution.")


class TicketInReview(Ticket):
    """A ticket whose class a person should decide."""

    description: str


class Review(Answer):
    """Some tickets whose class is in doubt or contradicts their kind, the latest opened first."""

    in_doubt: int = Field(description=f"How many are in doubt. {UP_TO}")
    contradicting: int = Field(description=f"How many contradict their kind. {UP_TO}")
    decided: int = Field(description="How many tickets persons have decided so far; 1,001 stands for more.")
    tickets: list[TicketInReview]
    next: str | None = NEXT


class Explanation(Answer):
    """What is known of one ticket."""

    ticket: str = Field(description="As it was asked for.")
    lines: list[str] = Field(description="Its life, its class and why, its family and episode, line by line.")
