"""Bounds of single values: what is read, what is mended, and what is left out and noted."""

from datetime import timedelta
from typing import Any

import pytest

from connectors.drafts import MAX_SKEW, BadValue, Draft, Unmappable, count_of, finish, hours_of
from connectors.model import Refusal, Ticket
from connectors.omissions import Omissions
from connectors.texts import clean_id
from tests.factory import START, ticket


def noted(**changes: Any) -> tuple[Ticket, list[tuple[str, str, bool]]]:
    """Return the ticket of these values, and what was noted: field, cause, and if it was mended."""
    draft = Draft()
    made = draft.make_ticket(ticket().model_dump() | changes)
    return made, [(note.field, note.cause, note.mended) for note in draft.omissions]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("0", 0), ("7", 7), ("1.0", 1), ("1,0", 1), ("3.00", 3), ("1,024", 1024), ("12,345", 12345), ("1'024", 1024),
        ("1\u202f024", 1024), ("1,000", 1000), (" 5 ", 5),
        ("1.024", 1024), ("1 200", 1200), ("1.000.000", 1_000_000), ("12.500", 12500),
    ],
)  # fmt: skip
def test_a_counter_is_read_where_it_can_be_one_number_only(text: str, count: int) -> None:
    assert count_of(text) == count


@pytest.mark.parametrize(
    "text", ["0.024", "1.000", "-1", "1.5", "1,02", "NaN", "²", "many", "1e3", "1" * 5000, "3000000000"]
)
def test_another_counter_is_left_out_with_its_value(text: str) -> None:
    with pytest.raises(BadValue) as problem:
        count_of(text)
    assert problem.value.value == text


@pytest.mark.parametrize("seconds", [-1, 10**12, float("nan"), float("inf"), "60", None, True, [60]])
def test_absurd_hours_are_left_out(seconds: Any) -> None:
    with pytest.raises(BadValue, match="is not between 0 and 100,000 hours"):
        hours_of(seconds)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("INC1", "INC1"), (" INC1\u00a0", "INC1"), ("\ufeffINC\u200b1\u2060", "INC1"), ("INC\u30001", "INC 1"),
        ("INC\0001", "INC1"), ("INC\u20031\u2003", "INC 1"), ("a\t b", "a b"), ("Ärger 1", "Ärger 1"),
    ],
)  # fmt: skip
def test_an_id_has_no_invisible_characters(text: str, cleaned: str) -> None:
    assert clean_id(text) == cleaned


def test_ids_and_names_are_mended_and_noted() -> None:
    made, notes = noted(key="INC\u00a01\u200b", team="Desk\x07", title="a\0b\ufffd")
    assert (made.key, made.team, made.title) == ("INC 1", "Desk ", "a b\ufffd")
    invisible = "holds control or invisible characters"
    assert notes == [
        ("key", invisible, True),
        ("title", invisible, True),
        ("team", invisible, True),
        ("title", "holds characters that cannot be read", True),
    ]


@pytest.mark.parametrize("field", ["resolved_at", "closed_at"])
def test_an_end_before_the_start_is_mended_within_the_skew_of_clocks_and_else_left_out(field: str) -> None:
    made, notes = noted(opened_at=START, **{field: START - MAX_SKEW})
    assert (getattr(made, field), notes) == (START, [(field, "is just before opened_at", True)])
    made, notes = noted(opened_at=START, **{field: START - MAX_SKEW - timedelta(seconds=1)})
    assert (getattr(made, field), notes) == (None, [(field, "is before opened_at", False)])
    made, notes = noted(opened_at=START, **{field: START})
    assert (getattr(made, field), notes) == (START, [])


@pytest.mark.parametrize("error", [TypeError, RecursionError, MemoryError, AssertionError, OSError])
def test_whatever_a_mapper_raises_costs_its_ticket_and_is_logged(
    error: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    def make(_draft: Draft) -> Ticket:
        raise error("'NoneType' object is not subscriptable")

    result = finish("OPS-1", make, Omissions())
    assert isinstance(result, Refusal)
    assert (result.place, "NoneType" in result.reason) == ("OPS-1", False)
    assert [record.levelname for record in caplog.records] == ["ERROR"]


@pytest.mark.parametrize("field", ["status", "priority", "source_kind"])
def test_a_word_that_is_too_long_is_cut(field: str) -> None:
    made, notes = noted(**{field: "x" * 2000})

    assert getattr(made, field) == "x" * 500
    assert notes == [("kind" if field == "source_kind" else field, "is longer than 500 characters", True)]


def test_a_label_that_is_too_long_is_left_out_with_the_limit() -> None:
    made, notes = noted(team="x" * 501)

    assert made.team is None
    assert notes == [("team", "is longer than 500 characters", False)]


def test_a_key_that_is_too_long_refuses_the_ticket_with_the_limit() -> None:
    with pytest.raises(Unmappable, match=r"^key: is longer than 500 characters$"):
        noted(key="x" * 501)
