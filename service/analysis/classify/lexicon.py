"""Lexicon of phrases that argue for a work class, looked up in a text by one dictionary walk per word."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from service.analysis.classify.ticket_text import TicketText, words
from service.analysis.fact import WorkClass

DESCRIPTION_WEIGHT = 0.4
START = "^"
ANY = "*"
CACHED_WORDS = 50_000
_END = ""
_Node: TypeAlias = dict[str, Any]


class Phrase(NamedTuple):
    """Words that argue for a class by `weight`, in log-odds of its nature. Without a class they are neutral."""

    text: str
    work_class: WorkClass | None
    weight: float
    group: str


class Hit(NamedTuple):
    """A phrase found in a text, with the weight that its place gives it."""

    phrase: Phrase
    weight: float


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a text that occurs in some phrase: the patterns it fits, and the tree nodes they lead to."""

    patterns: tuple[str, ...]
    anywhere: tuple[_Node, ...]
    at_start: tuple[_Node, ...]


@dataclass(slots=True)
class _Patterns:
    """The words of all phrases, by the way in which they match."""

    whole: set[str] = field(default_factory=set)
    beginnings: set[str] = field(default_factory=set)
    endings: set[str] = field(default_factory=set)

    def add(self, word: str) -> None:
        """File a word of a phrase under whole words, beginnings or endings."""
        if word.endswith(ANY):
            self.beginnings.add(word[:-1])
        elif word.startswith(ANY):
            self.endings.add(word[1:])
        else:
            self.whole.add(word)

    def matching(self, token: str) -> tuple[str, ...]:
        """Return the patterns that match a word, the most exact first."""
        cuts = range(len(token), 1, -1)
        return (
            *((token,) if token in self.whole else ()),
            *(token[:cut] + ANY for cut in cuts if token[:cut] in self.beginnings),
            *(ANY + token[-cut:] for cut in cuts if token[-cut:] in self.endings),
        )


class Lexicon:
    """Phrases in a tree of words. Of phrases that begin at one word the longest wins and uses up its words.

    `^` before a phrase: only at the start of a title's sentence. `*` at either end of a word: any ending, any
    beginning. A phrase right after a negation does not count. Of two phrases with the same words the later one counts.
    """

    def __init__(self, phrases: Iterable[Phrase], negations: Iterable[str] = ()) -> None:
        self._negations = frozenset(negations)
        self._anywhere: _Node = {}
        self._at_start: _Node = {}
        self._patterns = _Patterns()
        self._cache: dict[str, _Word | None] = {}
        for phrase in phrases:
            self._add(phrase)

    def hits(self, text: TicketText) -> list[Hit]:
        """Return the phrases of a text, each once, where it weighs most."""
        hits: dict[str, Hit] = {}
        self._collect(text.description, DESCRIPTION_WEIGHT, (), hits)
        # The title comes second and overwrites: a phrase weighs most there.
        self._collect(text.title, 1.0, text.starts, hits)
        return list(hits.values())

    def _add(self, phrase: Phrase) -> None:
        node = self._at_start if phrase.text.startswith(START) else self._anywhere
        for word in pattern_words(phrase.text):
            self._patterns.add(word)
            node = node.setdefault(word, {})
        node[_END] = phrase

    def _collect(self, tokens: Sequence[str], factor: float, starts: Sequence[int], hits: dict[str, Hit]) -> None:
        candidates = self._words(tokens)
        next_free = 0
        for place, candidate in enumerate(candidates):
            if candidate is None or place < next_free:
                continue
            nodes = candidate.at_start + candidate.anywhere if place in starts else candidate.anywhere
            if not nodes:
                continue
            phrase, end = _longest(nodes, candidates, place + 1)
            if phrase is None:
                continue
            next_free = end
            # A neutral phrase still uses up its words: "error handling" must not count as "error".
            if phrase.work_class and not (place and tokens[place - 1] in self._negations):
                hits[phrase.text] = Hit(phrase, phrase.weight * factor)

    def _words(self, tokens: Sequence[str]) -> list[_Word | None]:
        if len(self._cache) > CACHED_WORDS:
            # Not cleared: another thread may be reading the words of its ticket in it.
            self._cache = {}
        cache = self._cache
        return [cache[token] if token in cache else self._lookup(token) for token in tokens]

    def _lookup(self, token: str) -> _Word | None:
        patterns = self._patterns.matching(token)
        word = (
            _Word(patterns, _children(self._anywhere, patterns), _children(self._at_start, patterns))
            if patterns
            else None
        )
        self._cache[token] = word
        return word


def _children(node: _Node, patterns: Iterable[str]) -> tuple[_Node, ...]:
    return tuple(node[pattern] for pattern in patterns if pattern in node)


def _longest(nodes: Sequence[_Node], candidates: Sequence[_Word | None], place: int) -> tuple[Phrase | None, int]:
    """Return the longest phrase that continues from here, of equals the most exact, and the place after it."""
    best: tuple[Phrase | None, int] = (None, place)
    while nodes:
        phrase = next((node[_END] for node in nodes if _END in node), None)
        if phrase:
            best = (phrase, place)
        candidate = candidates[place] if place < len(candidates) else None
        nodes = [child for node in nodes for child in _children(node, candidate.patterns)] if candidate else ()
        place += 1
    return best


def pattern_words(text: str) -> list[str]:
    """Return the folded words of a phrase, with their stars."""
    parts = text.removeprefix(START).split()
    return [_with_stars(part) for part in parts]


def _with_stars(part: str) -> str:
    """Return one word with its stars, `d'*` with its apostrophe. Raises ValueError if it is not one word."""
    [word] = words(part.strip(ANY))
    apostrophe = "'" * part.endswith("'*")
    return ANY * part.startswith(ANY) + word + apostrophe + ANY * part.endswith(ANY)
