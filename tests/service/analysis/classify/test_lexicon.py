import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.analysis.classify.lexicon import DESCRIPTION_WEIGHT, Hit, Lexicon, Phrase
from service.analysis.classify.natures import CLASSES
from service.analysis.classify.phrase_score import DAMPING, MOST_ODDS, score_phrases
from service.analysis.classify.ticket_text import ticket_text
from service.analysis.fact import WorkClass
from tests.service.analysis.classify.rulebook import titled


def phrase(text: str, work_class: WorkClass | None = "failure", weight: float = 1.0) -> Phrase:
    return Phrase(text, work_class, weight, "test")


def hits_of(title: str, *phrases: str, description: str = "", negations: tuple[str, ...] = ("no", "not")) -> list[str]:
    lexicon = Lexicon(map(phrase, phrases), negations)
    return [hit.phrase.text for hit in lexicon.hits(ticket_text(titled(title, description=description)))]


@pytest.mark.parametrize(
    ("title", "phrases", "hits"),
    [
        ("door is broken", ["broken", "is broken"], ["is broken"]),
        ("error handling", ["error"], ["error"]),
        ("no error", ["error"], []),
        ("not working", ["not work*", "work*"], ["not work*"]),
        ("Dateifehler", ["*fehler"], ["*fehler"]),
        ("failover", ["fail*", "failover"], ["failover"]),
        ("failing", ["fai*", "fail*"], ["fail*"]),
        ("demande d'accès", ["demande d'*"], ["demande d'*"]),
        ("add a door", ["add", "^add"], ["^add"]),
        ("to add a door", ["add", "^add"], ["add"]),
        ("[UI] add a door", ["^add"], ["^add"]),
        ("a b c", ["a b x", "b c"], ["b c"]),
        ("broken and broken", ["broken"], ["broken"]),
    ],
)
def test_phrases_are_matched(title: str, phrases: list[str], hits: list[str]) -> None:
    assert hits_of(title, *phrases) == hits


def test_neutral_phrases_use_up_their_words() -> None:
    lexicon = Lexicon([phrase("error"), phrase("error handl*", None)])
    assert lexicon.hits(ticket_text(titled("Error handling"))) == []
    assert [hit.phrase.text for hit in lexicon.hits(ticket_text(titled("Error handling error")))] == ["error"]


def test_the_last_phrase_with_the_same_words_counts() -> None:
    lexicon = Lexicon([phrase("door"), phrase("Door", "request")])
    assert [hit.phrase.work_class for hit in lexicon.hits(ticket_text(titled("door")))] == ["request"]


def test_a_phrase_weighs_less_in_a_description_and_counts_once_where_it_weighs_most() -> None:
    lexicon = Lexicon([phrase("broken")])
    below = lexicon.hits(ticket_text(titled("x", description="broken, broken")))
    both = lexicon.hits(ticket_text(titled("broken", description="broken")))
    assert [hit.weight for hit in below] == [DESCRIPTION_WEIGHT]
    assert [hit.weight for hit in both] == [1.0]


def test_of_each_nature_each_further_phrase_counts_half() -> None:
    hits = [
        Hit(phrase("a", "failure"), 1.0), Hit(phrase("b", "request"), 2.0), Hit(phrase("c", "failure"), 1.0),
        Hit(phrase("d", "delivery"), 0.5),
    ]  # fmt: skip
    score = score_phrases(hits)
    assert score.log_odds == 2.0 + 1.0 * DAMPING + 1.0 * DAMPING**2 - 0.5
    assert score.classes == {"request": 2.0, "failure": 1.5, "delivery": 0.5}
    assert score.strongest("reactive") == ("request", 2.0)
    assert score.words_for("reactive") == ["b", "a", "c"]


def test_no_phrase_scores_nothing() -> None:
    assert score_phrases([]).log_odds == 0
    assert score_phrases([]).strongest("reactive") == (None, 0.0)


hits = st.lists(st.builds(lambda c, w: Hit(phrase("x", c), w), st.sampled_from(CLASSES), st.floats(0.1, 3)), max_size=9)


@given(hits, st.randoms())
def test_evidence_is_bounded_and_has_no_order(hits_: list[Hit], dice: object) -> None:
    shuffled = sorted(hits_, key=lambda hit: -hit.weight)
    assert score_phrases(shuffled).log_odds == pytest.approx(score_phrases(hits_).log_odds)
    assert abs(score_phrases(hits_).log_odds) <= MOST_ODDS
