"""A ticket's text as words: the title, and the first part of the description."""

import re
import unicodedata
from dataclasses import dataclass

from connectors.model import Ticket

DESCRIPTION_LENGTH = 600
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_ACCENT = re.compile("[\u0300-\u036f]")
_TAGS = re.compile(r"\s*(?:(?:\[[^\]]{1,40}\]|\([^)]{1,40}\)|[\w/.-]{1,30}:)\s*)+")


@dataclass(frozen=True, slots=True)
class TicketText:
    """The words of a ticket. `starts` are the places in the title where its sentence may begin, after tags."""

    title: list[str]
    description: list[str]
    starts: tuple[int, ...]


def ticket_text(ticket: Ticket) -> TicketText:
    """The words of title and description, of the latter the first 600 characters."""
    title = folded(ticket.title)
    tags = _TAGS.match(title)
    return TicketText(
        title=_WORD.findall(title),
        description=_WORD.findall(folded(ticket.description[:DESCRIPTION_LENGTH])),
        starts=(0, len(_WORD.findall(tags[0]))) if tags else (0,),
    )


def words(text: str) -> list[str]:
    """The words of a text, folded: `Störung: it doesn't` is `storung`, `it`, `doesn't`."""
    return _WORD.findall(folded(text))


def folded(text: str) -> str:
    """Lower case without accents, and straight apostrophes."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text).casefold().replace("\u2019", "'")
    return _ACCENT.sub("", plain)
