"""Curves: what is not known leaves a gap, and nothing leaves the paper."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.charts.curve import HEIGHT, WIDTH, curve
from service.charts.svg import element
from service.charts.timeline import Axis, strip

WEEKS = [f"2026-{month:02}-{day:02}" for month in range(1, 8) for day in (1, 8, 15, 22)][:26]
SHARES = st.none() | st.floats(0, 1)


def drawn(values: list[float | None], changes: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    low = [None if value is None else value / 2 for value in values]
    high = [None if value is None else min(1.0, value * 1.5) for value in values]
    return {"values": values, "low": low, "high": high, "changes": list(changes)}


def test_a_week_without_a_number_parts_the_line_and_the_band() -> None:
    picture = curve("Share", WEEKS[:5], drawn([0.1, 0.2, None, 0.3, 0.4]), "#000", 0.1)
    assert (picture.count("<polyline"), picture.count("<polygon"), picture.count("<circle")) == (2, 2, 4)
    assert "limit 10 %" in picture
    assert "Week from 8 January 2026: 20.0 % (95 % interval 10.0 % to 30.0 %)" in picture


def test_a_change_of_level_is_told_with_both_levels() -> None:
    change = {"index": 3, "before": 0.4, "after": 0.2, "p": 0.01}
    assert "level 40 % → 20 % from 22 Jan" in curve("Share", WEEKS, drawn([0.3] * 26, (change,)), "#000", None)


@given(st.lists(SHARES, min_size=1, max_size=26))
def test_everything_stays_on_the_paper(values: list[float | None]) -> None:
    picture = curve("Share", WEEKS[: len(values)], drawn(values), "#000", 0.1)
    points = [pair.split(",") for run in re.findall(r'points="([^"]+)"', picture) for pair in run.split()]
    points += re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', picture)
    assert all(0 <= float(x) <= WIDTH and 0 <= float(y) <= HEIGHT for x, y in points)
    assert picture.count("<circle") == sum(value is not None for value in values)


@pytest.mark.parametrize("words", ["<b>", '" onload="x', "&amp;"])
def test_words_are_escaped_in_text_and_in_attributes(words: str) -> None:
    found = element("text", words, aria_label=words)
    assert "<b>" not in found
    assert '" onload="x' not in found
    assert "&amp;amp;" in found or words != "&amp;"


def test_a_strip_has_the_quarters_of_its_time_and_an_open_episode_reaches_its_end() -> None:
    as_of = datetime(2026, 6, 1, tzinfo=UTC)
    episodes: list[dict[str, Any]] = [
        {"start": "2025-06-15T00:00:00+00:00", "end": "2025-06-16T00:00:00+00:00", "tickets": 9, "hours": 3.0},
        {"start": "2026-05-02T00:00:00+00:00", "end": None, "tickets": 1, "hours": 1.0},
    ]
    axis = Axis.over({"F1": episodes}, as_of)
    assert [f"{at:%Y-%m}" for at in axis.quarters()] == ["2025-07", "2025-10", "2026-01", "2026-04"]
    picture = strip("Episodes", episodes, [], axis)
    assert "2 May 2026 and still open: 1 ticket, 1.0 h" in picture
    [first, last] = [(float(x), float(width), float(height)) for x, width, height in re.findall(
        r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="([\d.]+)"', picture)]  # fmt: skip
    assert last[0] + last[1] == pytest.approx(axis.x(as_of), abs=0.1)
    assert first[2] > last[2]
