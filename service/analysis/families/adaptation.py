"""Adaptation of the likelihood to the answers of an installation, held back towards the shipped weights."""

from dataclasses import dataclass

import numpy as np

from service.analysis.families.candidates import Flags, Floats
from service.analysis.families.likelihood import SHIPPED, Weights

# Measured by benchmarks/likelihood.py: 30 and 100 do about as well, on answers about three projects.
PENALTY = 100.0
"""How far a coefficient is held to the shipped one, in units of its feature's standard deviation."""
INTERCEPT_PENALTY = 5.0
"""How far the intercept is held: one answer moves the log-odds by a fifth at most."""
LEAST_PENALTY = 0.1
MOST_STEPS = 50
PRECISION = 1e-8
LEAST_STEP = 1e-6


@dataclass(frozen=True, slots=True)
class Candidates:
    """The means and the standard deviations of the features among all pairs that are compared."""

    means: Floats
    scales: Floats


@dataclass(frozen=True, slots=True)
class AnsweredPairs:
    """Pairs that people have answered: features a row, the log-odds that other evidence adds, True for the same."""

    values: Floats
    offsets: Floats
    same: Flags


def adapt(answers: AnsweredPairs, candidates: Candidates, prior: Weights = SHIPPED) -> Weights:
    """Return the weights that fit the answers best, held back towards the prior ones; those without an answer.

    The features are taken from their means among the candidates, so that an answer about one pair moves others by what
    is special about both. The maximum a posteriori of a logistic regression with a normal prior around the prior
    weights, by Newton's method (Bishop 2006, section 4.3.3).
    """
    if not len(answers.same):
        return prior
    centred = AnsweredPairs(answers.values - candidates.means, answers.offsets, answers.same)
    weights = np.concatenate([[prior.intercept + prior.coefficients @ candidates.means], prior.coefficients])
    fit = _Fit(centred, weights, np.concatenate([[INTERCEPT_PENALTY], PENALTY * candidates.scales**2]))
    for _ in range(MOST_STEPS):
        step = fit.step(weights)
        # Halved until it helps: far from the optimum a whole step of Newton's may lead away from it.
        while fit.loss(weights - step) > fit.loss(weights) and np.abs(step).max() > LEAST_STEP:
            step = step / 2
        weights = weights - step
        if np.abs(step).max() < PRECISION:
            break
    return Weights(float(weights[0] - weights[1:] @ candidates.means), weights[1:])


class _Fit:
    """The penalised likelihood of answers."""

    def __init__(self, answers: AnsweredPairs, prior: Floats, penalties: Floats) -> None:
        self._values = np.column_stack([np.ones(len(answers.same)), answers.values])
        self._offsets, self._same = answers.offsets, answers.same.astype(float)
        self._prior = prior
        # A feature that is the same in all candidates has no scale: without a penalty nothing would hold its weight.
        self._penalties = np.maximum(penalties, LEAST_PENALTY)

    def loss(self, weights: Floats) -> float:
        odds = self._values @ weights + self._offsets
        misfit = np.logaddexp(0, np.where(self._same > 0, -odds, odds)).sum()
        return float(misfit + (self._penalties * (weights - self._prior) ** 2).sum() / 2)

    def step(self, weights: Floats) -> Floats:
        """Return Newton's step: the gradient by the curvature."""
        likely = 1 / (1 + np.exp(-(self._values @ weights + self._offsets)))
        gradient = self._values.T @ (likely - self._same) + self._penalties * (weights - self._prior)
        curvature = self._values.T @ (self._values * (likely * (1 - likely))[:, None]) + np.diag(self._penalties)
        return np.asarray(np.linalg.solve(curvature, gradient))
