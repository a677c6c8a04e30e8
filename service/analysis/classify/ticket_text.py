"""The text of a ticket as words: the title, and the first part of the description."""

import re
import unicodedata
from dataclasses import dataclass

from connectors.model import Ticket
from service.analysis.limits import TITLE_LENGTH, WORD_LENGTH

# Longer descriptions are logs and mail threads: 4,000 characters classify no better and take five times as long.
DESCRIPTION_LENGTH = 600
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_ACCENT = re.compile("[\u0300-\u036f]")
_TAGS = re.compile(r"\s*(?:(?:\[[^\]]{1,40}\]|\([^)]{1,40}\)|[\w/.-]{1,30}:)\s*)+")


@dataclass(frozen=True, slots=True)
class TicketText:
    """The words of a ticket. `starts` are the positions in the title where its sentence may begin, after tags."""

    title: list[str]
    description: list[str]
    starts: tuple[int, ...]


def ticket_text(ticket: Ticket) -> TicketText:
    """Return the words of the title and of the first 600 characters of the description."""
    title = folded(ticket.title[:TITLE_LENGTH])
    tags = _TAGS.match(title)
    return TicketText(
        title=_words(title),
        description=_words(folded(ticket.description[:DESCRIPTION_LENGTH])),
        starts=(0, len(_WORD.findall(tags[0]))) if tags else (0,),
    )


def words(text: str) -> list[str]:
    """Return the words of a text, folded: `Störung: it doesn't` becomes `storung`, `it`, `doesn't`."""
    return _words(folded(text))


def _words(folded_text: str) -> list[str]:
    # The lexicon looks up every beginning and every ending of a word, in time that grows with the square of its length.
    return [word[:WORD_LENGTH] for word in _WORD.findall(folded_text)]


def folded(text: str) -> str:
    """Return lower case without accents, and with straight apostrophes."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text).casefold().replace("\u2019", "'")
    return _ACCENT.sub("", plain)
