"""Likelihood that two tickets are the same problem: learnt and measured on pairs that people have linked.

python -m benchmarks.likelihood. Needs the replay bench's data. Each project is scored by what the two others teach;
links are withheld everywhere. The last lines are the numbers that the product ships, learnt on all three.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from itertools import combinations
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.jira_projects import DATA, PROJECTS, Project, connected, read_project
from service.analysis.families.adaptation import AnsweredPairs, Candidates, adapt
from service.analysis.families.candidates import DatedShape, Flags, Floats, Integers, ShapeTable, candidate_pairs
from service.analysis.families.duplicates import is_marked_duplicate
from service.analysis.families.likelihood import COEFFICIENTS, MARKED, Weights, feature_values, log_odds
from service.analysis.families.shape import Shape, shape_of
from service.analysis.families.similarity import SAME, similarity, unpack

INVERSE_PENALTY = 0.01
LOOK_BACK_DAYS = 182
QUEUE = 100
MOST_PROBABLE = 0.999
JOINED_PAIRS = range(100, 1000, 25)
DAY = 86400


@dataclass(frozen=True)
class Examples:
    """The candidate pairs of one project with their features, and what people say of them."""

    project: Project
    shapes: Sequence[Shape]
    table: ShapeTable
    first: NDArray[np.int64]
    second: NDArray[np.int64]

    @cached_property
    def values(self) -> Floats:
        """The features, one row a pair."""
        return feature_values(self.table, self.first, self.second)

    @cached_property
    def linked(self) -> Flags:
        """The pairs that people have linked."""
        return np.array([pair in self.project.duplicates for pair in self.pairs])

    @cached_property
    def similarities(self) -> Floats:
        """The similarity of each pair, by which the product joins families."""
        contents = [shape.content for shape in self.shapes]
        return np.array([similarity(contents[first], contents[second]) for first, second in self.pairs])

    @cached_property
    def marked(self) -> Floats:
        """1 for each pair of which people closed a ticket as a duplicate."""
        flags = self.table.marked
        return np.asarray((flags[self.first] | flags[self.second]).astype(float))

    @cached_property
    def days(self) -> Floats:
        """The time between the two tickets of each pair."""
        opened_at = self.table.opened_at
        return np.asarray((opened_at[self.second] - opened_at[self.first]) / DAY)

    @cached_property
    def pairs(self) -> list[tuple[int, int]]:
        """The positions of the tickets of each pair."""
        return list(zip(self.first.tolist(), self.second.tolist(), strict=True))

    @cached_property
    def anchored(self) -> Flags:
        """The pairs that share an anchor: they are joined without comparison, and teach nothing."""
        anchors = [shape.content.anchors for shape in self.table.shapes]
        return np.array([not anchors[first].isdisjoint(anchors[second]) for first, second in self.pairs])


def main() -> int:
    """Print the figures and return the exit code, which is 0 without data, too."""
    if not DATA.is_dir():
        print(f"no data: {DATA} is not there")
        return 0
    begin = process_time()
    examples = [_examples(read_project(name)) for name in PROJECTS]
    pairs = sum(len(example.first) for example in examples)
    tickets = sum(len(example.shapes) for example in examples)
    cost = (process_time() - begin) / tickets * 1e3
    print(f"{pairs / tickets:.1f} candidates a ticket; {cost:.2f} ms of CPU a ticket, with reading it")
    _print_meetings(examples)
    probabilities = [_learn(_without(examples, example))(example) for example in examples]
    _print_recall(examples, probabilities)
    _print_queue(examples, probabilities)
    _print_estimates(examples, probabilities)
    _print_learning(examples)
    _print_numbers(examples)
    return 0


def _print_meetings(examples: Sequence[Examples]) -> None:
    true = sum(len(example.project.duplicates) for example in examples)
    by_words = sum(int(example.linked.sum()) for example in examples)
    by_keys = sum(
        not set(example.shapes[first].keys).isdisjoint(example.shapes[second].keys)
        for example in examples for first, second in example.project.duplicates
    )  # fmt: skip
    print(f"linked pairs that meet: {by_words} of {true}; by the keys of families {by_keys}")


def _examples(project: Project) -> Examples:
    shapes = [shape_of("jira", ticket) for ticket in project.tickets]
    dated = [
        DatedShape(
            position, unpack(shape.content), int(ticket.opened_at.timestamp()),
            is_marked_duplicate(ticket, has_ended=True),
        )
        for position, (shape, ticket) in enumerate(zip(shapes, project.tickets, strict=True))
    ]  # fmt: skip
    table = ShapeTable(dated)
    return Examples(project, shapes, table, *candidate_pairs(table))


def _without(examples: Sequence[Examples], left_out: Examples) -> list[Examples]:
    return [example for example in examples if example is not left_out]


def _learn(examples: Sequence[Examples]) -> Callable[[Examples], Floats]:
    weights, intercept = _regression(examples)
    return lambda example: np.asarray(1 / (1 + np.exp(-(example.values @ weights + intercept))))


def _regression(examples: Sequence[Examples]) -> tuple[Floats, float]:
    """Return (the weight of each feature, the intercept), learnt from pairs without an anchor."""
    values = np.concatenate([example.values[~example.anchored] for example in examples])
    linked = np.concatenate([example.linked[~example.anchored] for example in examples])
    # Scaled for the penalty alone: what is shipped weighs the features as they are.
    middle, scale = values.mean(axis=0), values.std(axis=0)
    model: Any = import_module("sklearn.linear_model").LogisticRegression(C=INVERSE_PENALTY, max_iter=1000)
    model.fit((values - middle) / scale, linked)
    weights = model.coef_[0] / scale
    return weights, float(model.intercept_[0] - weights @ middle)


def _print_recall(examples: Sequence[Examples], probabilities: Sequence[Floats]) -> None:
    today = _joined(examples, [example.similarities >= SAME for example in examples])
    scores = [np.where(example.anchored, 2.0, p) for example, p in zip(examples, probabilities, strict=True)]
    ranked = np.sort(np.concatenate(scores))[::-1]
    best = max(
        (counts[0], counts)
        for counts in (_joined(examples, [score >= ranked[n] for score in scores]) for n in JOINED_PAIRS)
        if counts[0] / counts[1] >= today[0] / today[1]
    )[1]
    print(f"linked pairs in families, by the links' precision of today's: {today[0]} of {today[1]}; likelihood {best}")


def _joined(examples: Sequence[Examples], joins: Sequence[Flags]) -> tuple[int, int]:
    """Return (the linked pairs within families, all pairs within them)."""
    right = together = 0
    for example, join in zip(examples, joins, strict=True):
        for family in _families(example, join):
            pairs = set(combinations(sorted(family), 2))
            right, together = right + len(pairs & example.project.duplicates), together + len(pairs)
    return right, together


def _families(example: Examples, join: Flags) -> list[list[int]]:
    edges = [(*example.pairs[index], 1.0) for index in np.flatnonzero(join)]
    return connected(len(example.shapes), edges, 1.0)


def _print_queue(examples: Sequence[Examples], probabilities: Sequence[Floats]) -> None:
    plain, marked = [], []
    for example, probability in zip(examples, probabilities, strict=True):
        weights = _mark_weight(_without(examples, example), dict(zip(map(id, examples), probabilities, strict=True)))
        odds = np.log(probability / (1 - probability))
        plain += _questions(example, odds)
        marked += _questions(example, odds + weights * example.marked)
    for name, questions in (("by text", plain), ("with what people closed as duplicates", marked)):
        first = sorted(questions, reverse=True)[:QUEUE]
        print(f"first {QUEUE} of the queue {name}: {sum(linked for _, linked in first)} linked")


def _mark_weight(examples: Sequence[Examples], probabilities: Mapping[int, Floats]) -> float:
    """Return by how much it raises the log-odds of a pair that people closed one of its tickets as a duplicate."""
    odds = np.concatenate([np.log((p := probabilities[id(example)]) / (1 - p)) for example in examples])
    marked = np.concatenate([example.marked for example in examples])
    linked = np.concatenate([example.linked for example in examples])
    model: Any = import_module("sklearn.linear_model").LogisticRegression(C=1.0)
    model.fit(np.stack([odds, marked], axis=1), linked)
    return float(model.coef_[0][1] / model.coef_[0][0])


def _questions(example: Examples, urgency: Floats) -> list[tuple[float, bool]]:
    """Return (urgency, linked) of the best pair of each two families, by today's families."""
    family_of = {
        member: number
        for number, members in enumerate(_families(example, example.similarities >= SAME)) for member in members
    }  # fmt: skip
    best: dict[tuple[int, int], tuple[float, bool]] = {}
    for index in np.argsort(-urgency, kind="stable")[: 20 * QUEUE]:
        low, high = sorted(family_of[position] for position in example.pairs[index])
        if low != high:
            best.setdefault((low, high), (float(urgency[index]), bool(example.linked[index])))
    return list(best.values())


def _print_estimates(examples: Sequence[Examples], probabilities: Sequence[Floats]) -> None:
    for title, least, most in (("at any time", 0.0, np.inf), ("1 to 182 days earlier", 1.0, float(LOOK_BACK_DAYS))):
        errors = []
        for example, probability in zip(examples, probabilities, strict=True):
            anchored = np.concatenate([taught.linked[taught.anchored] for taught in _without(examples, example)]).mean()
            likely = np.where(example.anchored, anchored, np.minimum(probability, MOST_PROBABLE))
            near = (example.days >= least) & (example.days <= most)
            none = np.zeros(len(example.shapes))
            np.add.at(none, example.second[near], np.log1p(-likely[near]))
            linked = np.unique(_linked_later(example, least, most)).size
            estimated = float((1 - np.exp(none)).sum())
            errors.append(100 * (estimated - linked) / len(example.shapes))
            print(f"{example.project.name}: {estimated:.0f} repeats estimated, {linked} linked, {title}")
        print(f"mean error {np.abs(errors).mean():.2f} points")


def _print_learning(examples: Sequence[Examples]) -> None:
    """Print what the answers about the first pairs of the queue of a project do for the next ones."""
    for example in examples:
        weights, intercept = _regression(_without(examples, example))
        taught = Weights(intercept, weights)
        first, rest = _first_of_queue(example, taught)
        answers = AnsweredPairs(example.values[first], MARKED * example.marked[first], example.linked[first])
        learnt = adapt(answers, Candidates(example.values.mean(axis=0), example.values.std(axis=0)), taught)
        linked = [int(example.linked[_best_first(example, each, rest)[:QUEUE]].sum()) for each in (taught, learnt)]
        losses = [_loss(example, each, _best_first(example, taught, rest)[:QUEUE]) for each in (taught, learnt)]
        print(
            f"{example.project.name}, after {QUEUE} answers: the next {QUEUE} hold {linked[1]} linked, {linked[0]} "
            f"without; log loss {losses[1]:.3f}, {losses[0]:.3f} without"
        )


def _first_of_queue(example: Examples, weights: Weights) -> tuple[Integers, Integers]:
    """Return (the first pairs of the queue, the other pairs of different families)."""
    family_of = {
        member: number
        for number, members in enumerate(_families(example, example.similarities >= SAME)) for member in members
    }  # fmt: skip
    apart = np.array(
        [index for index, (first, second) in enumerate(example.pairs) if family_of[first] != family_of[second]]
    )
    queue = _best_first(example, weights, apart)
    return queue[:QUEUE], queue[QUEUE:]


def _best_first(example: Examples, weights: Weights, pairs: Integers) -> Integers:
    return pairs[np.argsort(-_odds(example, weights, pairs), kind="stable")]


def _odds(example: Examples, weights: Weights, pairs: Integers) -> Floats:
    return log_odds(example.values[pairs], weights) + MARKED * example.marked[pairs]


def _loss(example: Examples, weights: Weights, pairs: Integers) -> float:
    odds = _odds(example, weights, pairs)
    return float(np.logaddexp(0, np.where(example.linked[pairs], -odds, odds)).mean())


def _linked_later(example: Examples, least: float, most: float) -> list[int]:
    opened_at = example.table.opened_at
    return [
        second for first, second in example.project.duplicates
        if least <= (opened_at[second] - opened_at[first]) / DAY <= most
    ]  # fmt: skip


def _print_numbers(examples: Sequence[Examples]) -> None:
    weights, intercept = _regression(examples)
    print(f"\nINTERCEPT = {intercept:.4f}")
    for name, weight in zip(COEFFICIENTS, weights, strict=True):
        print(f'        "{name}": {weight:.4f},')
    fitted = {id(example): _learn(examples)(example) for example in examples}
    print(f"MARKED = {_mark_weight(examples, fitted):.4f}")


if __name__ == "__main__":
    sys.exit(main())
