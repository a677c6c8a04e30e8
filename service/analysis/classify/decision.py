"""Decisions about a ticket's nature and work class, and the overrides by which people make them."""

from dataclasses import dataclass

from service.analysis.classify.natures import NATURE
from service.analysis.fact import DECIDED_FROM, Nature, WorkClass


@dataclass(frozen=True, slots=True)
class Override:
    """A person's label: a nature and, if given, a work class. Raises ValueError if the two disagree."""

    nature: Nature
    work_class: WorkClass | None = None

    def __post_init__(self) -> None:
        if self.work_class and NATURE[self.work_class] != self.nature:
            raise ValueError(f"{self.work_class} is {NATURE[self.work_class]}, not {self.nature}")


@dataclass(frozen=True, slots=True)
class Decision:
    """The nature and class of a ticket, the confidence from 0 to 1, and what decided.

    `decided_by` is `person`, or one of `organisation`, `structured`, `words`, `model`, `base rate` and `prior` with the
    rule or the words, such as `words: crash, stack trace`. `version` names the rules and the trained model.
    `own_nature` is the nature of the system's own kind, None if it has none. `contradicts`: the decision has another.
    """

    nature: Nature
    work_class: WorkClass
    confidence: float
    decided_by: str
    version: str
    own_nature: Nature | None
    contradicts: bool

    @property
    def needs_review(self) -> bool:
        """True if a person should check the decision."""
        return self.confidence < DECIDED_FROM
