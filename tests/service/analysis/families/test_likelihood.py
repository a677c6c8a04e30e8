"""The likelihood that two tickets are the same problem, by what they say, and where and when."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from connectors.model import Ticket
from service.analysis.families.candidates import DatedShape, ShapeTable
from service.analysis.families.likelihood import COEFFICIENTS, feature_values, features, log_odds, probability
from service.analysis.families.shape import shape_of
from service.analysis.families.similarity import unpack
from tests.factory import ticket

SAME = ticket(
    "1", title="Worker dies on CommitFailedException", description="Spout lost its partition", components=("kafka",)
)
STRANGERS = [ticket(str(number), title=f"Topic {number} of its own about {word}") for number, word in enumerate(
    ("payroll", "badges", "calendars", "scanners", "invoices", "routers"), 10
)]  # fmt: skip


def odds(second: Ticket) -> float:
    """Return the log-odds of SAME and a second ticket, among strangers."""
    built = table([SAME, second, *STRANGERS])
    first, last = sorted([shape.id for shape in built.shapes].index(number) for number in (0, 1))
    return float(log_odds(feature_values(built, np.array([first]), np.array([last])))[0])


def table(tickets: Sequence[Ticket]) -> ShapeTable:
    return ShapeTable([
        DatedShape(number, unpack(shape_of("desk", each).content), int(each.opened_at.timestamp()))
        for number, each in enumerate(tickets)
    ])  # fmt: skip


ALIKE = SAME.model_copy(update={"id": "2", "title": "CommitFailedException kills a worker of the spout"})


@pytest.mark.parametrize(
    "less",
    [
        {"title": "Worker dies in its sleep", "description": "No trace of it"},
        {"components": ("storm",)},
        {"opened_at": SAME.opened_at + timedelta(days=400)},
    ],
    ids=["fewer words", "elsewhere", "much later"],
)
def test_less_in_common_is_less_likely(less: dict[str, Any]) -> None:
    assert odds(ALIKE.model_copy(update=less)) < odds(ALIKE)


def test_it_does_not_matter_which_of_the_two_comes_first() -> None:
    built = table([SAME, ALIKE, *STRANGERS])

    there, back = (log_odds(feature_values(built, np.array(pair[:1]), np.array(pair[1:]))) for pair in ((0, 1), (1, 0)))

    assert there == pytest.approx(back)


def test_every_feature_is_weighed() -> None:
    values = features(table([SAME, ALIKE, *STRANGERS]), np.array([0, 0]), np.array([1, 2]))

    assert values.keys() == COEFFICIENTS.keys()
    assert all(np.isfinite(column).all() for column in values.values())


def test_no_pair_has_no_likelihood() -> None:
    nothing = np.zeros(0, np.int64)

    assert probability(log_odds(feature_values(table([SAME, ALIKE]), nothing, nothing))).shape == (0,)


def test_log_odds_become_probabilities() -> None:
    assert probability(np.array([0.0, np.log(3)])).tolist() == pytest.approx([0.5, 0.75])
