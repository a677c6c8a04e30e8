"""JSON as systems send it: read fast where it is valid, and patiently where a single value is not."""

import json
import math
import re
from typing import Any

import orjson

MAX_DEPTH = 200
# The digits that any whole number of 64 bits has at most, and a sign.
MAX_DIGITS = 20
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
# Half a pair of surrogates, or a whole one, which stays. A backslash before it may be escaped itself, and a run of them
# is read from its beginning.
SURROGATES = re.compile(
    rb"(?<!\\)((?:\\\\)*+)(\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\u[dD][89a-fA-F][\da-fA-F]{2})"
)
LONE = len(rb"\ud83d")
# Possessive, so that a quote that is never closed costs no second look.
STRINGS_AND_BRACKETS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.S)


def parse_json(content: bytes) -> Any:
    """Return the value of a JSON document. Raise json.JSONDecodeError where it is cut, or none.

    Values that JSON does not know are mended: half a surrogate pair and invalid UTF-8 become U+FFFD, NaN, infinity
    and a number beyond double null, a whole number beyond 64 bits its text, and what is nested too deep null.
    """
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as problem:
        try:
            return _parse_patiently(content)
        except ValueError:
            raise problem from None


def count_values(content: bytes) -> int:
    """Return the number of values in a JSON document at most."""
    return content.count(b",") + content.count(b"[") + content.count(b"{")


def _parse_patiently(content: bytes) -> Any:
    # In bytes as long as possible: a text with a single emoji takes four times as much memory.
    # The simpler pattern is ten times as fast.
    if SURROGATE.search(content):
        content = SURROGATES.sub(_mend_surrogate, content)
    try:
        return _decode(content)
    except RecursionError:
        return _decode(_cut_depth(content))


def _decode(content: bytes) -> Any:
    return _DECODER.decode(content.decode("utf-8-sig", errors="replace"))


def _mend_surrogate(match: re.Match[bytes]) -> bytes:
    backslashes, escape = match.groups()
    return backslashes + (rb"\ufffd" if len(escape) == LONE else escape)


def _cut_depth(content: bytes) -> bytes:
    """Return the document with null for each value that is nested deeper than `MAX_DEPTH`."""
    kept: list[bytes] = []
    depth = start = 0
    for token in STRINGS_AND_BRACKETS.finditer(content):
        at = token.start()
        if content[at] in b"[{":
            depth += 1
            if depth == MAX_DEPTH + 1:
                kept += content[start:at], b"null"
        elif content[at] in b"]}":
            if depth == MAX_DEPTH + 1:
                start = token.end()
            depth -= 1
    return b"".join(kept) if depth > MAX_DEPTH else b"".join([*kept, content[start:]])


def _parse_float(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _parse_int(text: str) -> int | str:
    # As text it stays exact, and Python refuses to read thousands of digits.
    return int(text) if len(text) <= MAX_DIGITS else text


# Control characters may stand in texts as they are: `strict` would refuse them.
_DECODER = json.JSONDecoder(
    strict=False, parse_float=_parse_float, parse_int=_parse_int, parse_constant=lambda _name: None
)
