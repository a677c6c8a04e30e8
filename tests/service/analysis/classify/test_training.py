import random
import subprocess
import sys
from collections.abc import Iterator

import pytest

from service.analysis.classify import Case, Classifier, Example, TrainedModel, train
from service.analysis.classify.natures import probability
from service.analysis.classify.quality import Bin, Quality, bins, macro_f1
from service.analysis.classify.sample import By, Sample
from service.analysis.classify.trained_model import Rate
from tests.service.analysis.classify.rulebook import shipped, titled

THINGS = [
    f"{part}{suffix}" for part in ("north", "south", "east", "west", "upper", "lower") for suffix in "abcdefghijk"
]
SIGNS = {"reactive": ("zorbling", "quaxed", "mimsy"), "proactive": ("frabjous", "uffish", "galumph")}


def examples(n: int, by: By = "person", wrong: float = 0.0, seed: int = 1) -> Iterator[Example]:
    """Yield tickets in a language that no rule knows: words show the nature, a share of them wrongly."""
    dice = random.Random(seed)
    for number in range(n):
        nature = ("reactive", "proactive")[number % 2]
        title = f"{dice.choice(SIGNS[nature])} {dice.choice(THINGS)} {dice.choice(THINGS)} {dice.choice(THINGS)}"
        given = nature if dice.random() >= wrong else ("reactive", "proactive")[(number + 1) % 2]
        ticket = titled(title, "other", id_=f"{number:05}", source_kind="Ticket")
        yield Example(ticket, "desk", given, by)  # type: ignore[arg-type] # one of the two natures


@pytest.fixture(scope="module")
def trained_model() -> TrainedModel:
    return train(examples(800), shipped())


def test_the_words_of_an_organisation_are_learnt(trained_model: TrainedModel) -> None:
    assert trained_model.text_model
    assert trained_model.quality
    assert trained_model.quality.macro_f1 > 0.95 > trained_model.quality.rules_macro_f1
    decision = Classifier(shipped(), trained_model).decide(titled("quaxed thing", source_kind="Ticket"), source="desk")
    assert (decision.nature, decision.decided_by.split(":")[0]) == ("reactive", "model")
    assert "quaxed" in decision.decided_by
    assert decision.version == f"{shipped().version}/{trained_model.version}"


def test_the_order_in_which_tickets_come_changes_nothing(trained_model: TrainedModel) -> None:
    shuffled = list(examples(800))
    random.Random(5).shuffle(shuffled)
    again = train(shuffled, shipped())
    assert again.version == trained_model.version
    assert again.to_bytes() == trained_model.to_bytes()


def test_a_stored_model_decides_as_before(trained_model: TrainedModel) -> None:
    stored = TrainedModel.from_bytes(trained_model.to_bytes())
    cases = [Case(example.ticket, "desk") for example in examples(60, seed=9)]
    assert Classifier(shipped(), stored).decide_many(cases) == Classifier(shipped(), trained_model).decide_many(cases)
    assert stored.version == trained_model.version
    assert stored.quality == trained_model.quality


def test_another_form_is_refused(trained_model: TrainedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.analysis.classify.trained_model.FORMAT", 99)
    content = trained_model.to_bytes()
    monkeypatch.undo()
    with pytest.raises(ValueError, match="treadmill learn"):
        TrainedModel.from_bytes(content)


def test_too_few_teach_base_rates_only() -> None:
    model = train(examples(300), shipped())
    assert model.text_model is None
    assert model.why_no_model == "150 different reactive titles are decided, 200 are needed"
    assert model.rates == {("desk", "Ticket"): Rate(150, 300)}
    assert TrainedModel.from_bytes(model.to_bytes()) == model


def test_titles_that_differ_only_in_numbers_are_one_example() -> None:
    same = [
        Example(titled(f"zorbling host{n} of 12 {n}", id_=str(n)), "desk", "reactive", "person") for n in range(500)
    ]
    model = train([*same, *examples(800)], shipped(), least=401)
    assert model.why_no_model
    assert model.why_no_model.startswith("400 different")


def test_noise_teaches_no_model() -> None:
    model = train(examples(800, wrong=0.5), shipped())
    assert model.text_model is None or (
        model.quality and max(bin_.precision or 0 for bin_ in model.quality.bins) < 0.75
    )


def test_enough_labels_of_people_train_alone() -> None:
    kinds = [example._replace(nature="reactive", by="structured") for example in examples(800, seed=2)]
    both = train([*examples(800), *kinds], shipped())
    alone = train(examples(800), shipped())
    assert both.quality == alone.quality
    assert both.quality
    assert both.quality.taught_by == "people"
    assert train(examples(800, by="structured"), shipped()).quality.taught_by == "kinds"  # type: ignore[union-attr] # there is a model


def test_what_was_learnt_from_kinds_is_silent_beside_a_kind() -> None:
    ticket = titled("zorbling northa", "feature")
    from_kinds = Classifier(shipped(), train(examples(800, by="structured"), shipped())).decide(ticket, source="desk")
    from_people = Classifier(shipped(), train(examples(800), shipped())).decide(ticket, source="desk")
    assert (from_kinds.confidence, from_kinds.contradicts) == (0.8, False)
    assert from_people.confidence == 0.5
    assert from_people.decided_by.startswith("structured: feature, against model: zorbling")
    assert from_people.confidence < 0.8


def test_words_count_for_base_rates_only() -> None:
    sample = Sample()
    sample.take(examples(10, by="words"))
    assert sample.rates == {("desk", "Ticket"): Rate(5, 10)}
    assert sample.labelled_by_anyone("reactive") == []


def test_a_sample_is_bounded_and_the_same_in_any_order() -> None:
    examples_ = list(examples(900, by="structured"))
    forward, backward = Sample(most=50), Sample(most=50)
    forward.take(examples_)
    backward.take(reversed(examples_))
    assert len(forward.labelled_by_anyone("reactive")) == 50
    assert forward.labelled_by_anyone("reactive") == backward.labelled_by_anyone("reactive")


def test_a_person_stands_for_all_with_the_same_title() -> None:
    [first, *_] = examples(1)
    sample = Sample()
    sample.take([first._replace(by="structured", nature="proactive"), first])
    assert sample.labelled_by_anyone("proactive") == []
    assert sample.labelled_by_anyone("reactive") == [first]


def test_a_base_rate_decides_where_nothing_else_does() -> None:
    model = TrainedModel({("desk", "Ticket"): Rate(2, 98)}, None, None, "few")
    decide = Classifier(shipped(), model).decide
    by_kind = decide(titled("Zyx", source_kind="Ticket"), source="desk")
    assert (by_kind.nature, by_kind.confidence, by_kind.decided_by) == ("proactive", 0.97, "base rate: Ticket in desk")
    by_source = decide(titled("Zyx", source_kind="Card"), source="desk")
    assert (by_source.nature, by_source.decided_by, by_source.needs_review) == ("proactive", "base rate: desk", True)
    assert decide(titled("Zyx", source_kind="Ticket"), source="elsewhere").decided_by == "prior"


def test_no_decision_is_surer_than_such_decisions_were_right() -> None:
    quality = Quality(
        900, "people", 0.8, 0.7, (Bin(0.5, 0.7, 300, 0.55), Bin(0.7, 0.9, 300, 0.7), Bin(0.9, 1.0, 5, None))
    )
    assert probability(quality.cap(1.5)) == pytest.approx(0.7)
    assert probability(quality.cap(6.0)) == pytest.approx(0.7)
    assert probability(quality.cap(0.3)) == pytest.approx(0.55)
    assert quality.cap(-1.5) == -quality.cap(1.5)
    assert quality.cap(0.1) == pytest.approx(0.1)


def test_reliability_is_counted_by_confidence() -> None:
    rows = bins([0.55] * 20 + [0.95] * 40 + [1.0], [True] * 5 + [False] * 15 + [True] * 41)
    assert [(row.n, row.precision) for row in rows] == [(20, 0.25), (0, None), (0, None), (0, None), (41, 1.0)]


def test_macro_f1_by_hand() -> None:
    assert macro_f1([True, True, False, False], [True, False, False, False]) == pytest.approx((2 / 3 + 4 / 5) / 2)


def test_deciding_does_not_load_scikit_learn() -> None:
    code = "import sys, service.analysis.classify; sys.exit(bool({'sklearn', 'scipy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
