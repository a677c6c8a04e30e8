"""JSON with a value that JSON does not know: the value is mended, everything around it is read."""

import json
import math
import time
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.parsing import MAX_DEPTH, count_values, parse_json

MENDED: list[tuple[str, bytes, Any]] = [
    ("half a pair", rb'"cut \ud83d"', "cut \ufffd"),
    ("the other half", rb'"\uDE00 cut"', "\ufffd cut"),
    ("a pair beside a half", rb'"\ud83d\ud83d\ude00"', "\ufffd\U0001f600"),
    ("a pair beside a NaN", rb'["\ud83d\ude00", NaN]', ["\U0001f600", None]),
    ("an escaped backslash", rb'["\\ud83d", "\\\ud83d"]', [r"\ud83d", "\\\ufffd"]),
    ("a name", rb'{"\ud83d": 1}', {"\ufffd": 1}),
    ("invalid UTF-8", b'"caf\xe9 \xff\xfe"', "caf\ufffd \ufffd\ufffd"),
    ("surrogates in UTF-8", b'"\xed\xa0\xbd"', "\ufffd\ufffd\ufffd"),
    ("NaN and infinities", b"[NaN, Infinity, -Infinity]", [None, None, None]),
    ("numbers beyond double", b"[1e999, -1e999, NaN]", [None, None, None]),
    ("a number of 400 digits", b"[1" + b"0" * 400 + b", NaN]", ["1" + "0" * 400, None]),
    ("numbers of 64 bits", b"[18446744073709551615, -9223372036854775808, NaN]", [2**64 - 1, -(2**63), None]),
    ("raw control characters", b'"a\x00b\x1b[2J\n"', "a\0b\x1b[2J\n"),
    ("a byte order mark", b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
    ("NaN in a text", b'["NaN", NaN, "\\"NaN"]', ["NaN", None, '"NaN']),
]


@pytest.mark.parametrize(("content", "value"), [pytest.param(*case[1:], id=case[0]) for case in MENDED])
def test_odd_value_is_mended_alone(content: bytes, value: Any) -> None:
    assert parse_json(b'{"before": 1, "odd": ' + content.removeprefix(b"\xef\xbb\xbf") + b', "after": [2]}') == {
        "before": 1, "odd": value, "after": [2],
    }  # fmt: skip
    assert parse_json(content) == value


@pytest.mark.parametrize("depth", [1100, 10_000, 200_000])
@pytest.mark.parametrize(("begin", "end"), [(b"[", b"]"), (b'{"a": "]}", "b": ', b"}")])
def test_deep_value_is_cut_alone(depth: int, begin: bytes, end: bytes) -> None:
    value = parse_json(b'{"odd": ' + begin * depth + b"1" + end * depth + b', "after": {"a": [2]}}')
    assert value["after"] == {"a": [2]}
    inner, levels = value["odd"], 0
    while inner is not None:
        inner, levels = inner[0] if isinstance(inner, list) else inner["b"], levels + 1
    assert levels == MAX_DEPTH - 1


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b'{"a": "\xff', rb'{"a": "\ud83d', b'{"a": NaN', b"[" * 5000, b'{"a": 1} {', b'"' + rb"\"" * 9000],
    ids=["empty", "a web page", "cut UTF-8", "cut escape", "cut NaN", "cut depth", "two values", "open text"],
)
def test_cut_document_stays_an_error(content: bytes) -> None:
    with pytest.raises(json.JSONDecodeError):
        parse_json(content)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_whatever_python_writes_is_read_and_can_be_written_again(value: Any) -> None:
    read = parse_json(json.dumps(value).encode())
    orjson.dumps(read)
    try:
        expected = orjson.loads(json.dumps(value))
    except orjson.JSONDecodeError:
        return
    assert read == expected


@given(st.binary(max_size=60))
def test_random_bytes_in_a_text_cost_this_text_alone(noise: bytes) -> None:
    text = noise.replace(b'"', b"").replace(b"\\", b"")
    assert parse_json(b'["' + text + b'", 1e999, 7]')[1:] == [None, 7]


def test_time_is_linear_in_the_length() -> None:
    def seconds(content: bytes) -> float:
        started = time.thread_time()
        with pytest.raises(json.JSONDecodeError):
            parse_json(content)
        return time.thread_time() - started

    for block in (rb"\"", rb"\\", rb"\ud83d", b"\xff", b"[", b'"', b'{"a":'):
        short, long = (min(seconds(b'{"a": "' + block * n) for _ in range(3)) for n in (20_000, 200_000))
        assert long < 40 * max(short, 0.002), f"{block!r}: {short:.3f} s, ten times as much: {long:.3f} s"


def test_number_of_values_is_never_underestimated() -> None:
    assert count_values(b"[[],{},[1,2]]") >= 6
    assert math.isclose(count_values(b"[" + b"[]," * 1000 + b"1]"), 2001)
