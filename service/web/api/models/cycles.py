"""Cycles, their episodes and fixes."""

from datetime import datetime

from pydantic import Field

from service.analysis.cycles import State
from service.analysis.fixes import Outcome
from service.web.api.models.part import HIGH, HOURS, LOW, Answer, OfScope, Period
from service.web.api.models.tickets import TicketOfFamily

LOGGED = Field(description="The share of the hours that was logged, from 0 to 1; null where there are none.")


class Fix(Answer):
    """A fix of a cycle and what became of it."""

    ticket: str = Field(description="Its key; of one that a person declared, that word and the day.")
    at: datetime = Field(description="When it was resolved.")
    outcome: Outcome
    title: str
    episodes_before: int = Field(description="Episodes before it was resolved.")
    episodes_after: int = Field(description="Episodes since.")
    ratio: float | None = Field(description="Episodes a day since by those before; below 1 is better.")
    low: float | None = LOW
    high: float | None = HIGH
    hours_put_in: float = Field(description="Work in the fix, in hours.")
    hours_avoided: float = Field(description="Repeat hours that did not come since; of fixes that held only.")


class Repeating(Answer):
    """A problem that keeps coming back."""

    id: str = Field(examples=["F39d19414569094"])
    title: str
    state: State
    endless: bool = Field(description="Whether it is active and not slowing.")
    episodes: int = Field(description="How often it came.")
    tickets: int = Field(description="How many tickets of the scope it is.")
    first_seen: datetime
    last_seen: datetime = Field(description="The end of its last episode; the moment of analysis while that is open.")
    median_gap_days: float | None = Field(description="Median time between its episodes, in days.")
    hours: float = HOURS
    hours_logged_share: float | None = LOGGED
    repeat_hours_in_period: float = Field(description="Hours of its repeats in the 13 closed weeks.")
    money: float | None = Field(description="The hours times the hourly rate; null where none is set.")
    teams: list[str] = Field(description="Those that had its tickets, the one with most first.")
    people: int = Field(description="How many people resolved its tickets.")
    absence_factor: int | None = Field(description="Fewest people who resolve half of its tickets.")
    fixes: list[Fix] = Field(description="In the order of time.")


class Cycle(Repeating):
    """A cycle with its source and services."""

    source: str | None
    services: list[str] = Field(description="Those of its tickets, the most frequent first.")


class Cycles(OfScope):
    """A page of cycles."""

    period: Period
    total: int = Field(description="How many cycles were found.")
    page: int = Field(description="Which page this is, from 1.")
    pages: int = Field(description="How many pages there are, of 50 cycles.")
    cycles: list[Cycle]


class Span(Answer):
    """When an episode was."""

    start: datetime
    end: datetime | None = Field(description="Null while it is under way.")
    tickets: int = Field(description="How many tickets it is.")
    hours: float = HOURS


class Episode(Answer):
    """A burst of a family."""

    number: int = Field(description="Its place in the family, from 1.")
    begin: datetime
    end: datetime | None = Field(description="Null while it is under way.")
    tickets: int = Field(description="How many tickets it is.")
    hours: float = HOURS


class Person(Answer):
    """Somebody who resolved tickets of a family."""

    person: str = Field(description="A pseudonym, unless the settings keep names.")
    tickets: int = Field(description="How many of its tickets that person resolved.")


class Family(Answer):
    """Tickets judged to be the same problem, whether a cycle or not."""

    id: str
    title: str
    is_cycle: bool = Field(description="Whether it has 3 episodes or more over 14 days or more.")
    is_dismissed: bool = Field(description="Whether a person said that it is no trouble.")
    episodes: int = Field(description="How often it came.")
    tickets: int = Field(description="How many tickets it is.")
    hours: float = HOURS
    hours_logged_share: float | None = LOGGED
    teams: dict[str, int] = Field(description="How many of its tickets each team had.")
    people: int = Field(description="How many people resolved its tickets.")


class OneCycle(Answer):
    """A cycle with its episodes, what was written as its resolution, who knows it, and its latest tickets."""

    family: Family
    cycle: Cycle | None = Field(description="Null where the family is no cycle.")
    episodes: list[Episode] = Field(description="The latest first.")
    resolutions: list[tuple[str, int]] = Field(description="What was written how often, in its latest tickets.")
    resolvers: list[Person] = Field(description="Up to eight who resolved most, by name: this is no ranking.")
    tickets: list[TicketOfFamily] = Field(description="The latest 200; /tickets?cycle= has all of them.")
