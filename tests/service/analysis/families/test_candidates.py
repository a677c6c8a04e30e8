"""Candidates: which shapes are compared, and with how many others at most."""

import random
from collections.abc import Sequence

import pytest

from connectors.model import Ticket
from service.analysis.families import candidates
from service.analysis.families.candidates import DatedShape, ShapeTable, candidate_pairs
from service.analysis.families.shape import shape_of
from service.analysis.families.similarity import compatible, unpack
from tests.factory import ticket

TOPICS = ("gateway", "scanner", "printer", "invoice", "badge", "router", "payroll", "calendar")
PLACES = (("mail", "alpha"), ("mail", None), (None, "beta"), (None, None), ("desk", "alpha"))


def dated(tickets: Sequence[Ticket]) -> list[DatedShape]:
    return [
        DatedShape(number, unpack(shape_of("desk", each).content), int(each.opened_at.timestamp()))
        for number, each in enumerate(tickets)
    ]


def pairs_of(shapes: Sequence[DatedShape]) -> set[tuple[int, int]]:
    table = ShapeTable(shapes)
    return {(table.shapes[i].id, table.shapes[j].id) for i, j in zip(*candidate_pairs(table), strict=True)}


def random_tickets(count: int) -> list[Ticket]:
    rng = random.Random(7)
    return [
        ticket(
            str(number), title=" ".join(rng.sample(TOPICS, 3)), description=" ".join(rng.sample(TOPICS, 4)),
            service=service, category=category,
        )
        for number in range(count) for service, category in [rng.choice(PLACES)]
    ]  # fmt: skip


def test_titles_that_share_a_single_word_of_many_meet() -> None:
    first = ticket("1", title="Reports of the payroll module never arrive at night")
    second = ticket("2", title="Employees wait for wages", description="Nothing came out of payroll this month")
    third = ticket("3", title="Coffee machine leaks")

    assert pairs_of(dated([first, second, third])) == {(0, 1)}


def test_the_order_in_which_shapes_are_given_changes_nothing() -> None:
    shapes = dated(random_tickets(60))
    shuffled = random.Random(3).sample(shapes, len(shapes))

    assert pairs_of(shuffled) == pairs_of(shapes)


def test_only_places_that_can_be_the_same_meet() -> None:
    shapes = dated(random_tickets(60))
    sharing = {
        (first.id, second.id) for first in shapes for second in shapes
        if first.id < second.id and first.content.text & second.content.text
        and compatible(first.content, second.content)
    }  # fmt: skip

    assert pairs_of(shapes) == sharing


def test_a_shape_has_a_bounded_number_of_candidates_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "MOST_CANDIDATES", 2)
    alike = [ticket(str(number), title=f"gateway rejects {word}") for number, word in enumerate(TOPICS[1:5])]
    shapes = dated([*alike, ticket("9", title="gateway rejects scanner invoice")])

    assert {first for first, second in pairs_of(shapes) if second == 4} == {0, 2}


def test_words_of_too_many_shapes_bring_nothing_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "MOST_HOLDERS", 3)
    common = [ticket(str(number), title=f"gateway {word}") for number, word in enumerate(TOPICS[1:6])]

    assert pairs_of(dated([*common, ticket("9", title="gateway badge")])) == {(3, 5)}
