"""Odd lines: whatever a field holds, the line is read or refused, in words that are not Python's."""

from functools import cache
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connectors.file.columns import EVENT_FIELDS, FIELDS
from connectors.file.mapping import LineMapper
from connectors.file.record import BadLine
from connectors.file.settings import FileSettings
from tests.connectors import odd
from tests.connectors.file.harness import ticket

PYTHON = ("Error", "object has", "NoneType", "'str'", "'dict'", "'list'", "isoformat", "invalid literal")


@cache
def mapper(events: bool) -> LineMapper:
    return LineMapper(FileSettings.model_validate({"path": "x.jsonl", "events": events, "timezone": "Europe/Paris"}))


def assert_mapped_or_refused(fields: Any, *, events: bool) -> None:
    reason = ""
    try:
        mapper(events).event(fields) if events else mapper(events).ticket(fields)
    except BadLine as problem:
        reason = str(problem)
    assert not any(word in reason for word in PYTHON), reason


@given(field=st.sampled_from(FIELDS), value=odd.values)
def test_odd_value_of_a_ticket(field: str, value: Any) -> None:
    assert_mapped_or_refused(ticket("A") | {field: value}, events=False)


@given(field=st.sampled_from(EVENT_FIELDS), value=odd.values)
def test_odd_value_of_an_event(field: str, value: Any) -> None:
    assert_mapped_or_refused(ticket("A") | {"at": "2024-03-01T08:00:00Z", field: value}, events=True)


@given(fields=st.dictionaries(st.sampled_from(EVENT_FIELDS) | st.text(max_size=5), odd.values))
def test_random_line(fields: Any) -> None:
    for events in (False, True):
        assert_mapped_or_refused(fields, events=events)
