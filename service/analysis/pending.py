"""Work that a link ties to a cycle as a fix and that is none so far: it is open, or its nature is undecided."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import Field

from service.analysis.fact import DECIDED_FROM

PendingState = Literal["open", "open, nature undecided", "resolved, nature undecided"]
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class PendingFix:
    """A ticket that may become a fix."""

    ticket: Annotated[str, Field(description="Its key.")]
    title: str
    state: Annotated[PendingState, Field(description="The reason why it is no fix so far.")]

    @property
    def is_undecided(self) -> bool:
        """True if a label would settle what it is."""
        return self.state != "open"


@dataclass(frozen=True, slots=True)
class PendingFixes:
    """The pending fixes of a cycle."""

    count: Annotated[int, Field(description="The number of all of them.")]
    tickets: Annotated[
        tuple[PendingFix, ...], Field(description="At most 5: resolved ones first, then the latest opened.")
    ]

    @classmethod
    def of(cls, pending: Sequence[PendingFix]) -> Self:
        """Return all of them counted, and the first ones named."""
        return cls(len(pending), tuple(pending[:MOST_NAMED]))


NONE_PENDING = PendingFixes(0, ())


def pending_state(is_resolved: bool, confidence: float) -> PendingState:
    """Return why work is no fix so far; its nature is undecided where it is resolved."""
    if is_resolved:
        return "resolved, nature undecided"
    return "open, nature undecided" if confidence < DECIDED_FROM else "open"
