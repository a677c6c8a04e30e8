"""What of people and texts is written: applied where tickets become rows, so that nothing else reaches the disk."""

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from service.analysis.families.masking import mask

WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class PrivacyFilter:
    """How persons and texts are written, with the key of their hashes."""

    people: Literal["pseudonym", "name", "none"]
    text: Literal["store", "fingerprint"]
    key: bytes = field(repr=False)

    def person_filter(self) -> Callable[[str | None], str | None]:
        """What is written in place of a person."""
        if self.people == "name":
            return lambda who: who
        if self.people == "none":
            return lambda _who: None
        return lru_cache(maxsize=65536)(self._pseudonym)

    def text_filter(self) -> Callable[[str], str]:
        """What is written in place of a title or a description."""
        return (lambda words: words) if self.text == "store" else self._hashed_words

    def fingerprint(self, content: bytes) -> bytes:
        """16 bytes that change with the content, and with what of it is written."""
        person = f"{self.people}/{self.text}".encode()
        return hashlib.blake2b(content, digest_size=16, key=self.key[:64], person=person[:16]).digest()

    def proof(self) -> str:
        """A value by which a database knows that it was filled with this key."""
        return self._hash("treadmill:key")

    def _pseudonym(self, who: str | None) -> str | None:
        return f"p-{self._hash(who)[:12]}" if who else None

    def _hashed_words(self, words: str) -> str:
        """The words without their volatile parts, which no hash would let be found again, each as its hash."""
        return WORD.sub(lambda word: self._hash(word[0].lower())[:10], mask(words))

    def _hash(self, value: str) -> str:
        return hmac.new(self.key, value.encode(), hashlib.sha256).hexdigest()
