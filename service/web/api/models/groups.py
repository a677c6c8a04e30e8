"""Loops, teams and services."""

from pydantic import Field

from service.web.api.models.part import HOURS, Answer, OfPeriod


class Loop(Answer):
    """A loop inside the tickets resolved in the period."""

    tickets: int = Field(description="How many tickets loop.")
    n: int = Field(description="Of how many tickets resolved with a history.")
    share: float | None = Field(description="From 0 to 1; null where none was resolved.")
    hours: float = Field(description="All work in the tickets that loop, in hours.")
    ticket_ids: list[str] = Field(description="Ids of the worst, the worst first.")


class Flow(Answer):
    """How often one team handed over to another."""

    from_: str = Field(alias="from")
    to: str
    handoffs: int = Field(description="In tickets resolved in the period.")


class Loops(OfPeriod):
    """Reopened, ping-pong and stalled tickets, and the handoffs between teams."""

    reopened: Loop
    pingpong: Loop
    stalled: Loop
    flows: list[Flow] = Field(description="Up to 400, the most frequent first.")


class Share(Answer):
    """A share with its 95 % interval and denominator."""

    value: float = Field(description="From 0 to 1.")
    low: float = Field(description="Lower bound of the 95 % interval.")
    high: float = Field(description="Upper bound of the 95 % interval.")
    n: int = Field(description="Of how many tickets.")


class Team(Answer):
    """The volume of a team beside its outcome, in the period."""

    name: str
    closed: int = Field(description="Tickets resolved.")
    hours: float = HOURS
    logged: float | None = Field(description="The share of the hours that was logged, from 0 to 1.")
    stayed: Share | None = Field(description="Of the tickets first resolved, those not reopened within 30 days.")
    pingpong: Share | None = Field(description="Of the tickets resolved, those that went straight back.")
    repeats: Share | None = Field(description="Of the reactive tickets opened, the repeats.")
    repeat_hours: float = Field(description="Work in repeats, in hours.")
    cycles_broken: int = Field(description="Cycles of the team that broke in the period.")


class Service(Answer):
    """On how few people a service rests; nobody is named."""

    name: str
    resolved: int = Field(description="Reactive tickets resolved with a known resolver.")
    absence_factor: int = Field(description="Fewest people who resolve half of them.")
    people: int = Field(description="How many people resolved any.")
    one: Share | None = Field(description="Of them, those of the one who resolved most.")
    shares: list[float] = Field(description="The shares of up to eight people, from 0 to 1, the largest first.")


class Groups(OfPeriod):
    """Teams and services of a scope."""

    teams: list[Team] = Field(description="Those that resolved most first; none where the scope is no team or all.")
    services: list[Service] = Field(description="Those with most tickets first; none where the scope is none or all.")
