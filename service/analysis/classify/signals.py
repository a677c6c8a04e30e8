"""Signals of a ticket's nature before anything is decided: the rule on its fields, its phrases, the text model."""

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
    """A ticket to decide, its source, and a person's label if there is one."""

    ticket: Ticket
    source: str = ""
    override: Override | None = None


@dataclass(frozen=True, slots=True)
class Signals:
    """The signals of one ticket. Log-odds above 0 argue for reactive, below for proactive.

    `rule` is the first shipped structured rule that matches, `source_rule` the first that only repeats the system's
    kind. `base` is the log-odds of the fields or, without a rule, of the usual share; `base_source` names which.
    `phrases` is the score of the shipped phrases, `model_score` that of the text model, `text_score` what counts of
    both.
    """

    text: TicketText
    rule: StructuredRule | None
    source_rule: StructuredRule | None
    base: float
    base_source: str
    phrases: PhraseScore
    model_score: float | None
    text_score: float

    @property
    def total(self) -> float:
        """The sum of all log-odds; fields and text are taken as independent witnesses."""
        return self.base + self.text_score


class SignalReader:
    """Reads the signals of tickets by rules and, if there is one, by a trained model."""

    def __init__(self, rules: Rules, trained_model: TrainedModel | None = None) -> None:
        self._lexicon = rules.lexicon
        self._prior = log_odds(rules.prior.reactive)
        self._trained_model = trained_model
        quality = trained_model.quality if trained_model else None
        self._taught_by = quality.taught_by if quality else None
        self._rules = {kind: _of_kind(rules.structured, kind) for kind in get_args(Kind)}

    def read(self, cases: Sequence[Case]) -> list[Signals]:
        """Return the signals of each ticket, in their order."""
        texts = [ticket_text(case.ticket) for case in cases]
        phrases = [score_phrases(self._lexicon.hits(text)) for text in texts]
        model_scores = self._model_scores(texts, phrases)
        return [self._signals(*parts) for parts in zip(cases, texts, phrases, model_scores, strict=True)]

    def score_phrases(self, ticket: Ticket) -> PhraseScore:
        """Return the score of the shipped phrases in a ticket."""
        return score_phrases(self._lexicon.hits(ticket_text(ticket)))

    def rule(self, ticket: Ticket) -> StructuredRule | None:
        """Return the first shipped structured rule that matches."""
        return first(self._rules[ticket.kind], ticket)

    def _signals(self, case: Case, text: TicketText, phrases: PhraseScore, model_score: float | None) -> Signals:
        rule = self.rule(case.ticket)
        base, base_source = self._base(case, rule)
        text_score = self._text_score(phrases, model_score, rule)
        return Signals(
            text, rule, self._source_rule(case.ticket, rule), base, base_source, phrases, model_score, text_score
        )

    def _model_scores(self, texts: Sequence[TicketText], phrases: Sequence[PhraseScore]) -> Sequence[float | None]:
        """Return what the text model adds to the base rate of its sample, cut to its measured quality."""
        if self._trained_model is None or self._trained_model.text_model is None or self._trained_model.quality is None:
            return [None] * len(texts)
        model, quality = self._trained_model.text_model, self._trained_model.quality
        return [quality.cap(score) - model.base for score in model.scores(texts, phrases).tolist()]

    def _base(self, case: Case, rule: StructuredRule | None) -> tuple[float, str]:
        if rule:
            return SIGN[rule.nature] * log_odds(rule.confidence), f"structured: {rule.name}"
        usual_share = self._trained_model.base(case.source, case.ticket.source_kind) if self._trained_model else None
        return usual_share or (self._prior, "prior")

    def _text_score(self, phrases: PhraseScore, model_score: float | None, rule: StructuredRule | None) -> float:
        """Return the log-odds of the text: of phrases and model together, or of the one that counts."""
        if model_score is None:
            return phrases.log_odds
        # Without a rule the model counts alone: the phrases are among its features already.
        if rule is None:
            return model_score
        # A model that learnt from kinds would repeat whatever is always filed wrongly, so a kind silences it.
        if self._taught_by == "kinds" and rule.teaches:
            return phrases.log_odds
        return (phrases.log_odds + model_score) / 2

    def _source_rule(self, ticket: Ticket, rule: StructuredRule | None) -> StructuredRule | None:
        if rule is None or rule.when.repeats_source_kind:
            return rule
        return first(
            (candidate for candidate in self._rules[ticket.kind] if candidate.when.repeats_source_kind), ticket
        )


def first(rules: Iterable[StructuredRule], ticket: Ticket) -> StructuredRule | None:
    """Return the first rule that matches a ticket."""
    for rule in rules:
        if rule.when.holds(ticket):
            return rule
    return None


def _of_kind(rules: Iterable[StructuredRule], kind: Kind) -> tuple[StructuredRule, ...]:
    return tuple(rule for rule in rules if not rule.when.kind or kind in rule.when.kind)
