"""Status categories, kinds and priority levels by the words that people use for them in twelve languages."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TypeVar, cast

from connectors.base import SourceSettings
from connectors.model import Kind, StatusCategory, WordField
from connectors.phrases import BREAK, Match, PhraseTable, Token, fold, read_vocabulary

T = TypeVar("T")

REOPENED, PARTY = "reopened", "party"
WAITING: StatusCategory = "waiting"
# The order decides between the phrases of one label: "Closed - cancelled" is cancelled, "Reopened, in progress" is new.
STATUSES = ("cancelled", "closed", REOPENED, WAITING, "resolved", PARTY, "active", "new")
# A "change task" is a task, a "request for change" a change, a "feature request" a feature.
KINDS = ("task", "problem", "change", "feature", "incident", "alert", "defect", "request")
LEVELS = ("1", "2", "3", "4", "5")
RANKS = {"cancelled": 0, "closed": 1, REOPENED: 2, WAITING: 3, "resolved": 3, PARTY: 4, "active": 5, "new": 6}
AS_CATEGORY: Mapping[str, StatusCategory] = {REOPENED: "new", PARTY: WAITING}
WORD_CHOICES: Mapping[WordField, str] = {
    "status": "new, active, waiting, resolved, closed or cancelled",
    "kind": "incident, request, problem, change, alert, defect, feature or task",
    "priority": "1 (most urgent) to 5",
}
"""The values that a word of a field may be mapped to."""

MOST_LABELS = 4096
_NUMBERED = re.compile(r"(?<!\w)(?:p|prio\w*|pri|s|sev|severity|schweregrad)[\s:_#.-]{0,3}(\d+)(?!\w)|優先度\s*(\d+)")
_NUMBER = re.compile(r"\s*([1-5])(?:\.0)?(?![\d.,:-]\d|\d)")


@lru_cache(MOST_LABELS)
def category_of(label: str) -> StatusCategory:
    """Return the category that the words of a status mean; `unknown` if they mean none."""
    table = _table("status", STATUSES)
    tokens = table.tokens(label)
    matches = table.find(tokens)
    if not matches:
        return "unknown"
    # What is waited for has not happened: "Pending closure" is not closed.
    if _waits(matches[0]) or (_waits(matches[-1]) and _governs(matches, tokens)):
        return WAITING
    best = min((_meaning(match) for match in matches), key=lambda category: RANKS[category])
    return AS_CATEGORY.get(best) or cast(StatusCategory, best)


@lru_cache(MOST_LABELS)
def kind_of(label: str) -> Kind:
    """Return the kind that the words of a type mean; `other` if they mean none."""
    table = _table("kind", KINDS)
    kinds = {match.category for match in table.find(table.tokens(label))}
    return next((cast(Kind, kind) for kind in KINDS if kind in kinds), "other")


@lru_cache(MOST_LABELS)
def level_of(label: str) -> int | None:
    """Return the level of a priority, 1 (most urgent) to 5; None for an unknown label.

    `P1` and `Sev 1` go before words; words go before a bare number, for some systems count the other way round.
    """
    text = fold(label)
    if numbered := _NUMBERED.search(text):
        number = int(numbered[1] or numbered[2])
        return max(1, number) if number in range(6) else None
    table = _table("priority", LEVELS)
    if matches := table.find(table.tokens(label)):
        return int(matches[0].category)
    bare = _NUMBER.match(text)
    return int(bare[1]) if bare else None


class Words:
    """The words of one source: those of the operator's maps, and then those of the languages."""

    def __init__(
        self,
        status_map: Mapping[str, StatusCategory] = {},
        kind_map: Mapping[str, Kind] = {},
        priority_map: Mapping[str, int] = {},
    ) -> None:
        self._status_map = _keyed(status_map)
        self._kind_map = _keyed(kind_map)
        self._priority_map = _keyed(priority_map)

    def mapped_status(self, *labels: str) -> StatusCategory | None:
        """Return the category that the operator's map gives to the first of these labels that it has."""
        return _first(labels, self._status_map)

    def status(self, *labels: str) -> StatusCategory:
        """Return the category of a status by its labels, the preferred one first; `unknown` if none explains it."""
        if mapped := self.mapped_status(*labels):
            return mapped
        return next((category for category in map(category_of, labels) if category != "unknown"), "unknown")

    def kind(self, *labels: str) -> Kind:
        """Return the kind of a type by its labels, the preferred one first; `other` if none explains it."""
        if mapped := _first(labels, self._kind_map):
            return mapped
        return next((kind for kind in map(kind_of, labels) if kind != "other"), "other")

    def mapped_level(self, *labels: str) -> int | None:
        """Return the level that the operator's map gives to the first of these labels that it has."""
        return _first(labels, self._priority_map)

    def level(self, *labels: str) -> int | None:
        """Return the level of a priority by its labels, the preferred one first; None if none explains it."""
        by_words = (level for level in map(level_of, labels) if level)
        return self.mapped_level(*labels) or next(by_words, None)


def words_of(settings: SourceSettings) -> Words:
    """Return the words of a source by its settings."""
    return Words(settings.status_map, settings.kind_map, settings.priority_map)


def settle(category: StatusCategory, *, has_ended: bool) -> StatusCategory:
    """Return the category of a ticket: one of an unknown status that has ended is closed."""
    return "closed" if category == "unknown" and has_ended else category


def _waits(match: Match) -> bool:
    return match.category == WAITING and not match.is_negated


def _governs(matches: list[Match], tokens: list[Token]) -> bool:
    """Return True if the last phrase ends the label, and its clause began with another: "Close pending"."""
    before, last = matches[-2:]
    return last.end == len(tokens) and all(token.text != BREAK for token in tokens[before.end : last.start])


def _meaning(match: Match) -> str:
    """Return the category of a phrase, that of its contrary if it is negated."""
    if not match.is_negated:
        return match.category
    return "new" if match.category == "active" else "active"


@lru_cache(3)
def _table(field: WordField, ranks: tuple[str, ...]) -> PhraseTable:
    data = read_vocabulary()
    entries = [(name, text) for words in data[field].values() for name, texts in words.items() for text in texts]
    negations = [text for texts in data["negation"].values() for text in texts]
    return PhraseTable(entries, ranks, negations if field == "status" else ())


def _keyed(mapping: Mapping[str, T]) -> dict[str, T]:
    return {_key(label): value for label, value in mapping.items()}


def _first(labels: Iterable[str], mapping: Mapping[str, T]) -> T | None:
    return next((mapping[key] for key in map(_key, labels) if key in mapping), None)


def _key(label: str) -> str:
    return label.strip().casefold()
