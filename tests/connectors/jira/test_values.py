"""Instants as Jira writes them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.drafts import BadValue
from connectors.jira.values import instant, instant_or_none, label

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@given(milliseconds=st.integers(631_152_000_000, 1_900_000_000_000))
def test_milliseconds_are_exact(milliseconds: int) -> None:
    assert instant(milliseconds) == EPOCH + timedelta(milliseconds=milliseconds)


@given(milliseconds=st.integers(631_152_000_000, 1_900_000_000_000), offset=st.integers(-14 * 60, 14 * 60))
def test_offsets_without_colon_are_read(milliseconds: int, offset: int) -> None:
    at = EPOCH + timedelta(milliseconds=milliseconds)
    local = at + timedelta(minutes=offset)
    sign = "-" if offset < 0 else "+"
    hours, minutes = divmod(abs(offset), 60)
    text = f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03d}{sign}{hours:02d}{minutes:02d}"
    assert instant(text) == at
    assert instant(text).tzinfo is UTC


@pytest.mark.parametrize("text", ["2024-05-01T10:00:00.000", "yesterday", ""])
def test_invalid_instants_raise(text: str) -> None:
    with pytest.raises(ValueError, match="is not a date and time with an offset"):
        instant(text)


def test_empty_instants_are_none() -> None:
    assert instant_or_none(None) is None
    assert instant_or_none("") is None


@pytest.mark.parametrize(
    "value",
    [
        "9999-12-31T23:59:59.999-1400",
        "0001-01-01T00:00:00.000+1400",
        "1989-12-31T23:59:59.999+0000",
        "2100-01-01T00:00:00.000+0000",
        1e300,
        float("nan"),
        10**30,
        -1,
        {},
        [],
        "9" * 5000,
    ],
)
def test_instants_of_another_age_are_unreadable(value: Any) -> None:
    with pytest.raises(BadValue, match=r"^is not "):
        instant(value)


def test_labels_are_texts_however_a_field_is_nested() -> None:
    deep: Any = "x"
    for _ in range(900):
        deep = [deep]
    assert label({"value": {"a": 1}, "id": "7"}) == "7"
    assert label({"name": deep}) is None
