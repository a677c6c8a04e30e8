"""What the text model sees of a ticket: its words, pairs of words, and what the rules made of it."""

from collections.abc import Sequence
from itertools import pairwise
from zlib import crc32

from service.analysis.classify.natures import CLASSES
from service.analysis.classify.phrase_score import PhraseScore
from service.analysis.classify.ticket_text import TicketText

FOLDS = 5
RULE_WEIGHT = 0.5


def terms_of(text: TicketText) -> set[str]:
    """Words and pairs of neighbours, those of the title marked, and the title's first word."""
    title, description = text.title, text.description
    found = {*title, *description, *map("title {}".format, title)}
    found.update(map(" ".join, pairwise(description)))
    found.update(map("title {0[0]} {0[1]}".format, pairwise(title)))
    found.update(f"^{word}" for word in title[:1])
    return found


def rule_features(evidence: PhraseScore) -> list[float]:
    """What the shipped phrases say: of nature, then of each class."""
    return [RULE_WEIGHT * value for value in (evidence.log_odds, *(evidence.classes.get(one, 0.0) for one in CLASSES))]


def fold_of(text: TicketText) -> int:
    """To which of the five models a text is unknown. Titles that differ in numbers only go together."""
    return crc32(" ".join(without_numbers(text.title)).encode()) % FOLDS


def without_numbers(words: Sequence[str]) -> list[str]:
    """The words without those that hold a digit."""
    return [word for word in words if not any(map(str.isdigit, word))]
