"""The likelihood after answers: it moves towards them, the more the more there are, and is the same every time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.analysis.families.adaptation import AnsweredPairs, Candidates, adapt
from service.analysis.families.likelihood import COEFFICIENTS, SHIPPED, log_odds, probability

FEATURES = len(COEFFICIENTS)
CANDIDATES = Candidates(np.zeros(FEATURES), np.ones(FEATURES))


def answers(same: int, different: int, seed: int = 1) -> AnsweredPairs:
    """Return answers about random pairs, some of which people called the same."""
    values = np.random.default_rng(seed).normal(size=(same + different, FEATURES))
    return AnsweredPairs(values, np.zeros(len(values)), np.arange(len(values)) < same)


def mean_probability(pairs: AnsweredPairs, taught: AnsweredPairs) -> float:
    return float(probability(log_odds(pairs.values, adapt(taught, CANDIDATES))).mean())


def test_without_answers_the_shipped_weights_remain() -> None:
    assert adapt(answers(0, 0), CANDIDATES) is SHIPPED


def test_the_more_answers_the_nearer_to_their_share() -> None:
    pairs = answers(150, 50)
    distances = [abs(mean_probability(pairs, answers(3 * n, n)) - 0.75) for n in (0, 5, 500)]

    assert distances == sorted(distances, reverse=True)
    assert distances[-1] == pytest.approx(0, abs=0.05)


def test_other_evidence_is_not_learnt_twice() -> None:
    plain = answers(20, 20)
    explained = AnsweredPairs(plain.values, np.where(plain.same, 12.0, -12.0), plain.same)

    moved = [np.abs(adapt(each, CANDIDATES).coefficients - SHIPPED.coefficients).max() for each in (plain, explained)]

    assert moved[1] < moved[0]


@settings(max_examples=30)
@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 1000), st.floats(0, 1e6))
def test_weights_are_finite_and_the_same_every_time(same: int, different: int, seed: int, scale: float) -> None:
    candidates = Candidates(np.full(FEATURES, 0.5), np.full(FEATURES, scale))
    first, again = (adapt(answers(same, different, seed), candidates) for _ in range(2))

    assert np.isfinite([first.intercept, *first.coefficients]).all()
    assert first.intercept == again.intercept
    assert np.array_equal(first.coefficients, again.coefficients)


def test_one_answer_moves_a_likely_pair_little() -> None:
    pairs = answers(1, 0)
    likely = AnsweredPairs(pairs.values, pairs.offsets - log_odds(pairs.values) + 2.2, np.array([False]))

    moved = log_odds(pairs.values, adapt(likely, CANDIDATES)) - log_odds(pairs.values)

    assert -0.5 < moved[0] < -0.1
