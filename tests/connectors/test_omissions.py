"""Counts of the values that were left out: by field and cause, bounded, with one example each."""

from connectors.drafts import BadValue, Draft
from connectors.model import LeftOut, Worklog
from connectors.omissions import MAX_KINDS, MAX_VALUE, MORE_FIELDS, Omission, Omissions
from tests.factory import START


def test_a_ticket_counts_once_per_field_and_cause_and_the_first_is_the_example() -> None:
    omissions = Omissions()
    omissions.add("OPS-1", [Omission("due_at", "is not a time", "soon"), Omission("due_at", "is not a time", "later")])
    omissions.add("OPS-2", [Omission("due_at", "is not a time", "never"), Omission("labels", "is not a list")])
    first, second = omissions.take()
    assert first == LeftOut(field="due_at", cause="is not a time", tickets=2, example='OPS-1 "soon"')
    assert second == LeftOut(field="labels", cause="is not a list", tickets=1, example="OPS-2")
    assert first.text == 'left out: due_at is not a time in 2 tickets, e.g. OPS-1 "soon"'
    assert omissions.take() == ()


def test_the_number_of_kinds_is_bounded_and_no_ticket_is_lost() -> None:
    omissions = Omissions()
    for number in range(3 * MAX_KINDS):
        omissions.add(f"OPS-{number}", [Omission("hours", f"cause {number}")])
    kinds = omissions.take()
    assert len(kinds) == MAX_KINDS + 1
    assert sum(kind.tickets for kind in kinds) == 3 * MAX_KINDS
    assert kinds[0].field == MORE_FIELDS


def test_an_example_is_short_and_printable() -> None:
    omissions = Omissions()
    omissions.add("OPS-1", [Omission("due_at", "is not a time", "a\0b\n" + 1000 * "c")])
    (kind,) = omissions.take()
    assert kind.example.isprintable()
    assert len(kind.example) <= len('OPS-1 ""') + MAX_VALUE


def test_a_draft_notes_the_field_the_cause_and_the_value() -> None:
    draft = Draft()

    def read(value: str) -> int:
        raise BadValue("is not a number", value)

    assert draft.attempt("reopen_count", None, read, "many") is None
    assert draft.collect("labels", str, {"no": "list"}) == ()
    assert draft.collect("worklogs", lambda log: Worklog(id="1", at=START, seconds=log), [5, -5])[0].seconds == 5
    assert [(note.field, note.cause, note.value) for note in draft.omissions] == [
        ("reopen_count", "is not a number", "many"),
        ("labels", "is not a list", None),
        ("worklogs.seconds", "has an unexpected form", None),
    ]
