"""Visibility of one ticket: what can be seen in its title and text."""

import re
from collections.abc import Sequence
from hashlib import blake2b
from typing import Literal, NamedTuple

from service.analysis.families.masking import is_code, is_label_path
from service.analysis.families.words import weight

VisibleBy = Literal["words", "label", "nothing"]
"""The ground on which a reactive ticket can be seen: its words, a label alone, or nothing."""

LEAST_WORDS = 2
# Scripts without spaces between words (Chinese, Japanese, Thai): a sentence of them is one "word".
UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]{6,}")


class TicketVisibility(NamedTuple):
    """The ground on which a ticket is visible, and the number of its label where that is the ground."""

    by: VisibleBy
    label: int | None = None


NOT_VISIBLE = TicketVisibility("nothing")
BY_WORDS = TicketVisibility("words")


def ticket_visibility(source: str, title: str, named: Sequence[int], added: Sequence[int]) -> TicketVisibility:
    """Return the visibility of a ticket with this masked title.

    `named` are the words of the title, `added` those that only its text has. A title is a label if it is a path of
    labels or names one thing only; it is a code, which says nothing, if all of its words were masked.
    """
    if len(_naming(added)) >= LEAST_WORDS:
        return BY_WORDS
    if is_label_path(title):
        return _by_label(source, title)
    words = title.split()
    naming = () if is_code(title) else _naming(named)
    if UNSPACED.search(title) or (len(naming) >= LEAST_WORDS and len(words) > 1):
        return BY_WORDS
    return _by_label(source, title) if naming else NOT_VISIBLE


def _naming(words: Sequence[int]) -> list[int]:
    return [word for word in words if weight(word) > 1]


def _by_label(source: str, title: str) -> TicketVisibility:
    digest = blake2b(f"{source}\0{title.casefold()}".encode(), digest_size=8).digest()
    # 63 bits, because a BIGINT has a sign.
    return TicketVisibility("label", int.from_bytes(digest) >> 1)
