"""Whether rules do what the examples beside them say."""

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
    """A sentence for each example that its rule does not do justice to; none where all is well.

    An example of fields must be decided by its rule, the first that holds; one under `not` must not. An example of
    words must hold a phrase of its rule and, by words alone, have its nature; one under `not` must not have its class.
    """
    layers = (rules.organisation, rules.structured)
    found = [told for layer in layers for rule in layer for told in _fields(layer, rule)]
    classifier = Classifier(rules)
    return found + [told for rule in rules.words for told in _words(classifier, rule)]


def _fields(layer: tuple[StructuredRule, ...], rule: StructuredRule) -> Iterable[str]:
    for given in rule.examples:
        first = next((one.name for one in layer if one.when.holds(_ticket(given))), "no rule")
        if first != rule.name:
            yield f"rule '{rule.name}': the example {given} is decided by {first}"
    for given in rule.counter_examples:
        if rule.when.holds(_ticket(given)):
            yield f"rule '{rule.name}': it holds for {given}, which stands under not"


def _words(classifier: Classifier, rule: WordsRule) -> Iterable[str]:
    for text in rule.examples:
        reading = _read(classifier, text)
        if not _does_justice(reading, rule):
            yield f"words '{rule.name}': the example '{text}' is not read as {rule.work_class}"
    for text in rule.counter_examples:
        if rule.work_class != "none" and _class(_read(classifier, text)) == rule.work_class:
            yield f"words '{rule.name}': '{text}' is read as {rule.work_class}, but stands under not"


def _does_justice(reading: Signals, rule: WordsRule) -> bool:
    if rule.work_class == "none":
        return not reading.evidence.hits
    speaks = any(hit.phrase.group == rule.name for hit in reading.evidence.hits)
    return speaks and SIGN[NATURE[rule.work_class]] * reading.evidence.log_odds > 0


def _class(reading: Signals) -> str | None:
    spoken = reading.evidence.log_odds
    return reading.evidence.strongest(nature_of(spoken))[0] if spoken else None


def _read(classifier: Classifier, text: str) -> Signals:
    return classifier.read([Case(_ticket({"kind": "other", "title": text}))])[0]


def _ticket(given: dict[str, Any]) -> Ticket:
    """A ticket of which only these fields are known; `links` is a list of relations."""
    values = {
        "id": "1", "key": "1", "kind": "other", "source_kind": given.get("kind", ""), "history_is": "counter",
        "status": "", "status_category": "new", "opened_at": _EPOCH, "updated_at": _EPOCH,
    }  # fmt: skip
    links = tuple(Link(relation=relation, target="2") for relation in given.get("links", ()))
    return Ticket.model_validate(values | given | {"links": links})
