"""A page of cycles, and one cycle in detail."""

from collections.abc import Mapping
from dataclasses import dataclass as plain_dataclass
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from service.analysis.fields import Hours, TicketCount
from service.report.sections.base import CONFIG, PeriodSection
from service.report.sections.cycles import EpisodeCount, FamilyEpisode, ListedCycle, LoggedShare
from service.web.api.models.tickets import FamilyTicket


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class CyclePage(PeriodSection):
    """A page of cycles."""

    total: Annotated[int, Field(description="The number of cycles on all pages.")]
    page: Annotated[int, Field(description="The number of this page, from 1.")]
    pages: Annotated[int, Field(description="The number of pages, of 50 cycles each.")]
    cycles: tuple[ListedCycle, ...]


@plain_dataclass(frozen=True, slots=True)
class Resolver:
    """A person who resolved tickets of a family."""

    person: Annotated[str, Field(description="A pseudonym, unless the settings keep names.")]
    tickets: Annotated[int, Field(description="The number of its tickets that this person resolved.")]


@plain_dataclass(frozen=True, slots=True)
class FamilySummary:
    """A family: tickets judged to be the same problem, a cycle or not."""

    id: str
    title: str
    is_cycle: Annotated[bool, Field(description="True if it has 3 episodes or more over 14 days or more.")]
    is_dismissed: Annotated[bool, Field(description="True if a person dismissed it.")]
    episodes: EpisodeCount
    tickets: TicketCount
    hours: Hours
    hours_logged_share: LoggedShare
    teams: Annotated[Mapping[str, int], Field(description="The number of its tickets that each team had.")]
    people: Annotated[int, Field(description="The number of people who resolved its tickets.")]


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class CycleDetails:
    """A cycle with its episodes, the resolutions written, the people who know it, and its latest tickets."""

    family: FamilySummary
    cycle: Annotated[ListedCycle | None, Field(description="Null where the family is no cycle.")]
    episodes: Annotated[tuple[FamilyEpisode, ...], Field(description="The latest first.")]
    resolutions: Annotated[
        tuple[tuple[str, int], ...],
        Field(description="Each resolution with its number of tickets, of the latest tickets."),
    ]
    resolvers: Annotated[
        tuple[Resolver, ...], Field(description="Up to eight who resolved most, by name: this is no ranking.")
    ]
    tickets: Annotated[
        tuple[FamilyTicket, ...], Field(description="The latest 200; /tickets?cycle= returns all of them.")
    ]
