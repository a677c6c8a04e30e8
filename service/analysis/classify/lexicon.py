"""Phrases that speak for a work class, and their lookup in a text: one dictionary walk a word, no search."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from service.analysis.classify.ticket_text import TicketText, words
from service.analysis.fact import WorkClass

DESCRIPTION_WEIGHT = 0.4
START = "^"
ANY = "*"
REMEMBERED = 50_000
_END = ""
_Node: TypeAlias = dict[str, Any]


class Phrase(NamedTuple):
    """Words, what they speak for, and how strongly: `weight` in log-odds of nature. No class: they say nothing."""

    text: str
    work_class: WorkClass | None
    weight: float
    group: str


class Hit(NamedTuple):
    """A phrase that stands in a text, with the weight that its place gives it."""

    phrase: Phrase
    weight: float


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a text that stands in some phrase: the patterns it fits, and where phrases begin with them."""

    patterns: tuple[str, ...]
    anywhere: tuple[_Node, ...]
    at_start: tuple[_Node, ...]


@dataclass(slots=True)
class _Patterns:
    """The words of all phrases, by the ways in which they may match."""

    whole: set[str] = field(default_factory=set)
    beginnings: set[str] = field(default_factory=set)
    endings: set[str] = field(default_factory=set)

    def add(self, word: str) -> None:
        if word.endswith(ANY):
            self.beginnings.add(word[:-1])
        elif word.startswith(ANY):
            self.endings.add(word[1:])
        else:
            self.whole.add(word)

    def matching(self, token: str) -> tuple[str, ...]:
        """The words of phrases that this one may stand for, the most exact first."""
        cuts = range(len(token), 1, -1)
        return (
            *((token,) if token in self.whole else ()),
            *(token[:cut] + ANY for cut in cuts if token[:cut] in self.beginnings),
            *(ANY + token[-cut:] for cut in cuts if token[-cut:] in self.endings),
        )


class Lexicon:
    """Phrases by their words. Of phrases that begin at one word the longest counts, and takes its words with it.

    `^` before a phrase: only where the sentence of a title begins. `*` at the end or the beginning of a word: any
    ending, any beginning. A phrase right after a negation does not count. Of phrases with the same words the last
    one given counts.
    """

    def __init__(self, phrases: Iterable[Phrase], negations: Iterable[str] = ()) -> None:
        self._negations = frozenset(negations)
        self._anywhere: _Node = {}
        self._at_start: _Node = {}
        self._patterns = _Patterns()
        self._seen: dict[str, _Word | None] = {}
        for phrase in phrases:
            self._add(phrase)

    def hits(self, text: TicketText) -> list[Hit]:
        """The phrases of a text, each once, where it weighs most."""
        found: dict[str, Hit] = {}
        self._find(text.description, DESCRIPTION_WEIGHT, (), found)
        self._find(text.title, 1.0, text.starts, found)
        return list(found.values())

    def _add(self, phrase: Phrase) -> None:
        node = self._at_start if phrase.text.startswith(START) else self._anywhere
        for word in pattern_words(phrase.text):
            self._patterns.add(word)
            node = node.setdefault(word, {})
        node[_END] = phrase

    def _find(self, tokens: Sequence[str], factor: float, starts: Sequence[int], found: dict[str, Hit]) -> None:
        known = self._known(tokens)
        free = 0
        for place, word in enumerate(known):
            if word is None or place < free:
                continue
            nodes = word.at_start + word.anywhere if place in starts else word.anywhere
            if not nodes:
                continue
            phrase, end = _longest(nodes, known, place + 1)
            if phrase is None:
                continue
            free = end
            if phrase.work_class and not (place and tokens[place - 1] in self._negations):
                found[phrase.text] = Hit(phrase, phrase.weight * factor)

    def _known(self, tokens: Sequence[str]) -> list[_Word | None]:
        seen = self._seen
        if len(seen) > REMEMBERED:
            seen.clear()
        return [seen[token] if token in seen else self._lookup(token) for token in tokens]

    def _lookup(self, token: str) -> _Word | None:
        patterns = self._patterns.matching(token)
        word = _Word(patterns, _below(self._anywhere, patterns), _below(self._at_start, patterns)) if patterns else None
        self._seen[token] = word
        return word


def _below(node: _Node, patterns: Iterable[str]) -> tuple[_Node, ...]:
    return tuple(node[pattern] for pattern in patterns if pattern in node)


def _longest(nodes: Sequence[_Node], known: Sequence[_Word | None], place: int) -> tuple[Phrase | None, int]:
    """The longest phrase that goes on from here, of equals the most exact, and the place after it."""
    best: tuple[Phrase | None, int] = (None, place)
    while nodes:
        ended = next((node[_END] for node in nodes if _END in node), None)
        if ended:
            best = (ended, place)
        word = known[place] if place < len(known) else None
        nodes = [below for node in nodes for below in _below(node, word.patterns)] if word else ()
        place += 1
    return best


def pattern_words(text: str) -> list[str]:
    """The folded words of a phrase, with their stars."""
    parts = text.removeprefix(START).split()
    return [_starred(part) for part in parts]


def _starred(part: str) -> str:
    """One word with its stars; the apostrophe of `d'*` belongs to it. Raises ValueError where it is not one word."""
    [word] = words(part.strip(ANY))
    apostrophe = "'" * part.endswith("'*")
    return ANY * part.startswith(ANY) + word + apostrophe + ANY * part.endswith(ANY)
