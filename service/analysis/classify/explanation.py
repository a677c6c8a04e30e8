"""Explanations of a decision, step by step, for people."""

from collections.abc import Iterable

from service.analysis.classify.classifier import Classifier
from service.analysis.classify.natures import SIGN, nature_of, probability
from service.analysis.classify.signals import Case, Signals
from service.analysis.formatting import number

WORDS_SHOWN = 6


def explain(classifier: Classifier, case: Case) -> list[str]:
    """Return one line per step of the decision, in their order, and the decision itself at the end."""
    [signals] = classifier.read([case])
    return [*_labels_and_rules(classifier, case), *_steps(classifier, signals), *_outcome(classifier, case, signals)]


def _labels_and_rules(classifier: Classifier, case: Case) -> Iterable[str]:
    if case.override:
        named = f", class {case.override.work_class}" if case.override.work_class else ""
        yield f"person: {case.override.nature}{named}"
    else:
        yield "person: nobody has labelled it"
    if classifier.rules.organisation:
        rule = classifier.organisation_rule(case.ticket)
        outcome = f"'{rule.name}' says {rule.work_class}" if rule else "no rule matches"
        yield f"organisation's rules: {outcome}"


def _steps(classifier: Classifier, signals: Signals) -> Iterable[str]:
    if signals.rule:
        yield f"fields: '{signals.rule.name}' says {signals.rule.work_class}, {_leaning(signals.base)}"
    else:
        yield f"fields: no rule matches; {signals.base_source} says {_leaning(signals.base)}"
    for nature in SIGN:
        if phrases := signals.phrases.words_for(nature):
            yield f"words for {nature}: {', '.join(phrases[:WORDS_SHOWN])}"
    yield f"words: {_leaning(signals.phrases.log_odds) if signals.phrases.log_odds else 'none that count'}"
    yield from _text_model(classifier, signals)


def _text_model(classifier: Classifier, signals: Signals) -> Iterable[str]:
    if signals.model_score is None:
        why = classifier.trained_model.why_no_model if classifier.trained_model else None
        yield f"model: none; {why or 'nothing has been learnt yet'}"
        return
    words = classifier.learnt_words(signals.text, nature_of(signals.model_score))
    by = f" by {', '.join(tuple(dict.fromkeys(words))[:WORDS_SHOWN])}" if words else ""
    yield f"model: {_leaning(signals.model_score)}{by}"


def _outcome(classifier: Classifier, case: Case, signals: Signals) -> Iterable[str]:
    decision = classifier.decide(case.ticket, case.override, case.source)
    if decision.decided_by.split(":")[0] not in ("person", "organisation"):
        # Fields and text are not weighed where a person or the organisation's rules decide.
        yield f"together: {_leaning(signals.total)}"
        if (work_class := classifier.held_back(signals)) and signals.rule:
            yield (
                f"the text says {work_class}, but does not overrule '{signals.rule.name}': "
                "it was not measured to be right often enough there"
            )
    if decision.contradicts:
        yield f"the system calls it {decision.own_nature}, which this contradicts"
    if decision.needs_review:
        yield "it is undecided and on the review list: label it to decide"
    yield (
        f"{'guess' if decision.needs_review else 'decision'}: {decision.nature}, {decision.work_class}, "
        f"confidence {number(decision.confidence, 'ratio')}, "
        f"by {decision.decided_by}, rules {decision.version}"
    )


def _leaning(score: float) -> str:
    """Return log-odds as people read them: `reactive 0.80`."""
    return f"{nature_of(score)} {number(probability(abs(score)), 'ratio')}"
