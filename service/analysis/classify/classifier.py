"""Reactive or proactive, and why: from a person's word down to what is usual where nothing is known."""

from collections.abc import Iterable

from connectors.model import Ticket
from service.analysis.classify.decision import REVIEW_BELOW, Decision, Override
from service.analysis.classify.natures import NATURE, SIGN, log_odds, nature_of, probability
from service.analysis.classify.rules import Rules, StructuredRule
from service.analysis.classify.sample import Example
from service.analysis.classify.signals import Case, SignalReader, Signals, first
from service.analysis.classify.ticket_text import TicketText
from service.analysis.classify.trained_model import TrainedModel
from service.analysis.fact import Nature, WorkClass

CLEARLY = log_odds(0.75)
MOST_CERTAIN = 0.98
WORDS_TOLD = 3


class Classifier:
    """Decides tickets by rules and, where there is any, by experience. Same input, same decision."""

    def __init__(self, rules: Rules, experience: TrainedModel | None = None) -> None:
        self.rules = rules
        self.experience = experience
        self.version = f"{rules.version}/{experience.version}" if experience else rules.version
        self._reader = SignalReader(rules, experience)

    def decide(self, ticket: Ticket, override: Override | None = None, source: str = "") -> Decision:
        """The decision for one ticket; there always is one."""
        return self.decide_many([Case(ticket, source, override)])[0]

    def decide_many(self, cases: Iterable[Case]) -> list[Decision]:
        """The decisions for many tickets, in their order."""
        listed = list(cases)
        return [self._decide(case, reading) for case, reading in zip(listed, self.read(listed), strict=True)]

    def read(self, cases: Iterable[Case]) -> list[Signals]:
        """What is found in each ticket, in their order, before anybody's word counts."""
        return self._reader.read(list(cases))

    def organisation_rule(self, ticket: Ticket) -> StructuredRule | None:
        """The organisation's own rule that decides this ticket, if any."""
        return first(self.rules.organisation, ticket)

    def example(self, case: Case) -> Example | None:
        """What may be learnt from this ticket: what is decided without anything learnt before, else None.

        A kind counts as the system gave it, even where the text speaks against it. One that is often wrong teaches
        nothing.
        """
        if case.override:
            return Example(case.ticket, case.source, case.override.nature, "person")
        if rule := self.organisation_rule(case.ticket):
            return Example(case.ticket, case.source, rule.nature, "organisation")
        if rule := self._reader.rule(case.ticket):
            return Example(case.ticket, case.source, rule.nature, "structured") if rule.teaches else None
        spoken = self._reader.evidence(case.ticket).log_odds
        return Example(case.ticket, case.source, nature_of(spoken), "words") if abs(spoken) >= CLEARLY else None

    def learnt_words(self, text: TicketText, nature: Nature) -> list[str]:
        """The words of a text that speak for a nature in the model, the strongest first; none without a model."""
        model = self.experience.model if self.experience else None
        return model.words_for(text, nature) if model else []

    def _decide(self, case: Case, reading: Signals) -> Decision:
        if case.override:
            nature = case.override.nature
            named = case.override.work_class or self._class(reading, nature)
            return self._decision(reading, named, 1.0, "person", _opposes(reading, nature))
        if rule := self.organisation_rule(case.ticket):
            by = f"organisation: {rule.name}"
            return self._decision(reading, rule.work_class, rule.confidence, by, _opposes(reading, rule.nature))
        nature = nature_of(reading.total)
        sure = min(MOST_CERTAIN, probability(abs(reading.total)))
        work_class, by = self._class(reading, nature), self._by(reading, nature)
        return self._decision(reading, work_class, sure, by, _contradicts(reading))

    def _decision(self, reading: Signals, named: WorkClass, sure: float, by: str, contradicts: bool) -> Decision:
        own = reading.own.nature if reading.own else None
        return Decision(NATURE[named], named, round(sure, 4), by, self.version, own, contradicts)

    def _by(self, reading: Signals, nature: Nature) -> str:
        """What decided: the fields where they agree with the decision, else words, else what is usual."""
        sign = SIGN[nature]
        if sign * reading.spoken <= 0 or (reading.rule and sign * reading.base > 0):
            return reading.base_is
        if sign * reading.evidence.log_odds > 0:
            return f"words: {_some(reading.evidence.words_for(nature))}"
        return f"model: {_some(self.learnt_words(reading.text, nature))}"

    def _class(self, reading: Signals, nature: Nature) -> WorkClass:
        """The class within a nature: a rule on more than the kind names it, else the words where they outweigh it."""
        rule = reading.rule if reading.rule and reading.rule.nature == nature else None
        named, score = reading.evidence.strongest(nature)
        if rule and (named is None or not rule.when.repeats_source_kind or score <= log_odds(rule.confidence)):
            return rule.work_class
        return named or self.rules.prior.work_class(nature)


def _some(words: list[str]) -> str:
    return ", ".join(words[:WORDS_TOLD]) or "what is usual in such tickets"


def _opposes(reading: Signals, nature: Nature) -> bool:
    return reading.own is not None and reading.own.nature != nature


def _contradicts(reading: Signals) -> bool:
    """Whether the text outweighs the system's own kind, or speaks so clearly against it that it stands in doubt."""
    if reading.own is None:
        return False
    sign = SIGN[reading.own.nature]
    stands = probability(sign * reading.total)
    return stands < 0.5 or (stands < REVIEW_BELOW and sign * reading.spoken <= -CLEARLY)
