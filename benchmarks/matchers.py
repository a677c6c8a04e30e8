"""Methods of matching texts that ours is measured against: TF-IDF, BM25, character n-grams, MinHash."""

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
    """Similarity of texts as the cosine of their vectors; for BM25 the score relative to that of the query itself."""

    def __init__(self, queries: Any, texts: Any, self_scores: Any) -> None:
        self._queries = sparse.csr_matrix(queries)
        self._texts = sparse.csr_matrix(texts).T.tocsc()
        # BM25 has no upper bound; divided by the score of the text with itself it ends near 1, like a cosine.
        self._self_scores = np.maximum(self_scores, 1e-9)

    def rank(self, query: int) -> list[int]:
        """Return all texts before this one, the most similar first."""
        scores = np.asarray((self._queries[query] @ self._texts[:, :query]).todense()).ravel()
        return [int(index) for index in np.argsort(-scores, kind="stable")]

    def similar_pairs(self) -> Iterator[tuple[int, int, float]]:
        """Yield pairs that are similar at all, with their similarity."""
        for begin in range(0, self._queries.shape[0], 256):
            # In blocks: the product of all texts with all texts would not fit into memory.
            products = (self._queries[begin : begin + 256] @ self._texts).tocoo()
            scores = products.data / self._self_scores[products.row + begin]
            for row, column, score in zip(products.row, products.col, scores, strict=True):
                if column < row + begin and score >= FLOOR:
                    yield int(column), int(row) + begin, float(score)


def tfidf(texts: Sequence[str]) -> Cosine:
    """Return a matcher by plain TF-IDF of words."""
    vectors = text.TfidfVectorizer().fit_transform(texts)
    return Cosine(vectors, vectors, np.ones(len(texts)))


def characters(texts: Sequence[str]) -> Cosine:
    """Return a matcher by TF-IDF of character n-grams of three to five within words."""
    vectorizer = text.TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, max_features=100_000)
    vectors = vectorizer.fit_transform(texts)
    return Cosine(vectors, vectors, np.ones(len(texts)))


def bm25(texts: Sequence[str]) -> Cosine:
    """Return a matcher by Okapi BM25 with the usual constants; a query is the set of its words."""
    counts = sparse.csr_matrix(text.CountVectorizer().fit_transform(texts), dtype=float)
    document_frequency = np.asarray((counts > 0).sum(axis=0)).ravel()
    rarity = np.log(1 + (len(texts) - document_frequency + 0.5) / (document_frequency + 0.5))
    lengths = np.asarray(counts.sum(axis=1)).ravel()
    rows = np.repeat(np.arange(len(texts)), np.diff(counts.indptr))
    weighted = counts.copy()
    weighted.data = counts.data * (K1 + 1) / (counts.data + K1 * (1 - B + B * lengths[rows] / lengths.mean()))
    weighted = sparse.csr_matrix(weighted @ sparse.diags(rarity))
    queries = sparse.csr_matrix(counts > 0, dtype=float)
    return Cosine(queries, weighted, np.asarray(queries.multiply(weighted).sum(axis=1)).ravel())


class MinHash:
    """Locality-sensitive hashing of word sets (Broder 1997), verified by their true Jaccard index."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._words = [frozenset(text.CountVectorizer().build_analyzer()(document)) for document in texts]
        rng = np.random.default_rng(1)
        self._factors = rng.integers(1, 2**31, size=(BANDS * ROWS, 2), dtype=np.uint64)
        self._bands: dict[tuple[int, bytes], list[int]] = defaultdict(list)
        self._keys = [self._add(index, words) for index, words in enumerate(self._words)]

    def rank(self, query: int) -> list[int]:
        """Return the texts before this one that share a band, the most similar first."""
        candidates = {index for key in self._keys[query] for index in self._bands[key] if index < query}
        return sorted(candidates, key=lambda index: (-self._jaccard(query, index), index))

    def similar_pairs(self) -> Iterator[tuple[int, int, float]]:
        """Yield pairs that share a band, with their Jaccard index."""
        pairs = {pair for members in self._bands.values() for pair in combinations(members, 2)}
        for first, second in sorted(pairs):
            if (similarity := self._jaccard(first, second)) >= FLOOR:
                yield first, second, similarity

    def _jaccard(self, first: int, second: int) -> float:
        shared = len(self._words[first] & self._words[second])
        return shared / (len(self._words[first]) + len(self._words[second]) - shared or 1)

    def _add(self, index: int, words: frozenset[str]) -> list[tuple[int, bytes]]:
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
