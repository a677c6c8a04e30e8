"""Timelines: bars by tickets, fixes by outcome, quarters below, all on one scale."""

import re
from datetime import UTC, datetime

import pytest

from service.charts.svg import Size
from service.charts.timeline import CARD, PAGE, REPORT, Bar, Mark, Timeline, TimeScale, timeline, timeline_plot

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
BARS = [
    Bar(datetime(2025, 6, 15, tzinfo=UTC), datetime(2025, 6, 16, tzinfo=UTC), 9, 10_800),
    Bar(datetime(2026, 5, 2, tzinfo=UTC), None, 1, 3_600),
]
SCALE = TimeScale.over([BARS], AS_OF)
RECT = re.compile(r'<rect class="episode" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"')


def rectangles(drawing: str) -> list[tuple[float, ...]]:
    return [tuple(map(float, rectangle)) for rectangle in RECT.findall(drawing)]


def test_the_scale_has_the_quarters_of_its_time() -> None:
    assert [f"{at:%Y-%m}" for at in SCALE.quarters()] == ["2025-07", "2025-10", "2026-01", "2026-04"]


def test_an_open_episode_reaches_the_end_of_the_scale() -> None:
    drawing = timeline(Timeline(BARS, (), SCALE), "Episodes")
    assert "2 May 2026 and still open: 1 ticket, 1.0 h" in drawing
    (_, _, _, tallest), (x, _, width, height) = rectangles(drawing)
    assert x + width == pytest.approx(REPORT.width, abs=0.1)
    assert tallest > height


@pytest.mark.parametrize("size", [CARD, PAGE, REPORT])
def test_bars_stay_inside_the_drawing(size: Size) -> None:
    for x, y, width, height in rectangles(timeline(Timeline(BARS, (), SCALE), "Episodes", size)):
        assert 0 <= x <= x + width <= size.width + 0.01
        assert size.top <= y + 0.01
        assert y + height <= size.floor + 0.01


@pytest.mark.parametrize(
    ("at", "outcome", "anchor"),
    [(datetime(2025, 7, 1, tzinfo=UTC), "held", "start"), (datetime(2026, 5, 20, tzinfo=UTC), "did not hold", "end")],
)
def test_a_fix_has_its_ticket_and_outcome_on_the_side_that_has_room(at: datetime, outcome: str, anchor: str) -> None:
    mark = Mark("PRB1", at, outcome)
    drawing = timeline(Timeline(BARS, [mark], SCALE), "Episodes")
    assert f'class="fix {outcome.replace(" ", "-")}"' in drawing
    assert re.search(rf'text-anchor="{anchor}"[^>]*>PRB1: {outcome}<', drawing)


def test_a_cycle_without_episodes_has_an_empty_line() -> None:
    scale = TimeScale.over([], AS_OF)
    assert rectangles(timeline(Timeline((), (), scale), "Episodes")) == []


def test_a_page_holds_a_wide_and_a_narrow_drawing() -> None:
    plot = timeline_plot(Timeline(BARS, (), SCALE), "Episodes")
    assert [plot.count(f'class="chart-{kind}"') for kind in ("wide", "narrow")] == [1, 1]
