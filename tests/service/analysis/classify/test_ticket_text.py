import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.analysis.classify.ticket_text import DESCRIPTION_LENGTH, ticket_text, words
from service.analysis.limits import TITLE_LENGTH, WORD_LENGTH
from tests.service.analysis.classify.rulebook import titled


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Störung: it doesn’t start", ["storung", "it", "doesn't", "start"]),
        ("Straße d'accès n°5", ["strasse", "d'acces", "n", "5"]),
        ("snake_case e-mail", ["snake", "case", "e", "mail"]),
        ("", []),
    ],
)
def test_words_are_folded(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("title", "starts"),
    [("Add a door", (0,)), ("[UI] Add a door", (0, 1)), ("docs: (wip) add a door", (0, 2)), ("Is it: or not", (0,))],
)
def test_the_sentence_of_a_title_begins_after_its_tags(title: str, starts: tuple[int, ...]) -> None:
    assert ticket_text(titled(title)).starts == starts


def test_of_a_description_the_first_part_is_read() -> None:
    text = ticket_text(titled("x", description="a " * (DESCRIPTION_LENGTH // 2) + "beyond"))
    assert text.description == ["a"] * (DESCRIPTION_LENGTH // 2)


def test_of_a_title_and_of_its_words_the_first_part_is_read() -> None:
    assert ticket_text(titled("a" * 500_000)).title == ["a" * WORD_LENGTH]
    assert ticket_text(titled("a " * 500_000)).title == ["a"] * (TITLE_LENGTH // 2)


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert words(" ".join(words(text))) == words(text)
