"""What is found in a ticket before anybody decides: the rule of its fields, its words, and what they come to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, get_args

from connectors.model import Kind, Ticket
from service.analysis.classify.decision import Override
from service.analysis.classify.natures import SIGN, log_odds
from service.analysis.classify.phrase_score import PhraseScore, score_phrases
from service.analysis.classify.rules import Rules, StructuredRule
from service.analysis.classify.ticket_text import TicketText, ticket_text
from service.analysis.classify.trained_model import TrainedModel


class Case(NamedTuple):
    """A ticket to decide, the source it comes from, and a person's word where there is one."""

    ticket: Ticket
    source: str = ""
    override: Override | None = None


@dataclass(frozen=True, slots=True)
class Signals:
    """What was found in one ticket. Log-odds above 0 speak for reactive, below for proactive.

    `rule` is the first shipped structured rule that holds, `own` the first that only repeats the system's word.
    `base` is what the fields say or, without a rule, what is usual; `base_is` names it. `evidence` is what the
    shipped phrases say, `model` what the learnt words say, `spoken` what of both counts.
    """

    text: TicketText
    rule: StructuredRule | None
    own: StructuredRule | None
    base: float
    base_is: str
    evidence: PhraseScore
    model: float | None
    spoken: float

    @property
    def total(self) -> float:
        """All that speaks, added up: fields and text are taken as independent witnesses."""
        return self.base + self.spoken


class SignalReader:
    """Reads tickets by rules and experience."""

    def __init__(self, rules: Rules, experience: TrainedModel | None = None) -> None:
        self._lexicon = rules.lexicon()
        self._prior = log_odds(rules.prior.reactive)
        self._experience = experience
        quality = experience.quality if experience else None
        self._taught_by = quality.taught_by if quality else None
        self._rules = {kind: _of_kind(rules.structured, kind) for kind in get_args(Kind)}

    def read(self, cases: Sequence[Case]) -> list[Signals]:
        """What is found in each ticket, in their order."""
        texts = [ticket_text(case.ticket) for case in cases]
        evidence = [score_phrases(self._lexicon.hits(text)) for text in texts]
        learnt = self._learnt(texts, evidence)
        return [self._reading(*found) for found in zip(cases, texts, evidence, learnt, strict=True)]

    def evidence(self, ticket: Ticket) -> PhraseScore:
        """What the shipped phrases in a ticket say."""
        return score_phrases(self._lexicon.hits(ticket_text(ticket)))

    def rule(self, ticket: Ticket) -> StructuredRule | None:
        """The first shipped structured rule that holds."""
        return first(self._rules[ticket.kind], ticket)

    def _reading(self, case: Case, text: TicketText, evidence: PhraseScore, learnt: float | None) -> Signals:
        rule = self.rule(case.ticket)
        base, base_is = self._base(case, rule)
        spoken = self._spoken(evidence, learnt, rule)
        return Signals(text, rule, self._own(case.ticket, rule), base, base_is, evidence, learnt, spoken)

    def _learnt(self, texts: Sequence[TicketText], evidence: Sequence[PhraseScore]) -> Sequence[float | None]:
        """What the model says beyond the base rate of what it learnt from, no surer than it was found to be."""
        if self._experience is None or self._experience.model is None or self._experience.quality is None:
            return [None] * len(texts)
        model, quality = self._experience.model, self._experience.quality
        return [quality.capped(score) - model.base for score in model.scores(texts, evidence).tolist()]

    def _base(self, case: Case, rule: StructuredRule | None) -> tuple[float, str]:
        if rule:
            return SIGN[rule.nature] * log_odds(rule.confidence), f"structured: {rule.name}"
        usual = self._experience.base(case.source, case.ticket.source_kind) if self._experience else None
        return usual or (self._prior, "prior")

    def _spoken(self, evidence: PhraseScore, learnt: float | None, rule: StructuredRule | None) -> float:
        """What the text says: the phrases and the model with half a voice each, or the one that may speak.

        Where the fields say nothing the model speaks alone: what the phrases say is among what it weighs. What was
        learnt from kinds is silent beside a kind: it would repeat whatever is always filed wrongly.
        """
        if learnt is None:
            return evidence.log_odds
        if rule is None:
            return learnt
        if self._taught_by == "kinds" and rule.teaches:
            return evidence.log_odds
        return (evidence.log_odds + learnt) / 2

    def _own(self, ticket: Ticket, rule: StructuredRule | None) -> StructuredRule | None:
        if rule is None or rule.when.repeats_source_kind:
            return rule
        return first((one for one in self._rules[ticket.kind] if one.when.repeats_source_kind), ticket)


def first(rules: Iterable[StructuredRule], ticket: Ticket) -> StructuredRule | None:
    """The first rule that holds for a ticket."""
    for rule in rules:
        if rule.when.holds(ticket):
            return rule
    return None


def _of_kind(rules: Iterable[StructuredRule], kind: Kind) -> tuple[StructuredRule, ...]:
    return tuple(rule for rule in rules if not rule.when.kind or kind in rule.when.kind)
