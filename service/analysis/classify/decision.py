"""What was decided of a ticket, and by what."""

from dataclasses import dataclass

from service.analysis.classify.natures import NATURE
from service.analysis.fact import Nature, WorkClass

REVIEW_BELOW = 0.6


@dataclass(frozen=True, slots=True)
class Override:
    """A person's word: the nature, and the class where one was named. Raises ValueError where the two do not agree."""

    nature: Nature
    work_class: WorkClass | None = None

    def __post_init__(self) -> None:
        if self.work_class and NATURE[self.work_class] != self.nature:
            raise ValueError(f"{self.work_class} is {NATURE[self.work_class]}, not {self.nature}")


@dataclass(frozen=True, slots=True)
class Decision:
    """The nature and class of a ticket, how sure that is from 0 to 1, and what decided.

    `decided_by` is `person`, or one of `organisation`, `structured`, `words`, `model`, `base rate` and `prior`
    with the rule or the words, e.g. `words: crash, stack trace`. `version` names the rules and what was learnt.
    `own_nature` is what the system's own kind says, None where it says nothing; `contradicts`: the text speaks
    against it so clearly that it does not stand, or stands in doubt.
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
        """Whether a person should look at it."""
        return self.confidence < REVIEW_BELOW
