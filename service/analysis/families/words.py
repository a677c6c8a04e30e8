"""The words of a masked text that carry meaning, as numbers: stems without stop words, identifiers also in parts."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b

from service.analysis.families.vocabulary import COMMON, STOP

WORD = re.compile(r"[^\W_]+(?:[.:_$][^\W_]+)*")
PART = re.compile(r"[A-ZÄÖÜ]+(?![a-zäöü])|[A-ZÄÖÜ]?[a-zäöüß]+|[^\W\d_]+|\d+")
COMPOUND = re.compile(r"[a-z][A-Z]|[._:$]|[A-Z]{2}[a-z]")
BITS = 30
PLAIN, IDENTIFIER = 2, 3


@lru_cache(maxsize=65536)
def number(word: str) -> int:
    """A word as 32 bits: its weight (1 common, 2 plain, 3 an identifier) above 30 bits of its hash."""
    low = fold(word)
    digest = int.from_bytes(blake2b(stem(low).encode(), digest_size=4).digest(), "big") & ((1 << BITS) - 1)
    weight = 1 if stem(low) in COMMON_STEMS else IDENTIFIER if COMPOUND.search(word) else PLAIN
    return weight << BITS | digest


@lru_cache(maxsize=65536)
def numbers(token: str) -> tuple[int, ...]:
    """What one token stands for: nothing for a stop word, its stem, and for an identifier its parts too."""
    found = [token, *PART.findall(token)] if COMPOUND.search(token) else [token]
    kept = [word for word in found if len(word) > 1 and fold(word) not in STOP]
    return tuple(dict.fromkeys(map(number, kept)))


def tokens(text: str) -> list[int]:
    """As `words`, but identifiers stay whole."""
    return list(dict.fromkeys([found[0] for token in WORD.findall(text) if (found := numbers(token))]))


def words(text: str) -> list[int]:
    """The words of a masked text in order, each once."""
    return list(dict.fromkeys(word for token in WORD.findall(text) for word in numbers(token)))


def weight(word: int) -> int:
    """How much a word says: 1 to 3."""
    return word >> BITS


def mass(words: Iterable[int]) -> int:
    """How much these words say together."""
    return sum([word >> BITS for word in words])


def fold(word: str) -> str:
    """Lower case, without accents."""
    low = word.casefold()
    if low.isascii():
        return low
    return "".join(letter for letter in unicodedata.normalize("NFKD", low) if not unicodedata.combining(letter))


def stem(word: str) -> str:
    """A word without its commonest endings, the same for every language: light, and never below four letters."""
    for ending in ("ing", "ed", "es", "en", "s", "e", "n"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            found = word[: -len(ending)]
            return found[:-1] if ending in ("ing", "ed") and found[-1] == found[-2] and found[-1] not in "ls" else found
    return word


COMMON_STEMS = frozenset(map(stem, COMMON))
