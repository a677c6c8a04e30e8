"""Ways of matching texts against which ours is measured: TF-IDF, BM25, character n-grams, MinHash."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from importlib import import_module
from itertools import combinations
from typing import Any

import numpy as np

sparse: Any = import_module("scipy.sparse")
text: Any = import_module("sklearn.feature_extraction.text")
BANDS, ROWS = 32, 4
K1, B = 1.2, 0.75
FLOOR = 0.25


class Cosine:
    """Likeness of texts as the cosine of their vectors; BM25 as the score over the query's own."""

    def __init__(self, queries: Any, texts: Any, itself: Any) -> None:
        self._queries = sparse.csr_matrix(queries)
        self._texts = sparse.csr_matrix(texts).T.tocsc()
        self._itself = np.maximum(itself, 1e-9)

    def rank(self, query: int) -> list[int]:
        """All texts before this one, the likest first."""
        scores = np.asarray((self._queries[query] @ self._texts[:, :query]).todense()).ravel()
        return [int(index) for index in np.argsort(-scores, kind="stable")]

    def alike(self) -> Iterator[tuple[int, int, float]]:
        """Pairs that are alike at all, with how much."""
        for begin in range(0, self._queries.shape[0], 256):
            found = (self._queries[begin : begin + 256] @ self._texts).tocoo()
            scores = found.data / self._itself[found.row + begin]
            for row, column, score in zip(found.row, found.col, scores, strict=True):
                if column < row + begin and score >= FLOOR:
                    yield int(column), int(row) + begin, float(score)


def tfidf(texts: Sequence[str]) -> Cosine:
    """Plain TF-IDF of words."""
    vectors = text.TfidfVectorizer().fit_transform(texts)
    return Cosine(vectors, vectors, np.ones(len(texts)))


def characters(texts: Sequence[str]) -> Cosine:
    """TF-IDF of character n-grams of three to five within words."""
    vectors = text.TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, max_features=100_000)
    found = vectors.fit_transform(texts)
    return Cosine(found, found, np.ones(len(texts)))


def bm25(texts: Sequence[str]) -> Cosine:
    """Okapi BM25 with the usual constants; a query is the set of its words."""
    counts = sparse.csr_matrix(text.CountVectorizer().fit_transform(texts), dtype=float)
    held = np.asarray((counts > 0).sum(axis=0)).ravel()
    rarity = np.log(1 + (len(texts) - held + 0.5) / (held + 0.5))
    lengths = np.asarray(counts.sum(axis=1)).ravel()
    rows = np.repeat(np.arange(len(texts)), np.diff(counts.indptr))
    weighed = counts.copy()
    weighed.data = counts.data * (K1 + 1) / (counts.data + K1 * (1 - B + B * lengths[rows] / lengths.mean()))
    weighed = sparse.csr_matrix(weighed @ sparse.diags(rarity))
    queries = sparse.csr_matrix(counts > 0, dtype=float)
    return Cosine(queries, weighed, np.asarray(queries.multiply(weighed).sum(axis=1)).ravel())


class MinHash:
    """Locality-sensitive hashing of word sets (Broder 1997), verified by their true Jaccard index."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._words = [frozenset(text.CountVectorizer().build_analyzer()(one)) for one in texts]
        rng = np.random.default_rng(1)
        self._factors = rng.integers(1, 2**31, size=(BANDS * ROWS, 2), dtype=np.uint64)
        self._bands: dict[tuple[int, bytes], list[int]] = defaultdict(list)
        self._keys = [self._banded(index, words) for index, words in enumerate(self._words)]

    def rank(self, query: int) -> list[int]:
        """Those before this one that share a band, the likest first."""
        found = {other for key in self._keys[query] for other in self._bands[key] if other < query}
        return sorted(found, key=lambda other: (-self._jaccard(query, other), other))

    def alike(self) -> Iterator[tuple[int, int, float]]:
        """Pairs that share a band, with their Jaccard index."""
        pairs = {pair for members in self._bands.values() for pair in combinations(members, 2)}
        for one, other in sorted(pairs):
            if (likeness := self._jaccard(one, other)) >= FLOOR:
                yield one, other, likeness

    def _jaccard(self, one: int, other: int) -> float:
        shared = len(self._words[one] & self._words[other])
        return shared / (len(self._words[one]) + len(self._words[other]) - shared or 1)

    def _banded(self, index: int, words: frozenset[str]) -> list[tuple[int, bytes]]:
        if not words:
            return []
        hashes = np.array(
            [int.from_bytes(blake2b(word.encode(), digest_size=4).digest(), "big") for word in words], np.uint64
        )
        factors, shifts = self._factors[:, :1], self._factors[:, 1:]
        least = ((hashes[None, :] * factors + shifts) % np.uint64(2**31 - 1)).min(axis=1).reshape(BANDS, ROWS)
        keys = [(band, row.tobytes()) for band, row in enumerate(least)]
        for key in keys:
            self._bands[key].append(index)
        return keys
