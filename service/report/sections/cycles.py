"""Cycles, their fixes and their episodes."""

from collections.abc import Mapping
from dataclasses import dataclass as plain_dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from service.analysis.controls import Control, describe_control
from service.analysis.cycles import State, Work
from service.analysis.fields import High, Hours, Low, TicketCount
from service.analysis.fixes import Outcome
from service.analysis.pending import PendingFixes
from service.analysis.survival import LEAST_SPELLS, StayAway
from service.report.sections.base import BEFORE_DATA, CONFIG, PYTHON, PeriodSection, key_order

LoggedShare = Annotated[
    float | None, Field(description="The share of the hours that was logged, from 0 to 1; null where there are none.")
]
EpisodeCount = Annotated[int, Field(description="The number of its episodes.")]


@plain_dataclass(frozen=True, slots=True)
class QuietTimes:
    """The times from an episode to the next one: how long the problem stays away, by Kaplan and Meier."""

    n: Annotated[int, Field(description="The number of these times, with the one that is running.")]
    returns: Annotated[int, Field(description="Those of them that ended with the next episode, within 26 weeks.")]
    longest_days: Annotated[float, Field(description="The longest that was watched, in days.")]
    median_days: Annotated[
        float | None, Field(description="Median in days; null below 5 times, or where fewer than half came back.")
    ]
    low: Low
    high: High
    away: Annotated[
        tuple[StayAway, ...],
        Field(description="Shares that last 30 and 90 days; none below 5 times, nor beyond the longest."),
    ]

    @property
    def is_enough(self) -> bool:
        """True if shares and a median of so many times say something."""
        return self.n >= LEAST_SPELLS


@plain_dataclass(frozen=True, slots=True)
class CycleFix:
    """A fix of a cycle and its outcome."""

    ticket: Annotated[str, Field(description="Its key; `declared` and the day for a fix that a person declared.")]
    at: Annotated[datetime, Field(description="The moment of its resolution.")]
    outcome: Outcome
    title: str
    episodes_before: Annotated[int, Field(description="Episodes before it was resolved.")]
    episodes_after: Annotated[int, Field(description="Episodes since.")]
    ratio: Annotated[
        float | None, Field(description="Episodes a day since, divided by those before; below 1 is better.")
    ]
    low: Low
    high: High
    hours_put_in: Annotated[float, Field(description="Work in the fix, in hours.")]
    hours_avoided: Annotated[float, Field(description="Repeat hours avoided since; only fixes that held avoid any.")]
    control: Annotated[
        float | None,
        Field(description="Share of similar problems without a fix that went silent too; null where they are too few."),
    ]
    control_n: Annotated[int, Field(description="The number of those problems.")]
    net: Annotated[
        float | None, Field(description="1 if it held, 0 if it did not, less the control; null without a control.")
    ]
    quiet_before: Annotated[
        QuietTimes | None, Field(description="How long the problem stayed away before it; null unless it is judged.")
    ]
    quiet_after: Annotated[
        QuietTimes | None, Field(description="How long the problem stays away since; null unless it is judged.")
    ]

    @property
    def beside(self) -> str:
        """The words for its control, which stand beside the outcome; empty where there are none."""
        return describe_control(self.outcome, Control(self.control, self.control_n))


@plain_dataclass(frozen=True, slots=True, kw_only=True)
class CycleSummary:
    """A problem that keeps coming back."""

    id: Annotated[str, Field(examples=["F39d19414569094"])]
    title: str
    work: Annotated[Work, Field(description="failure, with rework, or request: by the class of most of its tickets.")]
    state: State
    endless: Annotated[bool, Field(description="True while it is active and not slowing.")]
    episodes: EpisodeCount
    tickets: Annotated[int, Field(description="The number of its tickets in the scope.")]
    repeats: Annotated[int, Field(description="Those of its tickets that belong to a return.")]
    repeats_in_period: Annotated[
        int | None,
        Field(description=f"Those of its repeats that were opened in the 13 closed weeks; {BEFORE_DATA}."),
    ]
    first_seen: datetime
    last_seen: Annotated[
        datetime, Field(description="The end of its last episode; the moment of the analysis while that is open.")
    ]
    median_gap_days: Annotated[float | None, Field(description="Median time between its episodes, in days.")]
    quiet: Annotated[QuietTimes | None, Field(description="How long it stays away after an episode, over all time.")]
    hours: Hours
    hours_logged_share: LoggedShare
    repeat_hours_in_period: Annotated[
        float | None, Field(description=f"Hours of its repeats in the 13 closed weeks; {BEFORE_DATA}.")
    ]
    money: Annotated[
        float | None,
        Field(description="Cost of its repeats in the 13 closed weeks, to two digits; null where nobody can tell."),
    ]
    teams: Annotated[tuple[str, ...], Field(description="The teams that had its tickets, the one with the most first.")]
    people: Annotated[int, Field(description="The number of people who resolved its tickets.")]
    absence_factor: Annotated[int | None, Field(description="The fewest people who resolve half of its tickets.")]
    fixes: Annotated[tuple[CycleFix, ...], Field(description="In chronological order.")]
    pending_fixes: Annotated[
        PendingFixes, Field(description="Work linked as a fix that is open, or whose nature is undecided.")
    ]


@plain_dataclass(frozen=True, slots=True, kw_only=True)
class ReportedCycle(CycleSummary):
    """A cycle with the ids of its tickets."""

    ticket_ids: Annotated[tuple[str, ...], Field(description="All of the scope, the latest first.")]


ReportedCycles = tuple[
    Annotated[
        ReportedCycle,
        key_order(
            "id", "title", "work", "state", "endless", "episodes", "tickets", "repeats", "ticket_ids", mode=PYTHON
        ),
    ],
    ...,
]


@plain_dataclass(frozen=True, slots=True, kw_only=True)
class ListedCycle(CycleSummary):
    """A cycle with its source and services."""

    source: str | None
    services: Annotated[tuple[str, ...], Field(description="The services of its tickets, the most frequent first.")]


@plain_dataclass(frozen=True, slots=True)
class EpisodeSpan:
    """The time and size of an episode."""

    start: datetime
    end: Annotated[datetime, Field(description="The last opening of a ticket in it.")]
    tickets: TicketCount
    hours: Hours


@plain_dataclass(frozen=True, slots=True)
class FamilyEpisode:
    """A burst of tickets of a family."""

    number: Annotated[int, Field(description="Its place in the family, from 1.")]
    begin: datetime
    end: Annotated[datetime, Field(description="The last opening of a ticket in it.")]
    tickets: TicketCount
    hours: Hours


Timelines = Mapping[str, tuple[EpisodeSpan, ...]]


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class CyclesSection(PeriodSection):
    """All cycles of a scope, those with most repeats first, without the ids of their tickets."""

    cycles: tuple[ListedCycle, ...]
