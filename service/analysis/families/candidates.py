"""Candidates: for each shape the earlier shapes of its source that share its rarest words."""

import importlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.analysis.families.similarity import ShapeContent

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

MOST_CANDIDATES = 80
MOST_HOLDERS = 500
IN_TITLE = 1.6
ROWS_AT_ONCE = 256
# Scores are rounded before they are put in order: the last bits of a logarithm differ between processors.
DECIMALS = 6


@dataclass(frozen=True, slots=True)
class DatedShape:
    """A shape with the first opening of its tickets in epoch seconds; `marked` if people closed one as a duplicate."""

    id: int
    content: ShapeContent
    opened_at: int
    marked: bool = False


class ShapeTable:
    """Shapes of one source in order of time, their words as sparse matrices of one row a shape."""

    def __init__(self, shapes: Sequence[DatedShape]) -> None:
        self.shapes = sorted(shapes, key=lambda shape: (shape.opened_at, shape.id))
        contents = [shape.content for shape in self.shapes]
        columns = {word: column for column, word in enumerate(sorted({word for row in contents for word in row.text}))}
        self.words = _incidence([row.text for row in contents], columns)
        self.title_words = _incidence([row.title for row in contents], columns)
        parts = {part: column for column, part in enumerate(sorted({part for row in contents for part in row.parts}))}
        self.parts = _incidence([row.parts for row in contents], parts)
        self.holders = np.bincount(self.words.indices, minlength=len(columns))
        self.rarity = _rarity(self.holders, len(contents))
        places = [(row.project, row.service, row.category) for row in contents]
        self.opened_at = np.array([shape.opened_at for shape in self.shapes], dtype=np.int64)
        self.marked = np.array([shape.marked for shape in self.shapes], dtype=np.bool_)
        self.project, self.service, self.category = np.array(places, dtype=np.int64).reshape(-1, 3).T

    def compatible(self, first: Integers, second: Integers) -> Flags:
        """Return which of these pairs can be the same place, as `similarity.compatible` says of two shapes."""
        both_named = (self.service[first] != 0) & (self.service[second] != 0)
        by_service = self.service[first] == self.service[second]
        in_part = np.where(both_named, by_service, _agree(self.category, first, second))
        return np.asarray(_agree(self.project, first, second) & in_part)


def candidate_pairs(table: ShapeTable) -> tuple[Integers, Integers]:
    """Return pairs of positions in the table, the earlier first: at most `MOST_CANDIDATES` earlier ones for each shape.

    Candidates are ranked by the rarity of the words that they share, those of a title being worth more. Words of more
    than `MOST_HOLDERS` shapes are left out, so that the work for a shape is bounded.
    """
    pairs = [(earlier, np.full(len(earlier), position)) for position, earlier in enumerate(_candidates(table))]
    first, second = (np.concatenate([np.zeros(0, np.int64), *side]) for side in zip(*pairs, strict=True))
    return first, second


def _candidates(table: ShapeTable) -> Iterator[Integers]:
    """Yield for each shape the positions of its candidates, in ascending order."""
    weighted = _weighted(table)
    squares = np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel()
    length = np.sqrt(np.sqrt(1 + squares))
    transposed = weighted.T.tocsr()
    for begin in range(0, len(table.shapes), ROWS_AT_ONCE):
        # In blocks: the product of all with all would not fit into memory.
        products = weighted[begin : begin + ROWS_AT_ONCE] @ transposed
        products.sort_indices()
        positions = products.indices.astype(np.int64)
        scores = np.round(products.data / length[positions], DECIMALS)
        for row, (start, end) in enumerate(pairwise(products.indptr.tolist())):
            yield _best(table, begin + row, positions[start:end], scores[start:end])


def _best(table: ShapeTable, position: int, positions: Integers, scores: Floats) -> Integers:
    """Return the best of these positions, of those that are earlier and can be the same place."""
    possible = (positions < position) & table.compatible(positions, np.array([position]))
    positions, scores = positions[possible], scores[possible]
    # Stable: of equal scores the earlier shapes come first, on every machine.
    return np.sort(positions[np.argsort(-scores, kind="stable")[:MOST_CANDIDATES]])


def _weighted(table: ShapeTable) -> Any:
    sparse = importlib.import_module("scipy.sparse")
    rarity = np.where(table.holders <= MOST_HOLDERS, table.rarity, 0.0)
    weighted = (table.words + (IN_TITLE - 1) * table.title_words) @ sparse.diags(rarity)
    weighted.eliminate_zeros()
    return weighted.tocsr()


def _rarity(holders: Integers, shapes: int) -> Floats:
    """Return the inverse document frequency of each word, 1 being that of a word of no other shape."""
    # Relative to the greatest: what was learnt in a large store must hold in a small one.
    return np.asarray(np.log1p(shapes / (holders + 0.5)) / np.log1p(shapes / 1.5))


def _agree(names: Integers, first: Integers, second: Integers) -> Flags:
    return np.asarray((names[first] == names[second]) | (names[first] == 0) | (names[second] == 0))


def _incidence(rows: Sequence[frozenset[int]], columns: dict[int, int]) -> Any:
    """Return a matrix that is 1 where the row's set has the column's number."""
    sparse = importlib.import_module("scipy.sparse")
    indices = np.array([column for row in rows for column in sorted(columns[member] for member in row)], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
    return sparse.csr_matrix((np.ones(len(indices)), indices, starts), shape=(len(rows), len(columns)))
