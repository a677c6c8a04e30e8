"""Rules of the classifier: conditions on fields, phrases, and the prior for tickets of which nothing is known."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from service.analysis.classify.condition import Condition
from service.analysis.classify.lexicon import Lexicon, Phrase, pattern_words
from service.analysis.classify.natures import NATURE
from service.analysis.fact import Nature, WorkClass

# A rule that is wrong more often than this would teach the text model its own mistakes.
LEAST_TO_TEACH = 0.75


def _phrase(text: str) -> str:
    try:
        pattern_words(text)
    except ValueError:
        raise ValueError(f'\'{text}\' is not a phrase of plain words; write e.g. "not work*" or "^add"') from None
    return text


class _RuleModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class StructuredRule(_RuleModel):
    """A condition on fields and the class of matching tickets; `confidence` is the share that truly has it.

    A text that says a class of the other nature overrules it only where `overruled_by` names that class.
    """

    name: Annotated[str, Field(min_length=1)]
    when: Condition
    work_class: WorkClass = Field(alias="class")
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    overruled_by: tuple[WorkClass, ...] = ()
    examples: tuple[dict[str, Any], ...] = ()
    counter_examples: tuple[dict[str, Any], ...] = Field(default=(), alias="not")

    @property
    def nature(self) -> Nature:
        """The nature of its class."""
        return NATURE[self.work_class]

    @property
    def teaches(self) -> bool:
        """True if it is right often enough for its decisions to be training examples."""
        return self.confidence >= LEAST_TO_TEACH


class WordsRule(_RuleModel):
    """Phrases that argue for a class by `weight`, in log-odds of its nature; `none` makes them neutral."""

    name: Annotated[str, Field(min_length=1)]
    work_class: WorkClass | Literal["none"] = Field(alias="class")
    weight: Annotated[float, Field(ge=0, le=3)] = 0.0
    phrases: Annotated[tuple[Annotated[str, AfterValidator(_phrase)], ...], Field(min_length=1)]
    examples: tuple[str, ...] = ()
    counter_examples: tuple[str, ...] = Field(default=(), alias="not")

    @model_validator(mode="after")
    def _weighs(self) -> "WordsRule":
        if self.work_class != "none" and not self.weight:
            raise ValueError("needs a weight above 0, e.g. weight = 1.5")
        return self

    def entries(self) -> list[Phrase]:
        """Return its phrases for the lexicon."""
        work_class = None if self.work_class == "none" else self.work_class
        return [Phrase(text, work_class, self.weight, self.name) for text in self.phrases]


class Prior(_RuleModel):
    """The assumption about a ticket of which nothing is known: the reactive share, and a class of each nature."""

    reactive: Annotated[float, Field(gt=0, lt=1)]
    reactive_class: Literal["failure", "rework", "request"]
    proactive_class: Literal["prevention", "maintenance", "improvement", "delivery"]

    def work_class(self, nature: Nature) -> WorkClass:
        """Return the class of a ticket of which only the nature is known."""
        return self.reactive_class if nature == "reactive" else self.proactive_class


@dataclass(frozen=True)
class Rules:
    """All rules in the order in which they apply; those of the `organisation` decide first."""

    version: str
    structured: tuple[StructuredRule, ...]
    words: tuple[WordsRule, ...]
    prior: Prior
    negations: frozenset[str]
    organisation: tuple[StructuredRule, ...] = ()

    def with_organisation(self, organisation: "Rules") -> "Rules":
        """Return these rules led by those of an organisation, whose phrases replace equal ones of these."""
        return replace(
            self,
            version=f"{self.version}/{organisation.version}",
            organisation=organisation.structured,
            # The organisation's phrases come last: of equal phrases the lexicon keeps the later one.
            words=self.words + organisation.words,
            negations=self.negations | organisation.negations,
        )

    # Every analysis and every explanation of a ticket asks for it, and it takes longer than classifying a few tickets.
    @cached_property
    def lexicon(self) -> Lexicon:
        """The lexicon of all phrases."""
        return Lexicon((phrase for rule in self.words for phrase in rule.entries()), self.negations)
