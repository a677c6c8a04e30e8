"""The text of a ticket as words: the title, and the first part of the description."""

import re
import unicodedata
from dataclasses import dataclass

from connectors.model import Ticket

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
    title = folded(ticket.title)
    tags = _TAGS.match(title)
    return TicketText(
        title=_WORD.findall(title),
        description=_WORD.findall(folded(ticket.description[:DESCRIPTION_LENGTH])),
        starts=(0, len(_WORD.findall(tags[0]))) if tags else (0,),
    )


def words(text: str) -> list[str]:
    """Return the words of a text, folded: `Störung: it doesn't` becomes `storung`, `it`, `doesn't`."""
    return _WORD.findall(folded(text))


def folded(text: str) -> str:
    """Return lower case without accents, and with straight apostrophes."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text).casefold().replace("\u2019", "'")
    return _ACCENT.sub("", plain)
