import json

import pytest

from service.analysis.classify import Case, Classifier, Override, train
from service.analysis.classify.evaluation import evaluate, score
from service.analysis.classify.explanation import explain
from service.analysis.classify.labelled_tickets import LabelledFileError, parse_labelled
from tests.service.analysis.classify.rulebook import classifier, shipped, titled
from tests.service.analysis.classify.test_training import examples

LINES = [
    '{"id": "1", "nature": "reactive", "kind": "incident", "title": "Mail is down", "work_class": "failure"}\n',
    "\n",
    '{"nature": "proactive", "kind": "Story", "title": "Add support for Greek", "extra": 1, "description": null}\n',
    '{"nature": "proactive", "kind": "incident", "title": "Zyx"}\n',
]


def test_labelled_tickets_are_read_with_their_kinds() -> None:
    first, second, _ = parse_labelled(LINES, "truth.jsonl")
    assert (first.ticket.id, first.ticket.kind, first.nature, first.work_class) == (
        "1",
        "incident",
        "reactive",
        "failure",
    )
    assert (second.ticket.id, second.ticket.kind, second.ticket.source_kind) == ("3", "other", "Story")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "is not a JSON object"),
        ("[1]", "is not a JSON object"),
        ("{}", "nature must be reactive or proactive, not null"),
        ('{"nature": "Reactive"}', 'nature must be reactive or proactive, not "Reactive"'),
        ('{"nature": "reactive", "work_class": "bug"}', "work_class must be one of failure"),
        (
            '{"nature": "reactive", "work_class": "delivery"}',
            "work_class delivery is proactive, but nature says reactive",
        ),
        ('{"nature": "reactive", "title": 5}', "title must be a text or null"),
    ],
)
def test_every_bad_line_is_named(line: str, words: str) -> None:
    with pytest.raises(LabelledFileError) as raised:
        parse_labelled([LINES[0], line, line], "truth.jsonl")
    second, third = raised.value.problems
    assert second.startswith(f"truth.jsonl:2: {words}")
    assert third.startswith(f"truth.jsonl:3: {words}")


def test_a_file_without_tickets_is_refused() -> None:
    with pytest.raises(LabelledFileError, match=r"truth\.jsonl: has no tickets"):
        parse_labelled(["\n"], "truth.jsonl")


def test_the_evaluation_by_hand() -> None:
    evaluation = evaluate(parse_labelled(LINES, "truth.jsonl"), classifier())
    assert evaluation.n == 3
    assert evaluation.natures.confusion == {
        "reactive": {"reactive": 1, "proactive": 0},
        "proactive": {"reactive": 1, "proactive": 1},
    }
    assert evaluation.natures.labels["reactive"].precision == 0.5
    assert evaluation.natures.macro_f1 == pytest.approx(2 / 3, abs=1e-4)
    assert evaluation.own_kind
    assert evaluation.own_kind.confusion["proactive"] == {"reactive": 1, "proactive": 0, "none": 1}
    assert evaluation.work_classes
    assert evaluation.work_classes.macro_f1 == 1.0
    assert evaluation.abstention == 0
    assert "macro-F1" in evaluation.as_text()
    assert json.loads(json.dumps(evaluation.as_dict()))["natures"]["macro_f1"] == evaluation.natures.macro_f1


def test_missing_kinds_and_classes_are_not_compared() -> None:
    evaluation = evaluate(parse_labelled(['{"nature": "reactive", "title": "Zyx"}'], "truth.jsonl"), classifier())
    assert (evaluation.own_kind, evaluation.work_classes, evaluation.decided, evaluation.abstention) == (
        None,
        None,
        None,
        1.0,
    )
    assert "the system's own kind: nothing to compare" in evaluation.as_text()


def test_without_tickets_there_is_nothing_to_evaluate() -> None:
    with pytest.raises(ValueError, match="no labelled ticket"):
        evaluate([], classifier())


def test_scores_of_labels_that_are_never_given() -> None:
    scores = score([("a", "b"), ("b", "b")], ("a", "b", "c"))
    assert (scores.labels["a"].precision, scores.labels["a"].recall, scores.labels["a"].f1) == (None, 0.0, 0.0)
    assert scores.macro_f1 == pytest.approx(1 / 3, abs=1e-4)
    assert "c" not in scores.labels


def test_an_explanation_names_each_step() -> None:
    explanation = "\n".join(explain(classifier(), Case(titled("Feature request: add support for Greek", "incident"))))
    for words in (
        "person: nobody has labelled it", "fields: 'incident' says failure, reactive 0.80",
        "words for proactive: add support*, feature request*", "model: none; nothing has been learnt yet",
        "the system calls it reactive, which this contradicts", "decision: proactive, delivery",
    ):  # fmt: skip
        assert words in explanation


def test_an_explanation_says_which_text_may_not_overrule_a_kind() -> None:
    lines = explain(classifier(), Case(titled("Booking portal is down, nobody can log in", "task")))
    [held_back] = [line for line in lines if line.startswith("the text says")]
    assert held_back.startswith("the text says failure, but does not overrule 'task'")
    assert lines[-1].startswith("guess: proactive, maintenance, confidence 0.50, by structured: task, against words: ")


def test_an_explanation_names_a_persons_label_and_the_review_list() -> None:
    lines = explain(classifier(), Case(titled("Zyx"), "", Override("reactive", "request")))
    assert lines[0] == "person: reactive, class request"
    assert not any(line.startswith("together") for line in lines)
    assert "it is undecided and on the review list: label it to decide" in explain(classifier(), Case(titled("Zyx")))


def test_an_explanation_names_what_the_model_learnt() -> None:
    trained_model = train(examples(800), shipped())
    explanation = explain(
        Classifier(shipped(), trained_model), Case(titled("quaxed thing", source_kind="Ticket"), "desk")
    )
    assert any(line.startswith("model: reactive") and "quaxed" in line for line in explanation)
