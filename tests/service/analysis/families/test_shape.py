import hashlib
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.model import Link, Relation
from service.analysis.families.masking import mask
from service.analysis.families.shape import Shape, certain_keys, shape_of
from service.analysis.families.similarity import SAME, similarity
from tests.factory import ticket

PHRASES = "VPN gateway drops tunnel printer spooler hangs mailbox full KafkaSpout error timeout search after update 17"
WORDS = st.sampled_from(PHRASES.split())
TEXTS = st.lists(WORDS, max_size=7).map(" ".join)
PLACES = st.sampled_from([None, "Printing", "Remote Access"])


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    return shape_of(
        "desk",
        ticket(
            draw(st.sampled_from("12345")),
            title=draw(TEXTS),
            description=". ".join(draw(st.lists(TEXTS, max_size=3))),
            service=draw(PLACES),
            category=draw(PLACES),
        ),
    )


def shaped(title: str, description: str = "", **given: Any) -> Shape:
    return shape_of("desk", ticket(title=title, description=description, **given))


def hashed(text: str) -> str:
    return re.sub(r"\w+", lambda word: hashlib.sha256(word[0].lower().encode()).hexdigest()[:10], mask(text))


@given(shapes(), shapes())
def test_likeness_is_symmetric_and_between_0_and_1(sample_shape: Shape, right: Shape) -> None:
    assert similarity(sample_shape.content, right.content) == similarity(right.content, sample_shape.content)
    assert 0 <= similarity(sample_shape.content, right.content) <= 1


@given(shapes(), shapes())
def test_whoever_is_the_same_shares_a_key(sample_shape: Shape, right: Shape) -> None:
    if similarity(sample_shape.content, right.content) >= SAME:
        assert set(sample_shape.keys) & set(right.keys)


@given(shapes(), shapes())
def test_a_shared_anchor_is_the_same_without_comparing(sample_shape: Shape, right: Shape) -> None:
    if set(sample_shape.anchors) & set(right.anchors):
        assert similarity(sample_shape.content, right.content) >= SAME


@given(shapes(), shapes())
def test_equal_digests_are_the_same(sample_shape: Shape, right: Shape) -> None:
    if sample_shape.digest == right.digest:
        assert sample_shape.content == right.content
        assert sample_shape.anchors == right.anchors


@given(st.text(), st.text(max_size=5000))
def test_shapes_are_small(title: str, description: str) -> None:
    shape = shaped(title, description)
    assert len(shape.keys) <= 16
    assert len(shape.lookup_keys) <= 24
    assert len(shape.content) <= 1024
    assert all(-(2**63) <= key < 2**63 for key in shape.keys + shape.lookup_keys)


def test_volatile_parts_do_not_make_a_new_shape() -> None:
    sample = shaped("Print spooler hangs on prn-03", "Since 09:12 no job of p-1042 leaves the queue.")
    right = shaped("Print spooler hangs on prn-07", "Since 16:40 no job of p-1111 leaves the queue.")
    assert sample.digest == right.digest


def test_a_ticket_that_names_nothing_is_similar_to_none() -> None:
    assert shape_of("desk", ticket("1", title="Help")).digest != shape_of("desk", ticket("2", title="Help")).digest
    assert not shaped("").keys
    assert not shaped("Problem", "Needed from 2026-03-02 on.").keys


@pytest.mark.parametrize(
    ("left", "right"), [("PROD67", "PROD473"), ("PROD67", "PROD67"), ("SRV01 DISK02", "SRV07 DISK09")]
)
def test_a_code_alone_joins_no_tickets(left: str, right: str) -> None:
    first, second = shape_of("s", ticket(id="1", title=left)), shape_of("s", ticket(id="2", title=right))
    assert first.digest != second.digest
    assert not {*first.keys} & {*second.keys}
    assert similarity(first.content, second.content) < SAME


def test_a_code_with_a_text_that_says_what_failed_joins_them() -> None:
    text = "The nightly export of invoices stopped with a full disk."
    assert {*shaped("PROD67", text).keys} & {*shaped("PROD473", text).keys}


def test_the_team_does_not_matter_and_the_source_does() -> None:
    shape = shaped("Print spooler hangs", team="Workplace")
    assert shape.digest == shaped("Print spooler hangs", team="Renamed").digest
    there = shape_of("other", ticket(title="Print spooler hangs"))
    assert shape.digest != there.digest
    assert not set(shape.keys) & set(there.keys)
    assert not set(shape.lookup_keys) & set(there.lookup_keys)


def test_hashed_words_compare_as_words_do() -> None:
    texts = [
        ("Print spooler hangs on prn-03", "Nothing leaves the queue."),
        ("Print spooler hangs on prn-07", "Users on floor 3 cannot print."),
        ("Category 42 / Subcategory 223", ""),
        ("Category 42 / Subcategory 223 / Symptom 534", ""),
    ]
    plain_shapes = [shaped(title, text) for title, text in texts]
    secret = [shaped(hashed(title), hashed(text)) for title, text in texts]
    for first in range(4):
        for second in range(first):
            plain = similarity(plain_shapes[first].content, plain_shapes[second].content) >= SAME
            assert plain == (similarity(secret[first].content, secret[second].content) >= SAME)


def certain(relation: Relation, second: dict[str, Any], **given: Any) -> bool:
    """Return whether ticket 1, which is linked to ticket 2, shares a certain key with the other ticket."""
    linked = ticket("1", links=(Link(relation=relation, target="2"),), **given)
    return bool(set(certain_keys(linked)) & set(certain_keys(ticket(**second))))


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
