import hashlib
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from service.analysis.families.masking import mask
from service.analysis.families.shape import Shape, shape_of
from service.analysis.families.similarity import SAME, similarity
from tests.factory import ticket

SAID = "VPN gateway drops tunnel printer spooler hangs mailbox full KafkaSpout error timeout search after update 17"
WORDS = st.sampled_from(SAID.split())
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
def test_likeness_is_symmetric_and_between_0_and_1(one: Shape, other: Shape) -> None:
    assert similarity(one.content, other.content) == similarity(other.content, one.content)
    assert 0 <= similarity(one.content, other.content) <= 1


@given(shapes(), shapes())
def test_whoever_is_the_same_shares_a_key(one: Shape, other: Shape) -> None:
    if similarity(one.content, other.content) >= SAME:
        assert set(one.keys) & set(other.keys)


@given(shapes(), shapes())
def test_a_shared_anchor_is_the_same_without_comparing(one: Shape, other: Shape) -> None:
    if set(one.anchors) & set(other.anchors):
        assert similarity(one.content, other.content) >= SAME


@given(shapes(), shapes())
def test_equal_digests_are_the_same(one: Shape, other: Shape) -> None:
    if one.digest == other.digest:
        assert one.content == other.content
        assert one.anchors == other.anchors


@given(st.text(), st.text(max_size=5000))
def test_shapes_are_small(title: str, description: str) -> None:
    shape = shaped(title, description)
    assert len(shape.keys) <= 16
    assert len(shape.lookup_keys) <= 24
    assert len(shape.content) <= 1024
    assert all(-(2**63) <= key < 2**63 for key in shape.keys + shape.lookup_keys)


def test_volatile_parts_do_not_make_a_new_shape() -> None:
    one = shaped("Print spooler hangs on prn-03", "Since 09:12 no job of p-1042 leaves the queue.")
    other = shaped("Print spooler hangs on prn-07", "Since 16:40 no job of p-1111 leaves the queue.")
    assert one.digest == other.digest


def test_a_ticket_that_names_nothing_is_like_no_other() -> None:
    assert shape_of("desk", ticket("1", title="Help")).digest != shape_of("desk", ticket("2", title="Help")).digest
    assert not shaped("").keys
    assert not shaped("Problem", "Needed from 2026-03-02 on.").keys


def test_the_team_does_not_matter_and_the_source_does() -> None:
    here = shaped("Print spooler hangs", team="Workplace")
    assert here.digest == shaped("Print spooler hangs", team="Renamed").digest
    there = shape_of("other", ticket(title="Print spooler hangs"))
    assert here.digest != there.digest
    assert not set(here.keys) & set(there.keys)
    assert not set(here.lookup_keys) & set(there.lookup_keys)


def test_hashed_words_compare_as_words_do() -> None:
    told = [
        ("Print spooler hangs on prn-03", "Nothing leaves the queue."),
        ("Print spooler hangs on prn-07", "Users on floor 3 cannot print."),
        ("Category 42 / Subcategory 223", ""),
        ("Category 42 / Subcategory 223 / Symptom 534", ""),
    ]
    own = [shaped(title, text) for title, text in told]
    secret = [shaped(hashed(title), hashed(text)) for title, text in told]
    for first in range(4):
        for second in range(first):
            plain = similarity(own[first].content, own[second].content) >= SAME
            assert plain == (similarity(secret[first].content, secret[second].content) >= SAME)
