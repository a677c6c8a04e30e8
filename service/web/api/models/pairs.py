"""Pairs of tickets that may be the same problem."""

from datetime import datetime
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from service.report.sections.base import CONFIG


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class PairedTicket:
    """A ticket of a pair, with the family that it stands for."""

    id: Annotated[str, Field(description="The id of the source system, which never changes.")]
    key: Annotated[str, Field(description="The name that people use.")]
    title: str
    url: str | None
    opened_at: datetime
    family: Annotated[str, Field(description="The id of its family.")]
    family_tickets: Annotated[int, Field(description="The number of tickets of its family.")]


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class ProbablePair:
    """Two tickets of different families that may be the same problem, the earlier first."""

    a: Annotated[str, Field(description="The id of the earlier ticket.")]
    b: Annotated[str, Field(description="The id of the later ticket.")]
    probability: Annotated[float, Field(description="The probability that people would link them, from 0 to 1.")]
    source: str
    marked: Annotated[bool, Field(description="True if people closed a ticket like one of them as a duplicate.")]
    tickets: tuple[PairedTicket, PairedTicket]


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class LikelyPairList:
    """The likeliest pairs of tickets that nobody has settled, the likeliest first."""

    pairs: tuple[ProbablePair, ...]
