"""The classifier: decides the nature and work class of tickets, from a person's label down to the usual share."""

from collections.abc import Iterable

from connectors.model import Ticket
from service.analysis.classify.decision import Decision, Override
from service.analysis.classify.natures import NATURE, SIGN, log_odds, nature_of, probability
from service.analysis.classify.rules import Rules, StructuredRule
from service.analysis.classify.sample import Example
from service.analysis.classify.signals import Case, SignalReader, Signals, first
from service.analysis.classify.ticket_text import TicketText
from service.analysis.classify.trained_model import TrainedModel
from service.analysis.fact import Nature, WorkClass

CLEAR_ODDS = log_odds(0.75)
MOST_CERTAIN = 0.98
EVEN = 0.5
"""The confidence in fields against a text that outweighs them: neither is known to be right more often."""
WORDS_SHOWN = 3


class Classifier:
    """Decides tickets by rules and, if there is one, by a trained model. Same input, same decision."""

    def __init__(self, rules: Rules, trained_model: TrainedModel | None = None) -> None:
        self.rules = rules
        self.trained_model = trained_model
        self.version = f"{rules.version}/{trained_model.version}" if trained_model else rules.version
        self._reader = SignalReader(rules, trained_model)

    def decide(self, ticket: Ticket, override: Override | None = None, source: str = "") -> Decision:
        """Return the decision for one ticket; there always is one."""
        return self.decide_many([Case(ticket, source, override)])[0]

    def decide_many(self, cases: Iterable[Case]) -> list[Decision]:
        """Return the decisions for many tickets, in their order."""
        listed = list(cases)
        return [self._decide(case, signals) for case, signals in zip(listed, self.read(listed), strict=True)]

    def read(self, cases: Iterable[Case]) -> list[Signals]:
        """Return the signals of each ticket, in their order, before labels and the organisation's rules count."""
        return self._reader.read(list(cases))

    def organisation_rule(self, ticket: Ticket) -> StructuredRule | None:
        """Return the organisation's own rule that decides this ticket, if any."""
        return first(self.rules.organisation, ticket)

    def example(self, case: Case) -> Example | None:
        """Return the training example that a ticket makes; None if only a trained model could decide it.

        A kind counts as the system gave it, even if the text contradicts it. A rule that is often wrong makes no
        example.
        """
        # A trained model must not teach itself, so nothing here may depend on one.
        if case.override:
            return Example(case.ticket, case.source, case.override.nature, "person")
        if rule := self.organisation_rule(case.ticket):
            return Example(case.ticket, case.source, rule.nature, "organisation")
        if rule := self._reader.rule(case.ticket):
            return Example(case.ticket, case.source, rule.nature, "structured") if rule.teaches else None
        log_odds_ = self._reader.score_phrases(case.ticket).log_odds
        return (
            Example(case.ticket, case.source, nature_of(log_odds_), "words") if abs(log_odds_) >= CLEAR_ODDS else None
        )

    def learnt_words(self, text: TicketText, nature: Nature) -> list[str]:
        """Return the words of a text that argue for a nature in the text model, the strongest first."""
        text_model = self.trained_model.text_model if self.trained_model else None
        return text_model.words_for(text, nature) if text_model else []

    def held_back(self, signals: Signals) -> WorkClass | None:
        """Return the class that a text says more strongly than the fields say theirs, where it may not overrule them.

        None where it may, or where it does not outweigh them.
        """
        nature = nature_of(signals.total)
        if signals.rule is None or signals.rule.nature == nature:
            return None
        work_class = self._work_class(signals, nature)
        # A rule on links or reopens stands on the system's kind: what may overrule the kind may overrule it too.
        rules = (signals.rule, signals.source_rule)
        return None if any(rule and work_class in rule.overruled_by for rule in rules) else work_class

    def _decide(self, case: Case, signals: Signals) -> Decision:
        # The order of decision: a person, the organisation's rules, then fields and text together. The first two are
        # taken at their word, since whoever wrote them knows the desk; only the third is a weighing.
        if case.override:
            nature = case.override.nature
            work_class = case.override.work_class or self._work_class(signals, nature)
            return self._decision(signals, work_class, 1.0, "person", _opposes(signals, nature))
        if rule := self.organisation_rule(case.ticket):
            by = f"organisation: {rule.name}"
            return self._decision(signals, rule.work_class, rule.confidence, by, _opposes(signals, rule.nature))
        nature = nature_of(signals.total)
        if signals.rule and self.held_back(signals):
            return self._kept(signals, signals.rule.nature, nature)
        # The surest decisions on labelled tickets were right in 96 %: sums of log-odds soon claim more than that.
        confidence = min(MOST_CERTAIN, probability(abs(signals.total)))
        work_class, by = self._work_class(signals, nature), self._reason(signals, nature)
        return self._decision(signals, work_class, confidence, by, _opposes(signals, nature))

    def _kept(self, signals: Signals, nature: Nature, by_text: Nature) -> Decision:
        """Return the decision that the fields make against a text that outweighs them but may not overrule them."""
        by = f"{signals.base_source}, against {self._text_reason(signals, by_text)}"
        return self._decision(signals, self._work_class(signals, nature), EVEN, by, _opposes(signals, nature))

    def _decision(
        self, signals: Signals, work_class: WorkClass, confidence: float, by: str, contradicts: bool
    ) -> Decision:
        own_nature = signals.source_rule.nature if signals.source_rule else None
        return Decision(NATURE[work_class], work_class, round(confidence, 4), by, self.version, own_nature, contradicts)

    def _reason(self, signals: Signals, nature: Nature) -> str:
        """Name what decided: the fields if they agree with the decision, else the words, else the usual share."""
        sign = SIGN[nature]
        if sign * signals.text_score <= 0 or (signals.rule and sign * signals.base > 0):
            return signals.base_source
        return self._text_reason(signals, nature)

    def _text_reason(self, signals: Signals, nature: Nature) -> str:
        if SIGN[nature] * signals.phrases.log_odds > 0:
            return f"words: {_first_words(signals.phrases.words_for(nature))}"
        return f"model: {_first_words(self.learnt_words(signals.text, nature))}"

    def _work_class(self, signals: Signals, nature: Nature) -> WorkClass:
        """Return the class within a nature: by a rule on more than the kind, else by words that outweigh the rule."""
        by_words, score = signals.phrases.strongest(nature)
        rule = signals.rule
        # What words call a request stays one when it was reopened, where it would be one if it were not.
        if rule and rule.when.reopens and by_words == "request":
            rule = signals.source_rule
        rule = rule if rule and rule.nature == nature else None
        # A rule on the kind alone says only "an incident": words such as "again" may say which class. A rule that also
        # looks at links or labels knows more than the words.
        if rule and (by_words is None or not rule.when.repeats_source_kind or score <= log_odds(rule.confidence)):
            return rule.work_class
        return by_words or self.rules.prior.work_class(nature)


def _first_words(words: list[str]) -> str:
    return ", ".join(words[:WORDS_SHOWN]) or "what is usual in such tickets"


def _opposes(signals: Signals, nature: Nature) -> bool:
    return signals.source_rule is not None and signals.source_rule.nature != nature
