"""Privacy of people and texts, applied where tickets become rows."""

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from service.analysis.families.masking import mask

WORD = re.compile(r"\w+")
HASHED_LENGTH = 32_768


@dataclass(frozen=True)
class PrivacyFilter:
    """The form in which people and texts are written, and the key of their hashes."""

    people: Literal["pseudonym", "name", "none"]
    text: Literal["store", "fingerprint"]
    key: bytes = field(repr=False)

    def person_filter(self) -> Callable[[str | None], str | None]:
        """Return a function from a person to what is written in its place."""
        if self.people == "name":
            return lambda person: person
        if self.people == "none":
            return lambda _person: None
        # A page names the same few people in hundreds of transitions.
        return lru_cache(maxsize=65536)(self._pseudonym)

    def text_filter(self) -> Callable[[str], str]:
        """Return a function from a title or description to what is written in its place."""
        if self.text == "store":
            return lambda text: text
        # Tickets repeat their words.
        hash_word = lru_cache(maxsize=65536)(lambda word: self._hash(word)[:10])
        return lambda text: _hash_words(text, hash_word)

    def fingerprint(self, content: bytes) -> bytes:
        """Return 16 bytes that change with the content and with the privacy settings."""
        # The settings are part of it, so that a ticket pulled after they changed is written anew.
        person = f"{self.people}/{self.text}".encode()
        return hashlib.blake2b(content, digest_size=16, key=self.key[:64], person=person[:16]).digest()

    def proof(self) -> str:
        """Return a value by which a database recognises the key without holding it."""
        return self._hash("treadmill:key")

    def _pseudonym(self, person: str | None) -> str | None:
        return f"p-{self._hash(person)[:12]}" if person else None

    def _hash(self, value: str) -> str:
        return hmac.new(self.key, value.encode(), hashlib.sha256).hexdigest()


def _hash_words(text: str, hash_word: Callable[[str], str]) -> str:
    """Return the beginning of a text without its volatile parts, each word replaced by its hash."""
    # Cut, since nobody can read hashes and an analysis reads fewer of them; Jira's longest description fits in whole.
    # Numbers, dates and ids are masked first: after hashing, nothing could tell them from words.
    return WORD.sub(lambda word: hash_word(word[0].lower()), mask(text[:HASHED_LENGTH]))
