"""Tickets that people marked as duplicates of others, by resolution or by link."""

import re

from connectors.model import Ticket
from service.analysis.families.shape import ALERTS

_WORD = (
    r"(?:duplicat\w*|dupe?|doppelt\w*|duplikat\w*|dublett\w*|doublons?|duplicad\w*|dubbel\w*|дубликат\w*|дубл\w*|"
    r"kaksoiskappale\w*|zduplikowan\w*|重複|重复)"
)
_NEGATED = re.compile(r"\b(?:not?|kein\w*|nicht|pas|aucun|non|não|niet|geen)\b", re.IGNORECASE)
_DUPLICATE = re.compile(rf"(?<!\w){_WORD}", re.IGNORECASE)
# A text may speak of other duplicates, such as users or entries: only one that begins like this is about the ticket.
_OPENING = re.compile(
    r"\W*(?:(?:this|it) (?:is|was) |is |closed (?:as|by) |marked (?:as|by) |closing (?:as )?)?"
    rf"(?:an? |the |ein |un )?{_WORD}"
    r"(?:\W+(?:ticket|incident|call|issue|case|request|vorgang|meldung))?\W+(?:of|to|zu|von|de|du|van|with|see|siehe)\b",
    re.IGNORECASE,
)
MOST_WORDS_OF_A_CODE = 4


def is_marked_duplicate(ticket: Ticket, *, has_ended: bool) -> bool:
    """Return whether people marked a ticket as a duplicate, or as a child of an incident.

    They do so by a link, or by the code or the text with which they closed it: that counts once it `has_ended`.
    """
    if any(
        link.relation == "duplicate_of" or (link.relation == "parent" and ticket.kind in ALERTS)
        for link in ticket.links
    ):
        return True
    return has_ended and any(map(_says_duplicate, (ticket.resolution_code, ticket.status, ticket.resolution)))


def _says_duplicate(text: str | None) -> bool:
    if not text:
        return False
    if len(text.split()) <= MOST_WORDS_OF_A_CODE:
        return bool(_DUPLICATE.search(text)) and not _NEGATED.search(text)
    return bool(_OPENING.match(text))
