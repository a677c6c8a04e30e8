import pytest

from service.analysis.families.words import IDENTIFIER, PLAIN, number, tokens, weight, words


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("printer", "Printers"),
        ("drop", "dropping"),
        ("queued", "queuing"),
        ("Störung", "störung"),
        ("événement", "evenements"),
    ],
)
def test_forms_of_a_word_are_one_word(first: str, second: str) -> None:
    assert number(first) == number(second)


def test_stop_words_of_four_languages_are_left_out() -> None:
    assert words("the and is nicht für über avec très también") == []


def test_an_identifier_is_read_whole_and_in_parts() -> None:
    whole, *parts = words("KafkaSpout")
    assert weight(whole) == IDENTIFIER
    assert parts == [number("Kafka"), number("Spout")]
    assert tokens("KafkaSpout") == [whole]


def test_what_every_ticket_says_weighs_least() -> None:
    assert weight(number("problem")) < weight(number("spooler")) == PLAIN


def test_each_word_counts_once_in_order() -> None:
    assert words("queue printer queue") == [number("queue"), number("printer")]
