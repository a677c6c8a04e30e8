"""Training of the text model on an organisation's own decided tickets, by scikit-learn."""

import importlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.analysis.classify.features import FOLDS, fold_of, rule_features, terms_of
from service.analysis.classify.natures import SIGN
from service.analysis.classify.phrase_score import PhraseScore, score_phrases
from service.analysis.classify.quality import Quality, Teacher, bins, macro_f1
from service.analysis.classify.rules import Rules
from service.analysis.classify.sample import Example, Sample
from service.analysis.classify.text_model import Floats, Singles, TextModel
from service.analysis.classify.ticket_text import TicketText, ticket_text
from service.analysis.classify.trained_model import TrainedModel

LEAST_PER_NATURE = 200
LEAST_DOCUMENTS = 2
MOST_TERMS = 40_000
INVERSE_PENALTY = 5.0
PERSON_WEIGHT = 3.0
NO_PENALTY = 1e6


@dataclass(frozen=True, slots=True)
class TrainingText:
    """A text with its decided nature, and whether a person decided it."""

    text: TicketText
    phrases: PhraseScore
    is_reactive: bool
    by_person: bool


def train(examples: Iterable[Example], rules: Rules, least: int = LEAST_PER_NATURE) -> TrainedModel:
    """Return what these decided tickets teach, in whatever order they come, in seconds and bounded memory.

    There is no text model if either nature has fewer than `least` different titles, or if the model is no better than
    the shipped phrases.
    """
    sample = Sample()
    sample.take(examples)
    # People's labels train alone once there are enough of them; the systems' kinds are added only until then.
    taught_by: Teacher = "people"
    by_nature = {nature: sample.labelled_by_people(nature) for nature in SIGN}
    if min(map(len, by_nature.values())) < least:
        taught_by, by_nature = "kinds", {nature: sample.labelled_by_anyone(nature) for nature in SIGN}
    fewest = min(by_nature, key=lambda nature: len(by_nature[nature]))
    if len(by_nature[fewest]) < least:
        why = f"{len(by_nature[fewest])} different {fewest} titles are decided, {least} are needed"
        return TrainedModel(sample.rates, None, None, why)
    model, quality = fit(_training_texts([*by_nature["reactive"], *by_nature["proactive"]], rules), taught_by)
    if quality.macro_f1 <= quality.rules_macro_f1:
        return TrainedModel(sample.rates, None, quality, "the learnt model is no better than the shipped phrases")
    return TrainedModel(sample.rates, model, quality, None)


def fit(training_texts: Sequence[TrainingText], taught_by: Teacher = "people") -> tuple[TextModel, Quality]:
    """Return the model of these texts and its quality on texts that its parts had not seen.

    The same texts in the same order give the same model.
    """
    folds = np.array([fold_of(training_text.text) for training_text in training_texts])
    truth = np.array([training_text.is_reactive for training_text in training_texts])
    documents = [terms_of(training_text.text) for training_text in training_texts]
    terms, idf = _vocabulary(documents)
    matrix = _matrix(documents, training_texts, terms, idf)
    # Five models, each blind to one fold: the quality measured on the folds is that of what decides.
    parts = [_regression(matrix, training_texts, truth, folds != fold) for fold in range(FOLDS)]
    weights = np.array([part.coef_[0] for part in parts], dtype=np.float32)
    unscaled = TextModel(
        terms=terms,
        idf=idf,
        weights=weights[:, : len(idf)],
        rule_weights=weights[:, len(idf) :],
        intercepts=np.array([part.intercept_[0] for part in parts], dtype=np.float32),
        slope=1.0,
        offset=0.0,
        base=_base(truth),
    )
    raw = unscaled.raw(
        [training_text.text for training_text in training_texts],
        [training_text.phrases for training_text in training_texts],
        folds,
    )
    return _calibrated(unscaled, raw, truth, training_texts, taught_by)


def _training_texts(examples: Sequence[Example], rules: Rules) -> list[TrainingText]:
    lexicon = rules.lexicon
    texts = [ticket_text(example.ticket) for example in examples]
    return [
        TrainingText(text, score_phrases(lexicon.hits(text)), example.nature == "reactive", example.by == "person")
        for text, example in zip(texts, examples, strict=True)
    ]


def _calibrated(
    model: TextModel, raw: Floats, truth: NDArray[np.bool_], training_texts: Sequence[TrainingText], taught_by: Teacher
) -> tuple[TextModel, Quality]:
    """Return the model with its scores calibrated on the folds (Platt 1999), and its quality."""
    scale = _logistic(NO_PENALTY).fit(raw[:, None], truth)
    slope, offset = float(scale.coef_[0, 0]), float(scale.intercept_[0])
    calibrated = replace(model, slope=slope, offset=offset)
    scores = calibrated.calibrated(raw)
    reactive = scores >= 0
    quality = Quality(
        n=len(training_texts),
        taught_by=taught_by,
        macro_f1=round(macro_f1(truth.tolist(), reactive.tolist()), 4),
        rules_macro_f1=round(
            macro_f1(truth.tolist(), [training_text.phrases.log_odds >= 0 for training_text in training_texts]), 4
        ),
        bins=bins((1 / (1 + np.exp(-np.abs(scores)))).tolist(), (reactive == truth).tolist()),
    )
    return calibrated, quality


def _vocabulary(documents: Sequence[set[str]]) -> tuple[dict[str, int], Singles]:
    """Return the terms of two texts or more, at most 40,000, with their inverse document frequency."""
    counts: dict[str, int] = {}
    for document in documents:
        for term in document:
            counts[term] = counts.get(term, 0) + 1
    # Sorted by count, then by term: the order of the examples must not show in the model.
    common = sorted((-n, term) for term, n in counts.items() if n >= LEAST_DOCUMENTS)[:MOST_TERMS]
    idf = (np.log((1 + len(documents)) / (1 + np.array([-n for n, _ in common]))) + 1).astype(np.float32)
    return {term: position for position, (_, term) in enumerate(common)}, idf


def _matrix(
    documents: Sequence[set[str]], training_texts: Sequence[TrainingText], terms: dict[str, int], idf: Singles
) -> Any:
    sparse = importlib.import_module("scipy.sparse")
    rows = [sorted(terms[term] for term in document if term in terms) for document in documents]
    starts = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
    columns = np.array([column for row in rows for column in row], dtype=np.int64)
    counts = sparse.csr_matrix((idf[columns], columns, starts), shape=(len(documents), len(idf)))
    length = np.sqrt(counts.multiply(counts).sum(axis=1)).A1
    scaled = sparse.diags(1 / np.where(length, length, 1)) @ counts
    by_rules = sparse.csr_matrix(np.array([rule_features(row.phrases) for row in training_texts]))
    return sparse.hstack([scaled, by_rules]).tocsr()


def _regression(
    matrix: Any, training_texts: Sequence[TrainingText], truth: NDArray[np.bool_], seen: NDArray[np.bool_]
) -> Any:
    weight = np.array([PERSON_WEIGHT if training_text.by_person else 1.0 for training_text in training_texts])
    return _logistic(INVERSE_PENALTY).fit(matrix[seen], truth[seen], sample_weight=weight[seen])


def _logistic(inverse_penalty: float) -> Any:
    # Loaded here and nowhere else: deciding must start without scikit-learn.
    linear = importlib.import_module("sklearn.linear_model")
    return linear.LogisticRegression(C=inverse_penalty, solver="liblinear", random_state=0, max_iter=1000)


def _base(truth: NDArray[np.bool_]) -> float:
    share = truth.mean()
    return float(np.log(share / (1 - share)))
