"""Instants as Jira writes them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.jira.values import instant, instant_or_none

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@given(milliseconds=st.integers(0, 4_102_444_800_000))
def test_milliseconds_are_exact(milliseconds: int) -> None:
    assert instant(milliseconds) == EPOCH + timedelta(milliseconds=milliseconds)


@given(milliseconds=st.integers(0, 4_102_444_800_000), offset=st.integers(-14 * 60, 14 * 60))
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
    with pytest.raises(ValueError, match=r"instant|isoformat"):
        instant(text)


def test_empty_instants_are_none() -> None:
    assert instant_or_none(None) is None
    assert instant_or_none("") is None
