from typing import Any

import pytest

from connectors.model import Link, Relation
from service.analysis.families.evidence import certain_keys
from tests.factory import ticket


def certain(relation: Relation, other: dict[str, Any], **given: Any) -> bool:
    """Whether ticket 1, which is linked to ticket 2, shares a key with the other ticket."""
    linked = ticket("1", links=(Link(relation=relation, target="2"),), **given)
    return bool(set(certain_keys(linked)) & set(certain_keys(ticket(**other))))


@pytest.mark.parametrize(
    ("relation", "expected"),
    [("duplicate_of", True), ("duplicated_by", True), ("parent", True), ("related", False), ("caused_by", False)],
)
def test_links_of_an_incident(relation: Relation, expected: bool) -> None:
    assert certain(relation, {"id_": "2"}, kind="incident") is expected


def test_the_parent_of_a_task_is_another_problem() -> None:
    assert not certain("parent", {"id_": "2"}, kind="task")


def test_the_same_problem_record_is_the_same_problem() -> None:
    assert certain("problem", {"id_": "3", "links": (Link(relation="problem", target="2"),)})
    assert not certain("problem", {"id_": "2"})


def test_two_duplicates_of_one_ticket_are_the_same() -> None:
    assert certain("duplicate_of", {"id_": "3", "links": (Link(relation="duplicate_of", target="2"),)})


def test_a_ticket_alone_has_its_own_key() -> None:
    assert len(certain_keys(ticket("1"))) == 1
    assert not set(certain_keys(ticket("1"))) & set(certain_keys(ticket("2")))
