"""Quality of the classifier on reactive and proactive work, each figure beside its baseline.

python -m benchmarks.classification [text] [desk] [kinds] [overruling] [curve] [company] [replay] [speed]; all of them
by default. Needs the labelled tickets of the bench; nothing that is measured here was used to write the rules.
"""

import math
import sys
import time
from collections import Counter
from collections.abc import Sequence
from random import Random
from statistics import mean

from benchmarks import labels
from connectors.model import Kind, Ticket
from service.analysis.classify import Case, Classifier, Decision, Example, Nature, TrainedModel, train
from service.analysis.classify.evaluation import Scores, compare, evaluate, score
from service.analysis.classify.labelled_tickets import LabelledTicket
from service.analysis.classify.natures import CLASSES, NATURE, SIGN, log_odds
from service.analysis.classify.sample import By
from service.analysis.classify.ticket_text import words
from service.analysis.fact import DECIDED_FROM, WorkClass

KEYWORDS = frozenset(
    {
        "error",
        "errors",
        "fail",
        "fails",
        "failed",
        "failure",
        "bug",
        "crash",
        "crashes",
        "crashed",
        "broken",
        "exception",
        "wrong",
        "cannot",
        "down",
        "outage",
    }
)
REPEATS = 10
WRONG = 1 / 3
"""The share of bug reports that were none when people sorted them again (Herzig et al., ICSE 2013)."""
RIGHT, LEAST = 0.7, 20
LEAST_ODDS = log_odds(DECIDED_FROM)
OVERRULED: tuple[Kind, ...] = ("incident", "defect", "alert", "request", "feature", "task", "change", "problem")
CURVE = (25, 50, 100, 200, 400)
ROUNDS = 5
RULES = labels.shipped()


def text() -> None:
    """Print the figures of text alone: rules, and a cross-validated model, beside two baselines."""
    for name in labels.SETS:
        tickets = labels.without_kind(labels.read(name))
        print(f"\ntext alone: {name}, {len(tickets)} tickets")
        _row("majority", _baseline(tickets, [_majority(tickets)] * len(tickets)))
        _row("keywords in the title", _baseline(tickets, [_by_keywords(labelled.ticket) for labelled in tickets]))
        _row("rules, nothing learnt", evaluate(tickets, Classifier(RULES)).natures)
        trained_model = _train(tickets, "person")
        if trained_model.text_model is None:
            print(f"  no model: {trained_model.why_no_model}")
            continue
        evaluation = evaluate(tickets, Classifier(RULES, trained_model))
        _row("learnt, cross-validated", evaluation.natures)
        print(evaluation.as_text())


def desk() -> None:
    """Print how many titles of a service desk in four languages are decided by their words, and how many rightly."""
    for name in ("seen", "unseen"):
        tickets = labels.desk_titles(name)
        right = decided_rightly(tickets)
        print(f"\ntitles of a service desk, {name}: {len(right)} of {len(tickets)} decided, {mean(right):.3f} rightly")


def decided_rightly(tickets: Sequence[LabelledTicket]) -> list[bool]:
    """Return for each ticket that the words of the rules decide whether they do so rightly."""
    decisions = Classifier(RULES).decide_many([Case(labelled.ticket) for labelled in tickets])
    pairs = zip(decisions, tickets, strict=True)
    return [made.nature == labelled.nature for made, labelled in pairs if made.confidence >= DECIDED_FROM]


def kinds() -> None:
    """Print the figures with kinds, a third of the reactive ones wrong."""
    for name in labels.SETS[:2]:
        figures: dict[str, list[float]] = {}
        for seed in range(REPEATS):
            for method, value in _with_wrong_kinds(labels.read(name), Random(seed)).items():
                figures.setdefault(method, []).append(value)
        print(f"\na third of the reactive kinds wrong: {name}, macro-F1, mean of {REPEATS} and the range")
        for method, values in figures.items():
            print(f"  {method:<52}{mean(values):>7.3f}   {min(values):.3f} to {max(values):.3f}")


def overruling() -> None:
    """Print how often a text that outweighs a kind is right, by kind and class, if a share of that kind is wrong.

    The labels of the bench come from kinds, so that no ticket of it has a wrong one: each text is judged under each
    kind, and tickets of either label are weighed as they would mix. Beside it stands the least share of wrong kinds at
    which the text would be right in 70 %.
    """
    for name in labels.SETS[:2]:
        tickets = labels.read(name)
        natures = Counter(_natures(tickets))
        print(f"\ntext against a kind: {name}; right with a third of the kind wrong, and the share for 70 %")
        for kind in OVERRULED:
            for work_class, right, wrong in _outweighed(tickets, kind):
                against: Nature = "proactive" if NATURE[work_class] == "reactive" else "reactive"
                ratio = right / natures[NATURE[work_class]] / (wrong / natures[against]) if wrong else math.inf
                share, least = 1 / (1 + (1 - WRONG) / WRONG / ratio), 1 / (1 + ratio * (1 - RIGHT) / RIGHT)
                print(f"  {kind:<10}{work_class:<14}n {right + wrong:>4}   {share:>6.1%}   {least:>6.1%}")


def _outweighed(tickets: Sequence[LabelledTicket], kind: Kind) -> list[tuple[WorkClass, int, int]]:
    """Return (class, right, wrong) of the texts that outweigh a kind, whether they may overrule it or not."""
    classifier = Classifier(RULES)
    cases = [Case(ticket.ticket) for ticket in labels.with_kind(tickets, kind)]
    counts: dict[WorkClass, list[int]] = {}
    for labelled, signals, decision in zip(tickets, classifier.read(cases), classifier.decide_many(cases), strict=True):
        overrules = decision.work_class if decision.nature != decision.own_nature else classifier.held_back(signals)
        if overrules is not None and abs(signals.total) >= LEAST_ODDS:
            counts.setdefault(overrules, [0, 0])[labelled.nature != NATURE[overrules]] += 1
    return [(name, right, wrong) for name, (right, wrong) in sorted(counts.items()) if right + wrong >= LEAST]


def curve() -> None:
    """Print the learning curve: by labelled tickets of each nature, the figures on other tickets without a kind."""
    print(f"\nlearning curve: macro-F1 on the others, mean of {REPEATS}")
    print(f"{'set':<16}" + "".join(f"{n:>14}" for n in CURVE))
    for name in labels.SETS[:2]:
        tickets = labels.without_kind(labels.read(name))
        rarest = min(Counter(_natures(tickets)).values())
        cells = [_learnt_from(tickets, n) for n in CURVE if n < rarest]
        print(f"{name:<16}" + "".join(f"{learnt:>7.3f}/{rules:.3f} " for learnt, rules in cells) + "  learnt/rules")


def company() -> None:
    """Print the figures of the simulated company: nature, class, and misfiled tickets."""
    print("\nsimulated company, three seeds: rules alone, then with a model of its kinds")
    for seed in (1, 2, 3):
        planted = labels.company(seed)
        rules = Classifier(RULES)
        cases = [Case(ticket.ticket, ticket.source) for ticket in planted]
        examples = [example for case in cases if (example := rules.example(case))]
        for classifier in (rules, Classifier(RULES, train(examples, RULES))):
            _print_company(planted, cases, classifier)


def replay() -> None:
    """Print the decisions on incidents whose titles name categories only."""
    # Their kind must decide, and nothing may contradict it: there are no words that could.
    tickets = list(labels.replay_incidents())
    decisions = Classifier(RULES).decide_many([Case(ticket, "servicenow") for ticket in tickets])
    print(f"\nreplay: {len(decisions)} incidents")
    print("  ", Counter((made.nature, made.work_class, made.confidence, made.decided_by) for made in decisions))
    print("   contradictions:", sum(decision.contradicts for decision in decisions))


def speed() -> None:
    """Print microseconds a ticket, the best of some rounds: descriptions cut at 120 and at 4,000 characters."""
    tickets = [labelled.ticket for labelled in labels.read("nlbse_train")]
    trained_model = _train(labels.without_kind(labels.read("nlbse_train")), "person")
    print("\nspeed: microseconds a ticket")
    for name, length in (("short", 120), ("long", 4000)):
        cut = [ticket.model_copy(update={"description": ticket.description[:length]}) for ticket in tickets]
        plain, learnt = (
            _microseconds(cut, classifier) for classifier in (Classifier(RULES), Classifier(RULES, trained_model))
        )
        print(f"  {name:<8} rules {plain:>6.0f}   rules and model {learnt:>6.0f}")


def _natures(tickets: Sequence[LabelledTicket]) -> list[Nature]:
    return [labelled.nature for labelled in tickets]


def _train(tickets: Sequence[LabelledTicket], by: By) -> TrainedModel:
    return train((Example(labelled.ticket, "", labelled.nature, by) for labelled in tickets), RULES)


def _majority(tickets: Sequence[LabelledTicket]) -> Nature:
    return Counter(_natures(tickets)).most_common(1)[0][0]


def _by_keywords(ticket: Ticket) -> Nature:
    return "proactive" if KEYWORDS.isdisjoint(words(ticket.title)) else "reactive"


def _baseline(tickets: Sequence[LabelledTicket], guesses: Sequence[Nature]) -> Scores:
    return score(list(zip(_natures(tickets), guesses, strict=True)), tuple(SIGN))


def _row(name: str, scores: Scores) -> None:
    print(f"  {name:<26}macro-F1 {scores.macro_f1:.3f}", flush=True)


def _with_wrong_kinds(labelled: Sequence[LabelledTicket], dice: Random) -> dict[str, float]:
    """Return the macro-F1 by method; each model decides on other tickets than those that it learnt from."""
    tickets = labels.misfiled(labelled, WRONG, dice)
    textual = labels.without_kind(labelled)
    rules = Classifier(RULES)
    by_kind = [example for ticket in tickets if (example := rules.example(Case(ticket.ticket)))]
    true_model = _train(textual, "person")
    kind_scores = evaluate(tickets, rules).own_kind
    assert kind_scores
    return {
        "kind alone": kind_scores.macro_f1,
        "text alone, rules": evaluate(textual, rules).natures.macro_f1,
        "text alone, learnt from true labels": evaluate(textual, Classifier(RULES, true_model)).natures.macro_f1,
        "kind and rules": evaluate(tickets, rules).natures.macro_f1,
        "kind, rules, learnt from the wrong kinds": _macro(tickets, train(by_kind, RULES)),
        "kind, rules, learnt from true labels": _macro(tickets, true_model),
    }


def _macro(tickets: Sequence[LabelledTicket], trained_model: TrainedModel) -> float:
    return evaluate(tickets, Classifier(RULES, trained_model)).natures.macro_f1


def _learnt_from(tickets: Sequence[LabelledTicket], n: int) -> tuple[float, float]:
    learnt, rules = [], []
    for seed in range(REPEATS):
        training, testing = _split(tickets, n, Random(seed))
        examples = [Example(labelled.ticket, "", labelled.nature, "person") for labelled in training]
        # Half the usual minimum, or a split of so few tickets would never train at all.
        learnt.append(_macro(testing, train(examples, RULES, least=n // 2)))
        rules.append(evaluate(testing, Classifier(RULES)).natures.macro_f1)
    return mean(learnt), mean(rules)


def _split(
    tickets: Sequence[LabelledTicket], n: int, dice: Random
) -> tuple[list[LabelledTicket], list[LabelledTicket]]:
    """Return `n` random tickets of each nature, and all others."""
    places = {nature: [place for place, ticket in enumerate(tickets) if ticket.nature == nature] for nature in SIGN}
    drawn = {place for nature in SIGN for place in dice.sample(places[nature], n)}
    rest = [ticket for place, ticket in enumerate(tickets) if place not in drawn]
    return [tickets[place] for place in sorted(drawn)], rest


def _print_company(planted: Sequence[labels.PlantedTicket], cases: Sequence[Case], classifier: Classifier) -> None:
    decisions = classifier.decide_many(cases)
    evaluation = compare([ticket.truth for ticket in planted], decisions, classifier.version)
    pairs = [(ticket.truth, made) for ticket, made in zip(planted, decisions, strict=True) if made.own_nature]
    wrong = [decision for truth, decision in pairs if decision.own_nature != truth.nature]
    right = [decision for truth, decision in pairs if decision.own_nature == truth.nature]
    assert evaluation.work_classes
    assert evaluation.own_kind
    print(
        f"  nature macro-F1 {evaluation.natures.macro_f1:.3f}, kinds {evaluation.own_kind.macro_f1:.3f}, "
        f"classes {evaluation.work_classes.macro_f1:.3f}, review {evaluation.abstention:.1%}; "
        f"misfiled: {_as_text(wrong)}; others: {_as_text(right)}",
        flush=True,
    )
    by_class = evaluation.work_classes.labels
    print("   ", {name: round(by_class[name].f1, 2) for name in CLASSES if name in by_class})


def _as_text(decisions: Sequence[Decision]) -> str:
    contradicted = sum(decision.contradicts for decision in decisions)
    overruled = sum(decision.nature != decision.own_nature for decision in decisions)
    return f"{len(decisions)}, contradicted {contradicted}, overruled {overruled}"


def _microseconds(tickets: Sequence[Ticket], classifier: Classifier) -> float:
    cases = [Case(ticket) for ticket in tickets]
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        classifier.decide_many(cases)
        seconds.append(time.perf_counter() - began)
    # The best round: whatever else runs on the machine only ever makes one slower.
    return min(seconds) / len(cases) * 1e6


PARTS = {
    "text": text, "desk": desk, "kinds": kinds, "overruling": overruling, "curve": curve, "company": company,
    "replay": replay, "speed": speed,
}  # fmt: skip

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
