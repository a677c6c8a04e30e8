"""Words that nobody understood, as lines for people."""

from connectors.model import UnknownWord
from service.monitoring.words import describe


def test_each_word_is_named_and_each_field_gets_one_remedy() -> None:
    remedy = """TREADMILL_SOURCES__S__STATUS_MAP={"Odd": "?", "Even": "?"}"""
    words = [
        UnknownWord(field="status", word="Odd", tickets=1_200, remedy=remedy),
        UnknownWord(field="status", word="Even", tickets=1, remedy=remedy),
        UnknownWord(field="status", word="", tickets=3),
    ]
    assert describe(words) == [
        'status "Odd" of 1,200 tickets is not understood.',
        'status "Even" of 1 ticket is not understood.',
        'status "" of 3 tickets is not understood.',
        f"To explain them, set {remedy} with new, active, waiting, resolved, closed or cancelled for each "
        "question mark, beside those that you have.",
    ]
