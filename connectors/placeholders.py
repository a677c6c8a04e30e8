"""Words that systems show where a field has no value: "No Group", "Not assigned", "-"."""

import re
from functools import lru_cache

from connectors.phrases import fold, read_vocabulary, spellings

MOST_LABELS = 65_536
PLACEHOLDERS = "nothing"
_WORD = re.compile(r"\w+")
_SIGNS = re.compile(r"[\s_.,:;?!*/\\|#<>()\[\]{}~+=\u2026\u2010-\u2015-]*")


@lru_cache(MOST_LABELS)
def is_placeholder(label: str) -> bool:
    """Return True for a label that says in any of twelve languages that there is no value."""
    return bool(_SIGNS.fullmatch(label)) or _key(fold(label)) in _names()


@lru_cache(MOST_LABELS)
def label_or_none(label: str | None) -> str | None:
    """Return the label, None for a placeholder."""
    return None if label is None or is_placeholder(label) else label


@lru_cache(1)
def _names() -> frozenset[str]:
    texts = (text for names in read_vocabulary()[PLACEHOLDERS].values() for name in names for text in spellings(name))
    return frozenset(map(_key, texts))


def _key(text: str) -> str:
    return " ".join(_WORD.findall(text))
