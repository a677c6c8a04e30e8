"""Learning from an organisation's own decided tickets, by scikit-learn, which is loaded here and nowhere else."""

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

LEAST_OF_A_NATURE = 200
LEAST_DOCUMENTS = 2
MOST_TERMS = 40_000
STRENGTH = 5.0
PERSON_WEIGHT = 3.0
UNPENALISED = 1e6


@dataclass(frozen=True, slots=True)
class TrainingText:
    """A text with the nature that was decided, and by whom."""

    text: TicketText
    evidence: PhraseScore
    is_reactive: bool
    by_person: bool


def train(examples: Iterable[Example], rules: Rules, least: int = LEAST_OF_A_NATURE) -> TrainedModel:
    """What these decided tickets teach, in whatever order they come; it takes seconds and bounded memory.

    People teach alone where they have told enough, else the systems' kinds teach as well. There is no model where
    either nature has fewer than `least` different titles, nor one that is no better than the shipped phrases alone.
    """
    sample = Sample()
    sample.take(examples)
    taught_by: Teacher = "people"
    kept = {nature: sample.labelled_by_people(nature) for nature in SIGN}
    if min(map(len, kept.values())) < least:
        taught_by, kept = "kinds", {nature: sample.told(nature) for nature in SIGN}
    fewest = min(kept, key=lambda nature: len(kept[nature]))
    if len(kept[fewest]) < least:
        why = f"{len(kept[fewest])} different {fewest} titles are decided, {least} are needed"
        return TrainedModel(sample.rates, None, None, why)
    model, quality = fit(_lessons([*kept["reactive"], *kept["proactive"]], rules), taught_by)
    if quality.macro_f1 <= quality.rules_macro_f1:
        return TrainedModel(sample.rates, None, quality, "the learnt model is no better than the shipped phrases")
    return TrainedModel(sample.rates, model, quality, None)


def fit(lessons: Sequence[TrainingText], taught_by: Teacher = "people") -> tuple[TextModel, Quality]:
    """The model of these lessons, and how good it is on texts that its parts had not seen.

    Same lessons in the same order: same model.
    """
    folds = np.array([fold_of(lesson.text) for lesson in lessons])
    truth = np.array([lesson.is_reactive for lesson in lessons])
    documents = [terms_of(lesson.text) for lesson in lessons]
    terms, idf = _vocabulary(documents)
    matrix = _matrix(documents, lessons, terms, idf)
    parts = [_regression(matrix, lessons, truth, folds != fold) for fold in range(FOLDS)]
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
    raw = unscaled.raw([one.text for one in lessons], [one.evidence for one in lessons], folds)
    return _measured(unscaled, raw, truth, lessons, taught_by)


def _lessons(examples: Sequence[Example], rules: Rules) -> list[TrainingText]:
    lexicon = rules.lexicon()
    texts = [ticket_text(example.ticket) for example in examples]
    return [
        TrainingText(text, score_phrases(lexicon.hits(text)), example.nature == "reactive", example.by == "person")
        for text, example in zip(texts, examples, strict=True)
    ]


def _measured(
    model: TextModel, raw: Floats, truth: NDArray[np.bool_], lessons: Sequence[TrainingText], taught_by: Teacher
) -> tuple[TextModel, Quality]:
    scale = _logistic(UNPENALISED).fit(raw[:, None], truth)
    slope, offset = float(scale.coef_[0, 0]), float(scale.intercept_[0])
    calibrated = replace(model, slope=slope, offset=offset)
    scores = calibrated.calibrated(raw)
    found = scores >= 0
    quality = Quality(
        n=len(lessons),
        taught_by=taught_by,
        macro_f1=round(macro_f1(truth.tolist(), found.tolist()), 4),
        rules_macro_f1=round(macro_f1(truth.tolist(), [one.evidence.log_odds >= 0 for one in lessons]), 4),
        bins=bins((1 / (1 + np.exp(-np.abs(scores)))).tolist(), (found == truth).tolist()),
    )
    return calibrated, quality


def _vocabulary(documents: Sequence[set[str]]) -> tuple[dict[str, int], Singles]:
    """The terms that stand in two texts or more, at most 40,000, with their inverse document frequency."""
    counts: dict[str, int] = {}
    for document in documents:
        for term in document:
            counts[term] = counts.get(term, 0) + 1
    common = sorted((-n, term) for term, n in counts.items() if n >= LEAST_DOCUMENTS)[:MOST_TERMS]
    idf = (np.log((1 + len(documents)) / (1 + np.array([-n for n, _ in common]))) + 1).astype(np.float32)
    return {term: place for place, (_, term) in enumerate(common)}, idf


def _matrix(documents: Sequence[set[str]], lessons: Sequence[TrainingText], terms: dict[str, int], idf: Singles) -> Any:
    sparse = importlib.import_module("scipy.sparse")
    found = [sorted(terms[term] for term in document if term in terms) for document in documents]
    starts = np.concatenate([[0], np.cumsum([len(one) for one in found])])
    columns = np.array([place for one in found for place in one], dtype=np.int64)
    counts = sparse.csr_matrix((idf[columns], columns, starts), shape=(len(documents), len(idf)))
    length = np.sqrt(counts.multiply(counts).sum(axis=1)).A1
    scaled = sparse.diags(1 / np.where(length, length, 1)) @ counts
    by_rules = sparse.csr_matrix(np.array([rule_features(one.evidence) for one in lessons]))
    return sparse.hstack([scaled, by_rules]).tocsr()


def _regression(
    matrix: Any, lessons: Sequence[TrainingText], truth: NDArray[np.bool_], known: NDArray[np.bool_]
) -> Any:
    weight = np.array([PERSON_WEIGHT if lesson.by_person else 1.0 for lesson in lessons])
    return _logistic(STRENGTH).fit(matrix[known], truth[known], sample_weight=weight[known])


def _logistic(strength: float) -> Any:
    linear = importlib.import_module("sklearn.linear_model")
    return linear.LogisticRegression(C=strength, solver="liblinear", random_state=0, max_iter=1000)


def _base(truth: NDArray[np.bool_]) -> float:
    share = truth.mean()
    return float(np.log(share / (1 - share)))
