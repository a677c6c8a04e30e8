"""Checks of rules against the examples written beside them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from connectors.model import Link, Ticket
from service.analysis.classify.classifier import Classifier
from service.analysis.classify.natures import NATURE, SIGN, nature_of
from service.analysis.classify.rules import Rules, StructuredRule, WordsRule
from service.analysis.classify.signals import Case, Signals

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def failing_examples(rules: Rules) -> list[str]:
    """Return a sentence for each example that its rule contradicts; none if all is well.

    An example of fields must be decided by its rule, the first that matches; one under `not` must not match. An example
    of words must contain a phrase of its rule and, by words alone, have its nature; one under `not` must not have its
    class.
    """
    layers = (rules.organisation, rules.structured)
    failures = [failure for layer in layers for rule in layer for failure in _field_failures(layer, rule)]
    classifier = Classifier(rules)
    return failures + [failure for rule in rules.words for failure in _word_failures(classifier, rule)]


def _field_failures(layer: tuple[StructuredRule, ...], rule: StructuredRule) -> Iterable[str]:
    for given in rule.examples:
        decided_by = next((candidate.name for candidate in layer if candidate.when.holds(_ticket(given))), "no rule")
        # Matching is not enough: an earlier rule may take the ticket first.
        if decided_by != rule.name:
            yield f"rule '{rule.name}': the example {given} is decided by {decided_by}"
    for given in rule.counter_examples:
        if rule.when.holds(_ticket(given)):
            yield f"rule '{rule.name}': it matches {given}, which is listed under not"


def _word_failures(classifier: Classifier, rule: WordsRule) -> Iterable[str]:
    for text in rule.examples:
        signals = _signals(classifier, text)
        if not _agrees(signals, rule):
            yield f"words '{rule.name}': the example '{text}' is not read as {rule.work_class}"
    for text in rule.counter_examples:
        if rule.work_class != "none" and _class_by_words(_signals(classifier, text)) == rule.work_class:
            yield f"words '{rule.name}': '{text}' is read as {rule.work_class}, but is listed under not"


def _agrees(signals: Signals, rule: WordsRule) -> bool:
    if rule.work_class == "none":
        return not signals.phrases.hits
    has_phrase = any(hit.phrase.group == rule.name for hit in signals.phrases.hits)
    return has_phrase and SIGN[NATURE[rule.work_class]] * signals.phrases.log_odds > 0


def _class_by_words(signals: Signals) -> str | None:
    score = signals.phrases.log_odds
    return signals.phrases.strongest(nature_of(score))[0] if score else None


def _signals(classifier: Classifier, text: str) -> Signals:
    return classifier.read([Case(_ticket({"kind": "other", "title": text}))])[0]


def _ticket(given: dict[str, Any]) -> Ticket:
    """Return a ticket of which only these fields are filled; `links` is a list of relations."""
    values = {
        "id": "1", "key": "1", "kind": "other", "source_kind": given.get("kind", ""), "history_is": "counter",
        "status": "", "status_category": "new", "opened_at": _EPOCH, "updated_at": _EPOCH,
    }  # fmt: skip
    links = tuple(Link(relation=relation, target="2") for relation in given.get("links", ()))
    return Ticket.model_validate(values | given | {"links": links})
