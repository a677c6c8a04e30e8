"""Line charts: a gap stays a gap, nothing leaves the drawing, and every reading is formatted like everywhere else."""

import json
import re
from datetime import date, timedelta
from html import unescape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markupsafe import Markup

from service.analysis.trend import ChangePoint
from service.charts.line_chart import (
    COLUMN,
    MAX_DOTS,
    NARROW,
    PAGE,
    REPORT,
    Curve,
    Curves,
    hover_data,
    line_chart,
    line_plot,
)
from service.charts.svg import Size, element

STARTS = [date(2026, 1, 1) + timedelta(weeks=week) for week in range(26)]
SHARES = st.none() | st.floats(0, 1)
SIGNED = st.none() | st.floats(-1e6, 1e6)


def curve(values: list[float | None], *changes: ChangePoint, name: str = "Share") -> Curve:
    low = [None if value is None else value / 2 for value in values]
    high = [None if value is None else min(1.0, value * 1.5) for value in values]
    return Curve(name, values, low, high, changes)


def shares(*values: float | None, limit: float | None = None) -> Curves:
    return Curves([curve([*values])], STARTS[: len(values)], "share", limit=limit)


def coordinates(drawing: Markup) -> list[tuple[float, float]]:
    pairs = [pair.split(",") for run in re.findall(r'points="([^"]+)"', drawing) for pair in run.split()]
    dots = re.findall(r'cx="([^"]+)" cy="([^"]+)"', drawing)
    return [(float(x), float(y)) for x, y in [*pairs, *dots]]


def test_a_week_without_a_number_parts_the_line_and_the_band() -> None:
    drawing = line_chart(shares(0.1, 0.2, None, 0.3, 0.4, limit=0.1), "Share by week")
    assert (drawing.count("<polyline"), drawing.count("<polygon"), drawing.count("<circle")) == (2, 2, 4)
    assert "limit 10 %" in drawing
    assert "Week from 8 January 2026\nShare: 20.0 % (10.0 % to 30.0 %)" in drawing


def test_a_change_of_level_has_both_levels_and_its_first_week() -> None:
    changed = curve([0.3] * 26, ChangePoint(3, 0.4, 0.2, 0.01))
    assert "level 40.0 % → 20.0 % from 22 Jan" in line_chart(Curves([changed], STARTS, "share"), "Share")


@example([4.003e-192], COLUMN)
@example([0.4003], COLUMN)
@given(st.lists(SHARES, min_size=1, max_size=26), st.sampled_from([REPORT, COLUMN, PAGE, NARROW]))
def test_every_point_stays_inside_the_drawing(values: list[float | None], size: Size) -> None:
    drawing = line_chart(shares(*values), "Share", size)
    assert all(0 <= x <= size.width and size.top <= y <= size.floor for x, y in coordinates(drawing))
    assert drawing.count("<circle") == sum(value is not None for value in values)


@given(st.lists(SIGNED, min_size=2, max_size=26))
def test_values_below_zero_stay_inside_the_drawing(values: list[float | None]) -> None:
    flow = Curves([Curve("Net flow", values, values, values)], STARTS[: len(values)], "tickets")
    assert all(0 <= y <= COLUMN.height for _, y in coordinates(line_chart(flow, "Net flow", COLUMN)))


@pytest.mark.parametrize(
    ("highest", "top"), [(0.07, 0.08), (0.3, 0.4), (0.41, 0.6), (0.9, 1.0), (1.0, 1.0), (0.0, 1.0)]
)
def test_the_top_is_the_next_round_number(highest: float, top: float) -> None:
    low, high = Curves([Curve("Share", [highest], [None], [None])], STARTS[:1], "share").range
    assert low == 0.0
    assert high == pytest.approx(top)


def test_the_axis_has_no_more_decimals_than_it_needs() -> None:
    labels = re.findall(r'text-anchor="end"[^>]*>([^<]+ %)<', line_chart(shares(0.09, 0.02), "Share"))
    assert labels == ["0 %", "5 %", "10 %", "15 %", "20 %"]


@pytest.mark.parametrize("size", [REPORT, COLUMN, PAGE, NARROW])
@pytest.mark.parametrize("weeks", [1, 2, 8, 25, 26])
def test_labels_below_the_axis_stay_inside_the_drawing(size: Size, weeks: int) -> None:
    drawing = line_chart(shares(*[0.2] * weeks), "Share", size)
    labels = re.findall(rf'x="([^"]+)" y="{size.height - 6}" text-anchor="(\w+)"', drawing)
    assert labels
    for x, anchor in labels:
        assert float(x) >= 20
        assert float(x) <= size.width - (20 if anchor == "middle" else 0)


def test_many_points_have_no_dots() -> None:
    days = [date(2026, 1, 1) + timedelta(days=place) for place in range(MAX_DOTS + 1)]
    values: list[float | None] = [1.0] * len(days)
    assert "<circle" not in line_chart(
        Curves([Curve("Opened", values, values, values)], days, "tickets", "day"), "Opened"
    )


def test_a_page_holds_a_wide_and_a_narrow_drawing_of_the_same_readings() -> None:
    plot = line_plot(shares(0.2, 0.3), "Share", PAGE)
    assert [plot.count(f'class="chart-{kind}"') for kind in ("wide", "narrow")] == [1, 1]
    assert plot.count("Week from 8 January 2026\nShare: 30.0 %") == 2


def test_the_script_of_the_page_gets_readings_and_the_geometry_of_the_drawing() -> None:
    curves = Curves([curve([0.2, None]), curve([0.5, 0.6], name="Other")], STARTS[:2], "share")
    data = hover_data(curves)
    assert data["lines"] == [[0.2, None], [0.5, 0.6]]
    assert data["readings"][1] == "Week from 8 January 2026\nShare: not measurable\nOther: 60.0 % (30.0 % to 90.0 %)"
    [geometry] = re.findall(r'data-plot="([^"]+)"', line_chart(curves, "Shares", PAGE))
    plot = json.loads(unescape(geometry))
    assert plot == {"margins": [PAGE.left, PAGE.right, PAGE.top, PAGE.bottom], "range": list(curves.range)}


@pytest.mark.parametrize("words", ["<b>", '" onload="x', "&amp;"])
def test_text_and_attributes_are_escaped(words: str) -> None:
    escaped = element("text", words, aria_label=words)
    assert "<b>" not in escaped
    assert '" onload="x' not in escaped
    assert "&amp;amp;" in escaped or words != "&amp;"
