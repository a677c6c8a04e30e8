"""How well the classifier tells reactive from proactive work, each figure beside what is to be beaten.

python -m benchmarks.classification [text] [kinds] [curve] [company] [replay] [speed]; without a word, all of them.
Needs the labelled tickets of the bench; nothing that is measured here was used to write the rules.
"""

import sys
import time
from collections import Counter
from collections.abc import Sequence
from random import Random
from statistics import mean

from benchmarks import labels
from connectors.model import Ticket
from service.analysis.classify import Case, Classifier, Decision, Example, Nature, TrainedModel, train
from service.analysis.classify.evaluation import Scores, compare, evaluate, score
from service.analysis.classify.labelled_tickets import LabelledTicket
from service.analysis.classify.natures import CLASSES, SIGN
from service.analysis.classify.sample import By
from service.analysis.classify.ticket_text import words

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
CURVE = (25, 50, 100, 200, 400)
ROUNDS = 5
RULES = labels.shipped()


def text() -> None:
    """Text alone: rules with nothing learnt, and cross-validated with what the labels teach, beside two baselines."""
    for name in labels.SETS:
        tickets = labels.without_kind(labels.read(name))
        print(f"\ntext alone: {name}, {len(tickets)} tickets")
        _row("majority", _baseline(tickets, [_majority(tickets)] * len(tickets)))
        _row("keywords in the title", _baseline(tickets, [_by_keywords(first.ticket) for first in tickets]))
        _row("rules, nothing learnt", evaluate(tickets, Classifier(RULES)).natures)
        trained_model = _experience(tickets, "person")
        if trained_model.text_model is None:
            print(f"  no model: {trained_model.why_no_model}")
            continue
        result = evaluate(tickets, Classifier(RULES, trained_model))
        _row("learnt, cross-validated", result.natures)
        print(result.as_text())


def kinds() -> None:
    """Kinds given, but a third of the reactive ones wrong."""
    for name in labels.SETS[:2]:
        result: dict[str, list[float]] = {}
        for seed in range(REPEATS):
            for way, value in _with_wrong_kinds(labels.read(name), Random(seed)).items():
                result.setdefault(way, []).append(value)
        print(f"\na third of the reactive kinds wrong: {name}, macro-F1, mean of {REPEATS} and the range")
        for way, values in result.items():
            print(f"  {way:<52}{mean(values):>7.3f}   {min(values):.3f} to {max(values):.3f}")


def curve() -> None:
    """What so many labelled tickets of each nature teach, on tickets without a kind that were not among them."""
    print(f"\nlearning curve: macro-F1 on the others, mean of {REPEATS}")
    print(f"{'set':<16}" + "".join(f"{n:>14}" for n in CURVE))
    for name in labels.SETS[:2]:
        tickets = labels.without_kind(labels.read(name))
        cells = [_learnt_from(tickets, n) for n in CURVE if all(n < item for item in Counter(_natures(tickets)).values())]
        print(f"{name:<16}" + "".join(f"{actual:>7.3f}/{rules:.3f} " for actual, rules in cells) + "  learnt/rules")


def company() -> None:
    """The simulated company: nature, class, and what of the misfiled is found."""
    print("\nsimulated company, three seeds: rules alone, then with what its own kinds taught")
    for seed in (1, 2, 3):
        labelled = labels.company(seed)
        rules = Classifier(RULES)
        cases = [Case(item.ticket, item.source) for item in labelled]
        examples = [example for case in cases if (example := rules.example(case))]
        for classifier in (rules, Classifier(RULES, train(examples, RULES))):
            _told(labelled, cases, classifier)


def replay() -> None:
    """Incidents whose titles name categories only: their kind must decide, and nothing contradict it."""
    tickets = list(labels.replay_incidents())
    result = Classifier(RULES).decide_many([Case(ticket, "servicenow") for ticket in tickets])
    print(f"\nreplay: {len(result)} incidents")
    print("  ", Counter((item.nature, item.work_class, item.confidence, item.decided_by) for item in result))
    print("   contradictions:", sum(item.contradicts for item in result))


def speed() -> None:
    """Microseconds a ticket, best of some rounds, in batches; title with 120 characters, and with up to 4,000."""
    tickets = [item.ticket for item in labels.read("nlbse_train")]
    trained_model = _experience(labels.without_kind(labels.read("nlbse_train")), "person")
    print("\nspeed: microseconds a ticket")
    for name, length in (("short", 120), ("long", 4000)):
        cut = [item.model_copy(update={"description": item.description[:length]}) for item in tickets]
        plain, learnt = (
            _microseconds(cut, classifier) for classifier in (Classifier(RULES), Classifier(RULES, trained_model))
        )
        print(f"  {name:<8} rules {plain:>6.0f}   rules and model {learnt:>6.0f}")


def _natures(tickets: Sequence[LabelledTicket]) -> list[Nature]:
    return [first.nature for first in tickets]


def _experience(tickets: Sequence[LabelledTicket], by: By) -> TrainedModel:
    return train((Example(first.ticket, "", first.nature, by) for first in tickets), RULES)


def _majority(tickets: Sequence[LabelledTicket]) -> Nature:
    return Counter(_natures(tickets)).most_common(1)[0][0]


def _by_keywords(ticket: Ticket) -> Nature:
    return "proactive" if KEYWORDS.isdisjoint(words(ticket.title)) else "reactive"


def _baseline(tickets: Sequence[LabelledTicket], result: Sequence[Nature]) -> Scores:
    return score(list(zip(_natures(tickets), result, strict=True)), tuple(SIGN))


def _row(name: str, scores: Scores) -> None:
    print(f"  {name:<26}macro-F1 {scores.macro_f1:.3f}", flush=True)


def _with_wrong_kinds(labelled: Sequence[LabelledTicket], dice: Random) -> dict[str, float]:
    """Macro-F1 by way of deciding. What is learnt is learnt from other tickets than those it is asked about."""
    tickets = labels.misfiled(labelled, WRONG, dice)
    textual = labels.without_kind(labelled)
    rules = Classifier(RULES)
    given = [example for first in tickets if (example := rules.example(Case(first.ticket)))]
    experience = _experience(textual, "person")
    own_kind = evaluate(tickets, rules).own_kind
    assert own_kind
    return {
        "kind alone": own_kind.macro_f1,
        "text alone, rules": evaluate(textual, rules).natures.macro_f1,
        "text alone, learnt from true labels": evaluate(textual, Classifier(RULES, experience)).natures.macro_f1,
        "kind and rules": evaluate(tickets, rules).natures.macro_f1,
        "kind, rules, learnt from the wrong kinds": _macro(tickets, train(given, RULES)),
        "kind, rules, learnt from true labels": _macro(tickets, experience),
    }


def _macro(tickets: Sequence[LabelledTicket], trained_model: TrainedModel) -> float:
    return evaluate(tickets, Classifier(RULES, trained_model)).natures.macro_f1


def _learnt_from(tickets: Sequence[LabelledTicket], n: int) -> tuple[float, float]:
    actual, rules = [], []
    for seed in range(REPEATS):
        lessons, others = _split(tickets, n, Random(seed))
        trained_model = train((Example(item.ticket, "", item.nature, "person") for item in lessons), RULES, least=n // 2)
        actual.append(_macro(others, trained_model))
        rules.append(evaluate(others, Classifier(RULES)).natures.macro_f1)
    return mean(actual), mean(rules)


def _split(tickets: Sequence[LabelledTicket], n: int, dice: Random) -> tuple[list[LabelledTicket], list[LabelledTicket]]:
    taken = {
        place for nature in SIGN for place in dice.sample([p for p, t in enumerate(tickets) if t.nature == nature], n)
    }
    return [tickets[place] for place in sorted(taken)], [t for place, t in enumerate(tickets) if place not in taken]


def _told(labelled: Sequence[labels.Known], cases: Sequence[Case], classifier: Classifier) -> None:
    decisions = classifier.decide_many(cases)
    result = compare([item.truth for item in labelled], decisions, classifier.version)
    pairs = list(zip(labelled, decisions, strict=True))
    wrong = [d for k, d in pairs if d.own_nature and d.own_nature != k.truth.nature]
    right = [d for k, d in pairs if d.own_nature and d.own_nature == k.truth.nature]
    assert result.work_classes
    assert result.own_kind
    print(
        f"  nature macro-F1 {result.natures.macro_f1:.3f}, own kind {result.own_kind.macro_f1:.3f}, "
        f"classes {result.work_classes.macro_f1:.3f}, review {result.abstention:.1%}; misfiled: {_spoken(wrong)}; "
        f"others: {_spoken(right)}",
        flush=True,
    )
    print("   ", {name: round(item.f1, 2) for name in CLASSES if (item := result.work_classes.labels.get(name))})


def _spoken(decisions: Sequence[Decision]) -> str:
    contradicted = sum(decision.contradicts for decision in decisions)
    overruled = sum(decision.nature != decision.own_nature for decision in decisions)
    return f"{len(decisions)}, contradicted {contradicted}, overruled {overruled}"


def _microseconds(tickets: Sequence[Ticket], classifier: Classifier) -> float:
    cases = [Case(ticket) for ticket in tickets]
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        classifier.decide_many(cases)
        taken.append(time.perf_counter() - began)
    return min(taken) / len(cases) * 1e6


PARTS = {"text": text, "kinds": kinds, "curve": curve, "company": company, "replay": replay, "speed": speed}

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
