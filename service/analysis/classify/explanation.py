"""How a decision came about, step by step, in words for people."""

from collections.abc import Iterable

from service.analysis.classify.classifier import Classifier
from service.analysis.classify.natures import SIGN, nature_of, probability
from service.analysis.classify.signals import Case, Signals
from service.analysis.fact import Nature

WORDS_TOLD = 6


def explain(classifier: Classifier, case: Case) -> list[str]:
    """A line for each step of the decision, in its order, and the decision itself at the end."""
    [reading] = classifier.read([case])
    return [*_words_of_people(classifier, case), *_steps(classifier, reading), *_outcome(classifier, case, reading)]


def _words_of_people(classifier: Classifier, case: Case) -> Iterable[str]:
    if case.override:
        named = f", class {case.override.work_class}" if case.override.work_class else ""
        yield f"person: {case.override.nature}{named}"
    else:
        yield "person: nobody has labelled it"
    if classifier.rules.organisation:
        rule = classifier.organisation_rule(case.ticket)
        told = f"'{rule.name}' says {rule.work_class}" if rule else "no rule holds"
        yield f"organisation's rules: {told}"


def _steps(classifier: Classifier, reading: Signals) -> Iterable[str]:
    if reading.rule:
        yield f"fields: '{reading.rule.name}' says {reading.rule.work_class}, {_lean(reading.base)}"
    else:
        yield f"fields: no rule holds; {reading.base_is} says {_lean(reading.base)}"
    for nature in SIGN:
        if found := reading.evidence.words_for(nature):
            yield f"words for {nature}: {', '.join(found[:WORDS_TOLD])}"
    yield f"words: {_lean(reading.evidence.log_odds) if reading.evidence.log_odds else 'they say nothing'}"
    yield from _learnt(classifier, reading)


def _learnt(classifier: Classifier, reading: Signals) -> Iterable[str]:
    if reading.model is None:
        why = classifier.experience.why_no_model if classifier.experience else None
        yield f"model: none; {why or 'nothing has been learnt yet'}"
        return
    found = classifier.learnt_words(reading.text, _side(reading.model))
    by = f" by {', '.join(found[:WORDS_TOLD])}" if found else ""
    yield f"model: {_lean(reading.model)}{by}"


def _outcome(classifier: Classifier, case: Case, reading: Signals) -> Iterable[str]:
    decision = classifier.decide(case.ticket, case.override, case.source)
    if decision.decided_by.split(":")[0] not in ("person", "organisation"):
        yield f"together: {_lean(reading.total)}"
    if decision.contradicts:
        yield f"the system calls it {decision.own_nature}, and that is contradicted"
    if decision.needs_review:
        yield "it is on the review list: label it to decide"
    yield (
        f"decision: {decision.nature}, {decision.work_class}, confidence {decision.confidence:.2f}, "
        f"by {decision.decided_by}, rules {decision.version}"
    )


def _side(score: float) -> Nature:
    return nature_of(score)


def _lean(score: float) -> str:
    """Log-odds as people read them: `reactive 0.80`."""
    return f"{nature_of(score)} {probability(abs(score)):.2f}"
