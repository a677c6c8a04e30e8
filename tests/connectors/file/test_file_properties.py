"""What holds for any content."""

import csv
import io
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.connectors.file.pulling import OPENED, Pulled, pull, ticket

FEW = settings(max_examples=150, deadline=None)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
WORD = st.text("abcXYZ 0123äß日-_", min_size=1, max_size=8)
GARBAGE = st.one_of(
    st.binary(max_size=60).map(lambda data: data.replace(b"\n", b"")),
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=6,
    ).map(lambda value: orjson.dumps({"id": "X", "opened_at": value, "transitions": value, "hours": value}, default=str)
          if not isinstance(value, int) or abs(value) < 2**63 else b"%d" % value),
)  # fmt: skip


def pull_content(content: bytes, suffix: str, **options: Any) -> Pulled:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"t{suffix}"
        path.write_bytes(content)
        return pull(path, **options)
