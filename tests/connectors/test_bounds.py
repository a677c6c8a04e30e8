"""Bounds of whatever a connector hands over: each value in the worst form that the model lets pass."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.bounds import bound_page, is_bounded
from connectors.model import LeftOut, Link, Page, Refusal, Sla, Ticket, Transition, Worklog
from tests.factory import START, at, moved, ticket

YEAR_9999 = datetime(9999, 12, 31, tzinfo=UTC)
YEAR_1 = datetime(1, 1, 1, tzinfo=UTC)
HALF = "\ud83d"


def bounded(odd: Ticket) -> tuple[Ticket, list[tuple[str, bool]]]:
    """Return a ticket within bounds, and the fields that were left out or mended."""
    page = bound_page(Page(tickets=(ticket("0"), odd), checkpoint={}))
    untouched, mended = page.tickets
    assert untouched == ticket("0")
    assert is_bounded(mended)
    mended.model_dump_json()
    return mended, list(dict.fromkeys((kind.field, kind.mended) for kind in page.left_out))


def changed(field: str, value: object) -> Ticket:
    """Return a ticket with one odd value."""
    return ticket().model_copy(update={field: value})


@pytest.mark.parametrize("time", [YEAR_9999, YEAR_1])
@pytest.mark.parametrize("field", ["updated_at", "resolved_at", "closed_at"])
def test_time_of_another_age_costs_its_field(field: str, time: datetime) -> None:
    mended, left_out = bounded(changed(field, time))
    assert left_out == [(field, False)]
    assert getattr(mended, field) == (mended.opened_at if field == "updated_at" else None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reopen_count", 2**40), ("reopen_count", -1), ("reassignment_count", 10**30), ("hours_logged", 1e12),
        ("hours_logged", float("inf")), ("resolved_at", START - timedelta(days=1)),
        ("closed_at", START - timedelta(days=1)),
    ],
)  # fmt: skip
def test_absurd_value_costs_its_field(field: str, value: object) -> None:
    mended, left_out = bounded(changed(field, value))
    assert (getattr(mended, field), left_out) == (None, [(field, False)])


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("title", "a\0b", "a b"), ("description", f"x{HALF}\n\ty", "x\ufffd\n\ty"), ("team", "Desk\x9b", "Desk "),
        ("status", f"{HALF}Open", "\ufffdOpen"), ("labels", ("a\x07", "ä"), ("a ", "ä")),
        ("key", "IN\0C\u200b1", "INC1"),
        ("components", (f"{HALF}",), ("\ufffd",)), ("id", " 7\u00a0", "7"),
    ],
)  # fmt: skip
def test_text_is_mended(field: str, value: object, expected: object) -> None:
    mended, left_out = bounded(changed(field, value))
    assert (getattr(mended, field), left_out) == (expected, [(field, True)])


def test_odd_parts_of_a_ticket_cost_themselves() -> None:
    steps = moved(1, "New", "Active"), Transition(at=YEAR_9999, field="status", old="Active", new="Closed")
    logs = Worklog(id="1", at=at(1), seconds=60), Worklog(id="2", at=at(1), seconds=10**12)
    slas = (Sla(id="1", name="s\0", started_at=at(2), stopped_at=at(1), due_at=YEAR_9999),)
    links = Link(relation="parent", target="\0"), Link(relation="child", target="\u200b2")
    mended, left_out = bounded(
        ticket(transitions=steps, worklogs=logs, slas=slas, links=links, history_is="history", closed_at=None)
    )
    assert (mended.transitions, mended.history_is) == (steps[:1], "truncated")
    assert mended.worklogs == logs[:1]
    assert mended.slas == (Sla(id="1", name="s ", started_at=at(2)),)
    assert mended.links == (Link(relation="child", target="2"),)
    assert sorted(left_out) == [
        ("links", True), ("slas", True), ("slas.due_at", False), ("slas.stopped_at", False), ("transitions", False),
        ("worklogs", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "reason"), [({"opened_at": YEAR_9999}, "opened_at: is not between"), ({"id": "\0"}, "id: is missing")]
)
def test_ticket_without_id_or_time_is_refused_alone(changes: dict[str, Any], reason: str) -> None:
    page = bound_page(Page(tickets=(ticket("0"), ticket(**changes)), checkpoint={"a": 1}, taken=7))
    assert (page.tickets, page.checkpoint, page.taken) == ((ticket("0"),), {"a": 1}, 6)
    assert [refusal.reason[: len(reason)] for refusal in page.refused] == [reason]


def test_ticket_that_nothing_has_validated_is_mended_or_refused() -> None:
    naive = Ticket.model_construct(**ticket("1").__dict__ | {"opened_at": START.replace(tzinfo=None)})
    page = bound_page(Page(tickets=(naive, Ticket.model_construct(key="INC9"), ticket("2")), checkpoint={}))
    assert page.tickets == (ticket("2"),)
    assert [refusal.reason for refusal in page.refused] == ["opened_at: has no time zone", "id: is missing"]


def test_notes_of_a_page_are_mended() -> None:
    odd = LeftOut(field="a\0", cause=HALF, tickets=1, example="b")
    page = bound_page(Page(tickets=(), checkpoint={}, refused=(Refusal(place="\0", reason=HALF),), left_out=(odd,)))
    assert page.refused == (Refusal(place=" ", reason="\ufffd"),)
    assert [(kind.field, kind.cause) for kind in page.left_out] == [("a ", "\ufffd")]


def test_page_within_bounds_is_the_same_object() -> None:
    page = Page(tickets=(ticket(description="Grüße\n°\u00a0€ 😀"), ticket("2", hours_logged=3.5)), checkpoint={})
    assert bound_page(page) is page


KINDS = {name: str(field.annotation) for name, field in Ticket.model_fields.items()}
ODD_BY_KIND = {"AwareDatetime": YEAR_9999, "tuple[str": ("a\x07",), "int": -1, "float": -1.0, "str": "a\x07"}
ODD = {
    field: next(odd for name, odd in ODD_BY_KIND.items() if name in kind)
    for field, kind in KINDS.items()
    if "Literal" not in kind and "connectors.model." not in kind
}


@pytest.mark.parametrize("field", ODD)
def test_no_field_escapes_the_bounds(field: str) -> None:
    assert not is_bounded(changed(field, ODD[field]))


@pytest.mark.parametrize("field", ["status", "priority", "source_kind"])
def test_words_of_any_connector_fit_the_index_of_the_database(field: str) -> None:
    page = bound_page(Page(tickets=(ticket().model_copy(update={field: "x" * 2000}),), checkpoint={}))

    assert getattr(page.tickets[0], field) == "x" * 500
    assert [kind.mended for kind in page.left_out] == [True]
