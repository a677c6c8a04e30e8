"""Phrases in labels, whatever their case, accents, width and separators."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

BREAK = "|"
"""The token between two clauses of a label, as in "Resolved - awaiting confirmation"."""

START = 2

_CAMEL = re.compile(r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])")
_ACCENTS = re.compile("[\u0300-\u036f]")
_CJK = "\u3040-\u30ff\u3400-\u9fff\u3005"
_UNSPACED = re.compile(f"[{_CJK}]")
_TOKEN = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+|\s[-\u2013\u2014]+\s|[:;,/|<>()\[\]]")
# Letters that Unicode does not take for accented ones.
_LETTERS = str.maketrans({"æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d", "ı": "i"})
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})


class Token(NamedTuple):
    """A folded word of a label, and the same with its accents."""

    text: str
    accented: str


@dataclass(frozen=True, slots=True)
class WordPhrase:
    """Folded words and the category that they mean. A `*` is any beginning or end; behind a `=` accents matter."""

    words: tuple[str, ...]
    category: str

    @property
    def is_exact(self) -> bool:
        """True if accents matter."""
        return self.words[0].startswith("=")

    def matches(self, tokens: Sequence[Token], at: int) -> bool:
        """Return True if the words stand in the tokens from `at` on."""
        part = tokens[at : at + len(self.words)]
        return len(part) == len(self.words) and all(map(_matches, self.words, part))

    @property
    def start(self) -> str:
        """The letters with which a label has to go on for the phrase to be there; empty for any."""
        word = _bare(self.words[0].lstrip("="))
        return "" if word.startswith("*") or len(word.rstrip("*")) < START else word[:START]


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase in the tokens of a label, from `start` to before `end`."""

    category: str
    start: int
    end: int
    is_negated: bool


class PhraseTable:
    """Find phrases. Of several that begin at one word the longest counts, then the one of the first category."""

    def __init__(self, entries: Iterable[tuple[str, str]], ranks: Sequence[str], negations: Iterable[str] = ()) -> None:
        phrases = {
            WordPhrase(tuple(spelling.split()), category) for category, text in entries for spelling in spellings(text)
        }
        order = {category: rank for rank, category in enumerate(ranks)}
        self._phrases = sorted(
            phrases,
            key=lambda phrase: (-len(phrase.words), not phrase.is_exact, order[phrase.category], phrase.words),
        )
        self._starts = [phrase.start for phrase in self._phrases]
        self._by_start: dict[str, list[WordPhrase]] = {}
        self._unspaced = sorted((p.words[0] for p in phrases if _UNSPACED.match(p.words[0])), key=len, reverse=True)
        self._negations = [tuple(spelling.split()) for text in negations for spelling in spellings(text)]

    def tokens(self, label: str) -> list[Token]:
        """Return the words of a label, with a `BREAK` between clauses."""
        texts = (part for token in _TOKEN.findall(_lower(label)) for part in self._split(token))
        return [Token(_bare(text), text) for text in texts]

    def find(self, tokens: Sequence[Token]) -> list[Match]:
        """Return the phrases in the order of the tokens; no two of them overlap."""
        matches: list[Match] = []
        at = 0
        while at < len(tokens):
            candidates = self._beginning_with(tokens[at].text[:START])
            phrase = next((phrase for phrase in candidates if phrase.matches(tokens, at)), None)
            if phrase:
                end = at + len(phrase.words)
                matches.append(Match(phrase.category, at, end, self._is_negated(tokens, at)))
            at = matches[-1].end if phrase else at + 1
        return matches

    def _beginning_with(self, start: str) -> list[WordPhrase]:
        if start not in self._by_start:
            pairs = zip(self._phrases, self._starts, strict=True)
            self._by_start[start] = [phrase for phrase, needed in pairs if needed in ("", start)]
        return self._by_start[start]

    def _is_negated(self, tokens: Sequence[Token], at: int) -> bool:
        before = [token.text for token in tokens[:at]]
        return any(tuple(before[-len(words) :]) == words for words in self._negations)

    def _split(self, token: str) -> Iterator[str]:
        """Yield a word as it is, and the phrases of a text without spaces."""
        if not _UNSPACED.match(token):
            yield token if re.match(r"\w", token) else BREAK
            return
        while token:
            word = next((word for word in self._unspaced if token.startswith(word)), token[0])
            yield word
            token = token[len(word) :]


@lru_cache(1)
def read_vocabulary() -> dict[str, Any]:
    """Return the table of words, as in `words.toml`."""
    return tomllib.loads(files("connectors").joinpath("words.toml").read_text(encoding="utf-8"))


def fold(text: str) -> str:
    """Return the text without case, accents and differences of width, the parts of CamelCase separated."""
    return _bare(_lower(text))


def _lower(text: str) -> str:
    return unicodedata.normalize("NFC", _CAMEL.sub(" ", unicodedata.normalize("NFKC", text)).casefold())


def _bare(text: str) -> str:
    # Composed again, for the marks of Japanese are no accents.
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", text))).translate(_LETTERS)


def _matches(word: str, token: Token) -> bool:
    text = token.accented if word.startswith("=") else token.text
    word = word.lstrip("=")
    if text == BREAK:
        return False
    if word.startswith("*"):
        return text.endswith(word[1:])
    return text.startswith(word[:-1]) if word.endswith("*") else text == word


def spellings(text: str) -> set[str]:
    """Return the folded text, and the one with umlauts spelled out; the accented text where accents matter."""
    lower = _lower(text.lower())
    return {lower} if lower.startswith("=") else {_bare(lower), _bare(lower.translate(_SPELLED_OUT))}
