import pytest

from connectors.model import StatusCategory, UnknownWord
from connectors.states import category_of, settle


@pytest.mark.parametrize(
    ("label", "category"),
    [
        ("In Progress", "active"),
        ("Root Cause Analysis", "active"),
        ("Scheduled", "active"),
        ("In Bearbeitung", "active"),
        ("Reassigned", "active"),
        ("Unresolved", "active"),
        ("Unassigned", "new"),
        ("Registered", "new"),
        ("Inactive", "closed"),
        ("Won't Fix", "cancelled"),
        ("Solved", "resolved"),
        ("Closed - cancelled", "cancelled"),
        ("-100", "unknown"),
        ("Network change", "unknown"),
        ("Somewhere", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_status_that_no_word_explains_is_unknown(label: str, category: StatusCategory) -> None:
    assert category_of(label) == category


def test_an_unknown_status_of_a_ticket_that_has_ended_is_closed() -> None:
    assert settle("unknown", has_ended=True) == "closed"
    assert settle("unknown", has_ended=False) == "unknown"
    assert settle("active", has_ended=True) == "active"


def test_a_word_says_what_can_be_done() -> None:
    assert UnknownWord(field="status", word="Odd", tickets=1_200).text == (
        'status "Odd" of 1,200 tickets is not understood: map it in STATUS_MAP.'
    )
    assert UnknownWord(field="priority", word="Whenever", tickets=1).text == (
        'priority "Whenever" of 1 ticket is not understood.'
    )
