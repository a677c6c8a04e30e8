"""The meaningful words of a masked text as numbers: stems without stop words, identifiers also in parts."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b

from service.analysis.families.vocabulary import COMMON, STOP
from service.analysis.limits import WORD_LENGTH

WORD = re.compile(r"[^\W_]+(?:[.:_$][^\W_]+)*")
PART = re.compile(r"[A-ZÄÖÜ]+(?![a-zäöü])|[A-ZÄÖÜ]?[a-zäöüß]+|[^\W\d_]+|\d+")
COMPOUND = re.compile(r"[a-z][A-Z]|[._:$]|[A-Z]{2}[a-z]")
BITS = 30
PLAIN, IDENTIFIER = 2, 3


@lru_cache(maxsize=65536)
def number(word: str) -> int:
    """Return a word as 32 bits: its weight (1 common, 2 plain, 3 an identifier) above 30 bits of its hash."""
    low = fold(word)
    digest = int.from_bytes(blake2b(stem(low).encode(), digest_size=4).digest(), "big") & ((1 << BITS) - 1)
    # The weight sits in the highest bits, so sorting words sorts by weight and needs no second table.
    weight = 1 if stem(low) in COMMON_STEMS else IDENTIFIER if COMPOUND.search(word) else PLAIN
    return weight << BITS | digest


@lru_cache(maxsize=65536)
def numbers(token: str) -> tuple[int, ...]:
    """Return what one token stands for: nothing for a stop word, else its stem, and the parts of an identifier."""
    parts = [token, *PART.findall(token)] if COMPOUND.search(token) else [token]
    meaningful = [word for word in parts if len(word) > 1 and fold(word) not in STOP]
    return tuple(dict.fromkeys(map(number, meaningful)))


def tokens(text: str) -> list[int]:
    """Return the words of a masked text in order, each once, with identifiers whole."""
    return list(dict.fromkeys([codes[0] for token in WORD.findall(text) if (codes := numbers(token[:WORD_LENGTH]))]))


def words(text: str) -> list[int]:
    """Return the words of a masked text in order, each once, and the parts of identifiers."""
    return list(dict.fromkeys(word for token in WORD.findall(text) for word in numbers(token[:WORD_LENGTH])))


def weight(word: int) -> int:
    """Return how much a word says: 1 to 3."""
    return word >> BITS


def mass(words: Iterable[int]) -> int:
    """Return how much these words say together."""
    return sum([word >> BITS for word in words])


def fold(word: str) -> str:
    """Return lower case without accents."""
    low = word.casefold()
    if low.isascii():
        return low
    return "".join(letter for letter in unicodedata.normalize("NFKD", low) if not unicodedata.combining(letter))


def stem(word: str) -> str:
    """Return a word without its commonest endings, the same for every language, and never below four letters."""
    for ending in ("ing", "ed", "es", "en", "s", "e", "n"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            base = word[: -len(ending)]
            return base[:-1] if ending in ("ing", "ed") and base[-1] == base[-2] and base[-1] not in "ls" else base
    return word


COMMON_STEMS = frozenset(map(stem, COMMON))
