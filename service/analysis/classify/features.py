"""Features of the text model: words and pairs of words of a ticket, and the scores of the shipped phrases."""

from collections.abc import Sequence
from itertools import pairwise
from zlib import crc32

from service.analysis.classify.natures import CLASSES
from service.analysis.classify.phrase_score import PhraseScore
from service.analysis.classify.ticket_text import TicketText

FOLDS = 5
RULE_WEIGHT = 0.5


def terms_of(text: TicketText) -> set[str]:
    """Return words and pairs of neighbours, those of the title marked, and the title's first word."""
    title, description = text.title, text.description
    terms = {*title, *description, *map("title {}".format, title)}
    terms.update(map(" ".join, pairwise(description)))
    terms.update(map("title {0[0]} {0[1]}".format, pairwise(title)))
    terms.update(f"^{word}" for word in title[:1])
    return terms


def rule_features(phrases: PhraseScore) -> list[float]:
    """Return what the shipped phrases say: of the nature first, then of each class."""
    return [RULE_WEIGHT * value for value in (phrases.log_odds, *(phrases.classes.get(name, 0.0) for name in CLASSES))]


def fold_of(text: TicketText) -> int:
    """Return the number of the fold of a text. Titles that differ only in numbers share a fold."""
    # Folds follow the title, not chance: a model that has seen the same title knows its kind by heart and could never
    # contradict it, and the same tickets must give the same folds on every machine.
    return crc32(" ".join(without_numbers(text.title)).encode()) % FOLDS


def without_numbers(words: Sequence[str]) -> list[str]:
    """Return the words that have no digit in them."""
    return [word for word in words if not any(map(str.isdigit, word))]
