"""Teams, services, loops, and the handoffs between teams."""

from dataclasses import dataclass as plain_dataclass
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from service.analysis.evidence import LoopKind
from service.analysis.fields import Hours
from service.analysis.formatting import HOUR
from service.analysis.wording import work_in
from service.report.sections.base import BEFORE_DATA, CONFIG, PeriodSection


@plain_dataclass(frozen=True, slots=True)
class Share:
    """A share with its 95 % interval and denominator."""

    value: Annotated[float, Field(description="From 0 to 1.")]
    low: Annotated[float, Field(description="Lower bound of the 95 % interval.")]
    high: Annotated[float, Field(description="Upper bound of the 95 % interval.")]
    n: Annotated[int, Field(description="The number of tickets that it is a share of.")]


@plain_dataclass(frozen=True, slots=True)
class TeamResult:
    """The volume of a team beside its outcome, in the period."""

    name: str
    closed: Annotated[int, Field(description="Tickets resolved.")]
    hours: Hours
    logged: Annotated[float | None, Field(description="The share of the hours that was logged, from 0 to 1.")]
    stayed: Annotated[
        Share | None, Field(description="The share of the tickets first resolved that was not reopened in 30 days.")
    ]
    pingpong: Annotated[Share | None, Field(description="The share of the tickets resolved that went straight back.")]
    repeats: Annotated[Share | None, Field(description="The share of repeats in the failures opened, rework included.")]
    repeat_hours: Annotated[float, Field(description="Work in repeats, in hours.")]
    money: Annotated[
        float | None, Field(description="Cost of its repeats in the period, to two digits; null where nobody can tell.")
    ]
    cycles_broken: Annotated[int, Field(description="Cycles of the team that broke in the period.")]


@plain_dataclass(frozen=True, slots=True)
class ServiceResult:
    """The dependence of a service on few people; nobody is named."""

    name: str
    resolved: Annotated[int, Field(description="Reactive tickets resolved with a known resolver.")]
    absence_factor: Annotated[int, Field(description="The fewest people who resolve half of them.")]
    people: Annotated[int, Field(description="The number of people who resolved any.")]
    one: Annotated[Share | None, Field(description="The share of the person who resolved most.")]
    shares: Annotated[
        tuple[float, ...],
        Field(description="The shares of up to eight people, from 0 to 1, the largest first."),
    ]


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class GroupsSection(PeriodSection):
    """Teams and services of a scope."""

    teams: Annotated[
        tuple[TeamResult, ...],
        Field(
            description="The team that resolved most first; empty unless the scope is all or a team, and where the "
            "data begin after the period."
        ),
    ]
    services: Annotated[
        tuple[ServiceResult, ...],
        Field(
            description="The service with the most tickets first; empty unless the scope is all or a service, and "
            "where the data begin after the period."
        ),
    ]


@plain_dataclass(frozen=True, slots=True)
class LoopResult:
    """A loop inside the tickets resolved in the period."""

    tickets: Annotated[int | None, Field(description=f"The number of tickets that loop; {BEFORE_DATA}.")]
    n: Annotated[int | None, Field(description=f"The number of tickets resolved with a history; {BEFORE_DATA}.")]
    share: Annotated[float | None, Field(description="From 0 to 1; null where none was resolved.")]
    hours: Annotated[float | None, Field(description=f"Known work in the tickets that loop, in hours; {BEFORE_DATA}.")]
    hours_unknown: Annotated[
        int | None, Field(description=f"The number of them whose hours are unknown; {BEFORE_DATA}.")
    ]
    ticket_ids: Annotated[tuple[str, ...], Field(description="Ids of the worst, the worst first.")]

    @property
    def work(self) -> str:
        """The work in the tickets that loop, with how many of them have unknown hours."""
        if self.hours is None or self.hours_unknown is None or self.tickets is None:
            return "unknown hours of work"
        return work_in(self.hours * HOUR, self.hours_unknown, self.tickets)


@plain_dataclass(frozen=True, slots=True)
class LoopResults:
    """The three loops."""

    reopened: LoopResult
    pingpong: LoopResult
    stalled: LoopResult

    def by_name(self) -> list[tuple[LoopKind, LoopResult]]:
        """Return the loops with their names, in this order."""
        return [("reopened", self.reopened), ("pingpong", self.pingpong), ("stalled", self.stalled)]


@plain_dataclass(frozen=True, slots=True)
class HandoffFlow:
    """The handoffs from one team to another, in tickets resolved in the period."""

    giver: str
    receiver: str
    handoffs: int
    tickets: int


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class LoopsSection(PeriodSection):
    """Reopened, ping-pong and stalled tickets, and the handoffs between teams, the most frequent first."""

    loops: LoopResults
    handoffs: tuple[HandoffFlow, ...]
