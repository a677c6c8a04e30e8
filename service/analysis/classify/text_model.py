"""A linear text model that needs NumPy alone: five models, each for the texts that it has not learnt from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from service.analysis.classify.features import fold_of, rule_features, terms_of
from service.analysis.classify.natures import SIGN
from service.analysis.classify.phrase_score import PhraseScore
from service.analysis.classify.ticket_text import TicketText
from service.analysis.fact import Nature

Floats: TypeAlias = NDArray[np.float64]
Singles: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TextModel:
    """TF-IDF of terms and rule features, weighed by logistic regressions, calibrated together (Platt 1999).

    `weights` (5 x terms), `rule_weights` (5 x features) and `intercepts` (5) belong to the models, `slope` and `offset`
    to the calibration. `base` is the log-odds of reactive among the training tickets.
    """

    terms: dict[str, int]
    idf: Singles
    weights: Singles
    rule_weights: Singles
    intercepts: Singles
    slope: float
    offset: float
    base: float

    def scores(self, texts: Sequence[TicketText], phrases: Sequence[PhraseScore]) -> Floats:
        """Return the log-odds of reactive for each text, by the model that did not see it."""
        if not texts:
            return np.zeros(0)
        folds = np.array([fold_of(text) for text in texts])
        return self.calibrated(self.raw(texts, phrases, folds))

    def calibrated(self, raw: Floats) -> Floats:
        """Return calibrated log-odds from raw scores."""
        return self.slope * raw + self.offset

    def raw(self, texts: Sequence[TicketText], phrases: Sequence[PhraseScore], folds: NDArray[np.int64]) -> Floats:
        """Return the uncalibrated score of each text by the model of its fold."""
        rows, columns = self._term_positions(texts)
        strength = self.idf[columns].astype(np.float64)
        # Each text is scaled to length 1, or long descriptions would outweigh what the phrases say.
        length = np.sqrt(np.bincount(rows, strength**2, len(texts)))
        summed = np.bincount(rows, strength * self.weights[folds[rows], columns], len(texts))
        by_rules = np.array([rule_features(score) for score in phrases])
        from_phrases = (by_rules * self.rule_weights[folds]).sum(axis=1)
        return np.asarray(summed / np.where(length, length, 1) + from_phrases + self.intercepts[folds])

    def words_for(self, text: TicketText, nature: Nature) -> list[str]:
        """Return the terms of a text that argue for a nature, the strongest first."""
        fold, sign = fold_of(text), SIGN[nature]
        weighted = [
            (sign * self.weights[fold, place] * self.idf[place], term) for term, place in self._vocabulary_terms(text)
        ]
        return [_display(term) for weight, term in sorted(weighted, key=lambda pair: (-pair[0], pair[1])) if weight > 0]

    def _vocabulary_terms(self, text: TicketText) -> list[tuple[str, int]]:
        return [(term, self.terms[term]) for term in terms_of(text) if term in self.terms]

    def _term_positions(self, texts: Sequence[TicketText]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        terms = self.terms
        positions = [sorted(terms[term] for term in terms_of(text) if term in terms) for text in texts]
        rows = np.repeat(np.arange(len(texts)), [len(row) for row in positions])
        return rows, np.array([position for row in positions for position in row], dtype=np.int64)


def _display(term: str) -> str:
    return term.removeprefix("title ").removeprefix("^")
