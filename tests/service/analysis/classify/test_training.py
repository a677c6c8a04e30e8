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
from tests.service.analysis.classify.rulebook import shipped, told

THINGS = [f"{part}{what}" for part in ("north", "south", "east", "west", "upper", "lower") for what in "abcdefghijk"]
SIGNS = {"reactive": ("zorbling", "quaxed", "mimsy"), "proactive": ("frabjous", "uffish", "galumph")}


def examples(n: int, by: By = "person", wrong: float = 0.0, seed: int = 1) -> Iterator[Example]:
    """Tickets in a language that no rule knows: the nature is told by its words, wrongly for some."""
    dice = random.Random(seed)
    for number in range(n):
        nature = ("reactive", "proactive")[number % 2]
        title = f"{dice.choice(SIGNS[nature])} {dice.choice(THINGS)} {dice.choice(THINGS)} {dice.choice(THINGS)}"
        given = nature if dice.random() >= wrong else ("reactive", "proactive")[(number + 1) % 2]
        ticket = told(title, "other", id_=f"{number:05}", source_kind="Ticket")
        yield Example(ticket, "desk", given, by)  # type: ignore[arg-type] # one of the two natures


@pytest.fixture(scope="module")
def experience() -> TrainedModel:
    return train(examples(800), shipped())


def test_the_words_of_an_organisation_are_learnt(experience: TrainedModel) -> None:
    assert experience.model
    assert experience.quality
    assert experience.quality.macro_f1 > 0.95 > experience.quality.rules_macro_f1
    decision = Classifier(shipped(), experience).decide(told("quaxed thing", source_kind="Ticket"), source="desk")
    assert (decision.nature, decision.decided_by.split(":")[0]) == ("reactive", "model")
    assert "quaxed" in decision.decided_by
    assert decision.version == f"{shipped().version}/{experience.version}"


def test_the_order_in_which_tickets_come_changes_nothing(experience: TrainedModel) -> None:
    shuffled = list(examples(800))
    random.Random(5).shuffle(shuffled)
    again = train(shuffled, shipped())
    assert again.version == experience.version
    assert again.to_bytes() == experience.to_bytes()


def test_what_was_stored_decides_as_before(experience: TrainedModel) -> None:
    stored = TrainedModel.from_bytes(experience.to_bytes())
    cases = [Case(one.ticket, "desk") for one in examples(60, seed=9)]
    assert Classifier(shipped(), stored).decide_many(cases) == Classifier(shipped(), experience).decide_many(cases)
    assert stored.version == experience.version
    assert stored.quality == experience.quality


def test_another_form_is_refused(experience: TrainedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.analysis.classify.trained_model.FORMAT", 99)
    content = experience.to_bytes()
    monkeypatch.undo()
    with pytest.raises(ValueError, match="learn it anew"):
        TrainedModel.from_bytes(content)


def test_too_few_teach_base_rates_only() -> None:
    found = train(examples(300), shipped())
    assert found.model is None
    assert found.why_no_model == "150 different reactive titles are decided, 200 are needed"
    assert found.rates == {("desk", "Ticket"): Rate(150, 300)}
    assert TrainedModel.from_bytes(found.to_bytes()) == found


def test_titles_that_differ_in_numbers_only_are_one_lesson() -> None:
    same = [Example(told(f"zorbling host{n} of 12 {n}", id_=str(n)), "desk", "reactive", "person") for n in range(500)]
    found = train([*same, *examples(800)], shipped(), least=401)
    assert found.why_no_model
    assert found.why_no_model.startswith("400 different")


def test_noise_teaches_no_model() -> None:
    found = train(examples(800, wrong=0.5), shipped())
    assert found.model is None or (found.quality and max(one.precision or 0 for one in found.quality.bins) < 0.75)


def test_people_teach_alone_where_they_told_enough() -> None:
    kinds = [one._replace(nature="reactive", by="structured") for one in examples(800, seed=2)]
    both = train([*examples(800), *kinds], shipped())
    alone = train(examples(800), shipped())
    assert both.quality == alone.quality
    assert both.quality
    assert both.quality.taught_by == "people"
    assert train(examples(800, by="structured"), shipped()).quality.taught_by == "kinds"  # type: ignore[union-attr] # there is a model


def test_what_was_learnt_from_kinds_is_silent_beside_a_kind() -> None:
    own = told("zorbling northa", "feature")
    from_kinds = Classifier(shipped(), train(examples(800, by="structured"), shipped())).decide(own, source="desk")
    from_people = Classifier(shipped(), train(examples(800), shipped())).decide(own, source="desk")
    assert (from_kinds.confidence, from_kinds.contradicts) == (0.8, False)
    assert from_people.contradicts
    assert from_people.confidence < 0.8


def test_words_count_for_base_rates_only() -> None:
    sample = Sample()
    sample.take(examples(10, by="words"))
    assert sample.rates == {("desk", "Ticket"): Rate(5, 10)}
    assert sample.told("reactive") == []


def test_a_sample_is_bounded_and_the_same_in_any_order() -> None:
    some = list(examples(900, by="structured"))
    one, other = Sample(most=50), Sample(most=50)
    one.take(some)
    other.take(reversed(some))
    assert len(one.told("reactive")) == 50
    assert one.told("reactive") == other.told("reactive")


def test_a_person_stands_for_all_with_the_same_title() -> None:
    [first, *_] = examples(1)
    sample = Sample()
    sample.take([first._replace(by="structured", nature="proactive"), first])
    assert sample.told("proactive") == []
    assert sample.told("reactive") == [first]


def test_a_base_rate_decides_where_nothing_else_does() -> None:
    found = TrainedModel({("desk", "Ticket"): Rate(2, 98)}, None, None, "few")
    decide = Classifier(shipped(), found).decide
    own = decide(told("Zyx", source_kind="Ticket"), source="desk")
    assert (own.nature, own.confidence, own.decided_by) == ("proactive", 0.97, "base rate: Ticket in desk")
    other = decide(told("Zyx", source_kind="Card"), source="desk")
    assert (other.nature, other.decided_by, other.needs_review) == ("proactive", "base rate: desk", True)
    assert decide(told("Zyx", source_kind="Ticket"), source="elsewhere").decided_by == "prior"


def test_no_decision_is_surer_than_such_decisions_were_right() -> None:
    found = Quality(
        900, "people", 0.8, 0.7, (Bin(0.5, 0.7, 300, 0.55), Bin(0.7, 0.9, 300, 0.7), Bin(0.9, 1.0, 5, None))
    )
    assert probability(found.capped(1.5)) == pytest.approx(0.7)
    assert probability(found.capped(6.0)) == pytest.approx(0.7)
    assert probability(found.capped(0.3)) == pytest.approx(0.55)
    assert found.capped(-1.5) == -found.capped(1.5)
    assert found.capped(0.1) == pytest.approx(0.1)


def test_reliability_is_counted_by_confidence() -> None:
    found = bins([0.55] * 20 + [0.95] * 40 + [1.0], [True] * 5 + [False] * 15 + [True] * 41)
    assert [(one.n, one.precision) for one in found] == [(20, 0.25), (0, None), (0, None), (0, None), (41, 1.0)]


def test_macro_f1_by_hand() -> None:
    assert macro_f1([True, True, False, False], [True, False, False, False]) == pytest.approx((2 / 3 + 4 / 5) / 2)


def test_deciding_does_not_load_scikit_learn() -> None:
    code = "import sys, service.analysis.classify; sys.exit(bool({'sklearn', 'scipy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
