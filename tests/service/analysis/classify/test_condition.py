from typing import Any

import pytest

from connectors.model import Link
from service.analysis.classify.condition import Condition, reopens_of
from tests.factory import moved, ticket

RICH: dict[str, Any] = {
    "kind": "incident", "source_kind": "Incident", "title": "Door [north]", "team": "Facilities", "service": "Doors",
    "category": "Locks", "project": "OPS", "components": ("hinge", "lock"), "labels": ("urgent",),
    "links": (Link(relation="caused_by", target="7"),),
}  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "holds"),
    [
        ({"kind": "incident"}, True),
        ({"kind": ["request", "alert"]}, False),
        ({"source_kind": "^inc"}, True),
        ({"title": r"\[NORTH\]"}, True),
        ({"team": "Facil"}, True),
        ({"service": "Gates"}, False),
        ({"category": "locks"}, True),
        ({"project": "^OPS$"}, True),
        ({"component": "^lock$"}, True),
        ({"label": "urgent"}, True),
        ({"links": "caused_by"}, True),
        ({"links": ["problem"]}, False),
        ({"change_type": "."}, False),
        ({"reopens": 1}, False),
        ({"kind": "incident", "team": "Network"}, False),
    ],
)
def test_every_given_field_must_match(fields: dict[str, Any], holds: bool) -> None:
    assert Condition.model_validate(fields).holds(ticket(**RICH)) is holds


def test_a_condition_on_kinds_alone_repeats_the_source_kind() -> None:
    assert Condition.model_validate({"kind": "change", "change_type": "normal"}).repeats_source_kind
    assert not Condition.model_validate({"kind": "change", "links": "caused_by"}).repeats_source_kind


def test_reopens_come_from_the_history_else_from_the_counter() -> None:
    back = (moved(1, "New", "Resolved"), moved(2, "Resolved", "Active"), moved(3, "Active", "Closed"))
    assert reopens_of(ticket(transitions=back)) == 1
    assert reopens_of(ticket(transitions=back[:1], reopen_count=4)) == 0
    assert reopens_of(ticket(history_is="counter", reopen_count=4)) == 4
    assert reopens_of(ticket(history_is="none")) == 0
