"""Words of tickets that nobody understood: statuses, kinds and priorities, counted by tickets."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

from connectors.model import Ticket, UnknownWord, WordField

WORDS_SHOWN = 20


class UnknownWords:
    """The words of some tickets that nobody understood, with the ids of the tickets that have them."""

    def __init__(self) -> None:
        self._ids: dict[WordField, dict[str, set[str]]] = {field: defaultdict(set) for field in get_args(WordField)}

    def add(self, values: Mapping[str, Any]) -> None:
        """Look at a ticket by its attributes."""
        for field, word in _unknown(values):
            self._ids[field][word].add(values["id"])

    def as_tuple(self) -> tuple[UnknownWord, ...]:
        """Return the 20 most frequent words of each field."""
        return tuple(
            UnknownWord(field=field, word=word, tickets=len(ids))
            for field, words in self._ids.items()
            for word, ids in sorted(words.items(), key=lambda item: (-len(item[1]), item[0]))[:WORDS_SHOWN]
        )


def unknown_words(tickets: Iterable[Ticket]) -> tuple[UnknownWord, ...]:
    """Return the words of these tickets that nobody understood."""
    words = UnknownWords()
    for ticket in tickets:
        words.add(vars(ticket))
    return words.as_tuple()


def _unknown(values: Mapping[str, Any]) -> Iterator[tuple[WordField, str]]:
    if values.get("status_category") == "unknown":
        yield "status", values["status"]
    if values.get("kind") == "other" and values.get("source_kind"):
        yield "kind", values["source_kind"]
    if values.get("priority") and values.get("priority_level") is None and "status_category" in values:
        yield "priority", values["priority"]
