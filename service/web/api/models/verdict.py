"""The verdict, the four answers and the findings."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from service.analysis.verdict import State
from service.web.api.models.cycles import Cycle, Span
from service.web.api.models.numbers import UNIT, N, Weeks
from service.web.api.models.part import HIGH, LOW, Answer, Money, OfPeriod


class Driver(Answer):
    """A cycle, team or loop that contributes most to the repeat hours."""

    kind: Literal["cycle", "team", "loop"]
    id: str = Field(description="The cycle's id, the team's name, or the loop's.")
    text: str = Field(description="The same as a sentence.")
    hours: float = Field(description="Its hours in the period.")
    share: float | None = Field(description="Of all repeat hours, from 0 to 1; null where that has no meaning.")
    tickets: int = Field(description="How many tickets it is.")
    ticket_ids: list[str] = Field(description="Their ids, not always all of them.")


class Verdict(Answer):
    """Whether support runs in endless cycles, and what that rests on."""

    state: State
    sentence: str
    why: list[str] = Field(description="The numbers it rests on, as sentences.")
    drivers: list[Driver] = Field(description="The cycles, then the teams, then the loops, the greatest first.")
    missing: list[str] = Field(description="What is missing, and what would suffice.")


class Number(Answer):
    """A number behind an answer."""

    metric: str = Field(description="A metric's id, or what else was counted.")
    of: str = Field(description="The scope, or what in it, e.g. team Network.")
    value: float = Field(description="In the unit; a share lies between 0 and 1.")
    low: float | None = LOW
    high: float | None = HIGH
    n: int = N
    unit: str = Field(description="As of the metrics, and the currency where it is money.")


class Question(Answer):
    """One of the four questions about IT and the business."""

    question: str
    answer: str
    evidence: list[Number]


class Finding(Answer):
    """A sentence for a leader with its number."""

    kind: Literal["new_endless_cycle", "fix_did_not_hold", "misfiled", "pingpong", "one_person"]
    about: str = Field(description="The id of the cycle or fix, the name of the team or service, or the scope.")
    sentence: str
    value: float = Field(description="In the unit; a share lies between 0 and 1.")
    low: float | None = LOW
    high: float | None = HIGH
    n: int = N
    unit: str = UNIT
    ids: list[str] = Field(description="Ids of the tickets it rests on, not always all of them.")


class VerdictOfScope(OfPeriod):
    """The verdict on a scope with the four answers and the findings."""

    verdict: Verdict
    questions: list[Question]
    findings: list[Finding]


class PaidAgain(Answer):
    """What the repeat hours of the period cost."""

    value: float = Field(description="Repeat hours times the hourly rate, in the currency.")
    low: float = LOW
    high: float = HIGH
    currency: str
    rate: float = Field(description="The price of an hour, in the currency.")


class Overview(VerdictOfScope):
    """The first page: the verdict, and what it is about."""

    known_from: datetime | None = Field(description="From when on all tickets are known.")
    repeat_hours: float = Field(description="Hours of the period that went into repeats.")
    money: Money | None = Field(description="Null where no hourly rate is set.")
    paid_again: PaidAgain | None = Field(description="Null where no hourly rate is set, or nothing was a repeat.")
    cycles: int = Field(description="How many cycles there are.")
    endless: int = Field(description="How many of them are endless.")
    costliest: list[Cycle] = Field(description="The three with most repeat hours in the period.")
    timelines: dict[str, list[Span]] = Field(description="The episodes of the costliest, by the cycle's id.")
    series: Weeks
