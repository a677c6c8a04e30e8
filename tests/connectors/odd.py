"""Odd values: whatever JSON can hold, and some that come from broken or hostile systems."""

import re
from typing import Any

from hypothesis import strategies as st

from connectors.model import Refusal

TEXTS = ("", " ", "\0", "\ufffd", "x" * 100_000, "9" * 400, "0001-01-01T00:00:00.000+1400", "9999-12-31 23:59:59", "²")
NUMBERS = (0, -1, 1, 2**63, 10**30, 1e308, -0.5, True, False)
PLAIN = re.compile(r"""(?:.{1,512}: )?[a-z_]+: (?:".*" |\S+ )?(?:missing|(?:is|cannot|was|has|can) [\w ,'.:%|-]+)""")

WORDS = (
    "id",
    "name",
    "key",
    "type",
    "text",
    "content",
    "value",
    "fields",
    "created",
    "items",
    "field",
    "child",
    "attrs",
)


def nested(depth: int) -> Any:
    """Return lists in objects in lists."""
    value: Any = None
    for level in range(depth):
        value = [value] if level % 2 else {WORDS[level % len(WORDS)]: value}
    return value


DEEP: tuple[Any, ...] = (nested(60), nested(900), [[[]]] * 50)

values = st.recursive(
    st.none() | st.sampled_from(TEXTS) | st.sampled_from(NUMBERS) | st.sampled_from(DEEP) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=8,
)


def assert_plain(refusal: Refusal) -> None:
    """Assert that a refusal names its place and a field, in words that are not Python's."""
    assert refusal.place
    assert len(refusal.place) <= 100
    assert PLAIN.fullmatch(refusal.reason), refusal.reason
