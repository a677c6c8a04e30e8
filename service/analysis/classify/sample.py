"""The sample of decided tickets that a text model trains on: bounded, and the same in whatever order they come."""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple, TypeAlias
from zlib import crc32

from connectors.model import Ticket
from service.analysis.classify.features import without_numbers
from service.analysis.classify.quality import Teacher
from service.analysis.classify.ticket_text import words
from service.analysis.classify.trained_model import Rate
from service.analysis.fact import Nature
from service.analysis.limits import TITLE_LENGTH

By = Literal["person", "organisation", "structured", "words"]
MOST_OF_A_NATURE = 5_000
_Rank: TypeAlias = tuple[bool, int, str, str]


class Example(NamedTuple):
    """A ticket whose nature is decided, and what decided it. A decision by words counts for base rates only."""

    ticket: Ticket
    source: str
    nature: Nature
    by: By


class Sample:
    """Base rates of all examples, and at most 5,000 examples of each nature with different words in their titles."""

    def __init__(self, most: int = MOST_OF_A_NATURE) -> None:
        self._most = most
        self._counts: dict[tuple[str, str], list[int]] = {}
        self._pools: dict[tuple[Teacher, Nature], dict[str, tuple[_Rank, Example]]] = {}

    def take(self, examples: Iterable[Example]) -> None:
        """Count each example, and keep it if it ranks among the best."""
        for example in examples:
            count = self._counts.setdefault((example.source, example.ticket.source_kind), [0, 0])
            count[0] += example.nature == "reactive"
            count[1] += 1
            if example.by != "words":
                self._keep(example)

    @property
    def rates(self) -> dict[tuple[str, str], Rate]:
        """The base rates by source and kind of the source."""
        return {key: Rate(reactive, n) for key, (reactive, n) in self._counts.items()}

    def labelled_by_people(self, nature: Nature) -> list[Example]:
        """Return what persons and the organisation's rules decided, ordered by source and id."""
        return self._best(self._pool("people", nature))

    def labelled_by_anyone(self, nature: Nature) -> list[Example]:
        """Return that and what kinds decided; a title that people labelled outweighs its kind."""
        people = self._pool("people", "reactive") | self._pool("people", "proactive")
        kinds = {title: entry for title, entry in self._pool("kinds", nature).items() if title not in people}
        return self._best(kinds | self._pool("people", nature))

    def _pool(self, teacher: Teacher, nature: Nature) -> dict[str, tuple[_Rank, Example]]:
        return self._pools.setdefault((teacher, nature), {})

    def _best(self, pool: Mapping[str, tuple[_Rank, Example]]) -> list[Example]:
        return sorted((example for _, example in sorted(pool.values())[: self._most]), key=_identity)

    def _keep(self, example: Example) -> None:
        pool = self._pool("kinds" if example.by == "structured" else "people", example.nature)
        title = " ".join(without_numbers(words(example.ticket.title[:TITLE_LENGTH])))
        rank = _rank(example)
        if title and (title not in pool or rank < pool[title][0]):
            pool[title] = (rank, example)
            # Pruning at twice the limit keeps the best without sorting on every ticket; memory stays bounded.
            if len(pool) > 2 * self._most:
                best = sorted(pool.items(), key=lambda item: item[1][0])[: self._most]
                pool.clear()
                pool.update(best)


def _rank(example: Example) -> _Rank:
    """Return a place in an order unrelated to time or content; what people decided comes first."""
    # A hash of the identity draws the same random sample whatever was pulled first.
    number = crc32(f"{example.source}\0{example.ticket.id}".encode())
    return example.by == "structured", number, example.source, example.ticket.id


def _identity(example: Example) -> tuple[str, str]:
    return example.source, example.ticket.id
