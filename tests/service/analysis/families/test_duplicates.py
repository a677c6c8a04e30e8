"""Tests of what people say when they close a ticket as a duplicate."""

from typing import Any

import pytest

from connectors.model import Link
from service.analysis.families.duplicates import is_marked_duplicate
from tests.factory import ticket


def marked(*, has_ended: bool = True, **given: Any) -> bool:
    return is_marked_duplicate(ticket(**given), has_ended=has_ended)


@pytest.mark.parametrize(
    "given",
    [
        {"resolution_code": "Duplicate"},
        {"resolution_code": "Closed/Duplicate"},
        {"resolution_code": "Doublon"},
        {"resolution_code": "Duplikat"},
        {"resolution_code": "Duplicado"},
        {"resolution": "duplicate"},
        {"resolution": "Closed as a duplicate of INC0012, see there for the progress."},
        {"resolution": "Duplikat von INC0012, bitte dort weiterlesen."},
        {"links": (Link(relation="duplicate_of", target="2"),)},
        {"links": (Link(relation="parent", target="2"),)},
    ],
)
def test_people_mark_duplicates_by_code_text_or_link(given: dict[str, Any]) -> None:
    assert marked(**given)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"resolution_code": "Fixed"},
        {"resolution_code": "Not a duplicate"},
        {"resolution": "Removed the duplicate entry of the user from the directory."},
        {"resolution": "Duplicate users were deleted and the import ran again."},
        {"links": (Link(relation="duplicated_by", target="2"),)},
        {"links": (Link(relation="related", target="2"),)},
        {"kind": "task", "links": (Link(relation="parent", target="2"),)},
    ],
)
def test_what_only_speaks_of_duplicates_marks_none(given: dict[str, Any]) -> None:
    assert not marked(**given)


def test_a_closing_counts_once_the_ticket_has_ended() -> None:
    assert not marked(has_ended=False, resolution_code="Duplicate")
    assert marked(has_ended=False, links=(Link(relation="duplicate_of", target="2"),))
