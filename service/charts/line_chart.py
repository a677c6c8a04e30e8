"""Line charts: a metric over time with the bands of its intervals, its changes of level and a limit."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from markupsafe import Markup

from service.analysis.calendar import Grain
from service.analysis.formatting import day, interval, month, number, short_day, threshold, tick
from service.analysis.trend import ChangePoint
from service.charts.svg import (
    CHANGE_COLOUR,
    GRID_COLOUR,
    LIMIT_COLOUR,
    LINE_COLOURS,
    Size,
    element,
    line,
    picture,
    text,
    wide_and_narrow,
)

Values = Sequence[float | None]

REPORT = Size(340, 180, left=42, right=10, top=12, bottom=24)
COLUMN = Size(640, 250, left=46, right=10, top=12, bottom=26)
PAGE = Size(1120, 290, left=50, right=12, top=12, bottom=26)
NARROW = Size(350, 210, left=42, right=10, top=12, bottom=24)
GRID_STEPS = 4
NICE = (1, 2, 4, 6, 8, 10)
"""A quarter of each of these is a number that people read at a glance."""
PIXELS_PER_LABEL = 95
HAIR = 1e-9
"""More than sums of fractions are off, and less than a drawing shows."""
MAX_DOTS = 60
"""More points than this touch each other; the line alone is then clearer."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a chart with its band; None where the metric is not measurable.

    `comparable` is false in periods that no trend holds; empty where all compare.
    """

    name: str
    values: Values
    low: Values
    high: Values
    changes: Sequence[ChangePoint] = ()
    comparable: Sequence[bool] = ()

    def is_comparable(self, place: int) -> bool:
        """Return whether a trend holds a period."""
        return not self.comparable or self.comparable[place]


@dataclass(frozen=True, slots=True)
class Curves:
    """Lines over the same periods: `starts` are the first days of these, `limit` a value to compare with."""

    lines: Sequence[Curve]
    starts: Sequence[date]
    unit: str
    grain: Grain = "week"
    limit: float | None = None

    @property
    def range(self) -> tuple[float, float]:
        """The lowest and highest value that the chart shows, both round."""
        shown = [value for curve in self.lines for value in (*curve.values, *curve.low, *curve.high)]
        values = [abs(value) for value in shown if value is not None]
        top = _round_up(max(values, default=0.0) or 1.0)
        is_signed = any(value is not None and value < 0 for value in shown)
        return (-top if is_signed else 0.0), top

    @property
    def readings(self) -> list[str]:
        """One text for each period: its name, then the value and interval of every line."""
        return [
            "\n".join((self.period(place), *(self.reading(curve, place) for curve in self.lines)))
            for place in range(len(self.starts))
        ]

    def reading(self, curve: Curve, place: int) -> str:
        """Return the value of a line in a period as `Reactive share: 40.3 % (34.6 % to 46.3 %)`."""
        value, low, high = curve.values[place], curve.low[place], curve.high[place]
        if value is None:
            return f"{curve.name}: not measurable"
        between = interval(low, high, self.unit)
        apart = "" if curve.is_comparable(place) else ", not in the trend"
        return f"{curve.name}: {number(value, self.unit)}" + (f" ({between})" if between else "") + apart

    def period(self, place: int) -> str:
        """Return the name of a period: `Week from 5 April 2026`, `5 April 2026`, `Apr 2026`."""
        start = self.starts[place]
        return {"week": f"Week from {day(start)}", "day": day(start), "month": month(start)}[self.grain]

    def short_period(self, place: int) -> str:
        """Return the name of a period for an axis: `5 Apr`, `Apr 2026`."""
        return month(self.starts[place]) if self.grain == "month" else short_day(self.starts[place])


@dataclass(frozen=True, slots=True)
class Plane:
    """The place of periods and values in a drawing."""

    size: Size
    periods: int
    low: float
    high: float

    def x(self, period: float) -> float:
        """Return the horizontal place of a period, counted from 0."""
        return self.size.left + self.size.plot_width * period / max(1, self.periods - 1)

    def y(self, value: float) -> float:
        """Return the vertical place of a value."""
        share = (value - self.low) / (self.high - self.low)
        return self.size.floor - share * (self.size.floor - self.size.top)


def line_chart(curves: Curves, title: str, size: Size = REPORT, class_: str = "chart-only") -> Markup:
    """Return the drawing of curves; every point has its reading as title."""
    low, high = curves.range
    plane = Plane(size, len(curves.starts), low, high)
    parts = [*_grid(plane, curves), *_limit(plane, curves.limit)]
    for place, curve in enumerate(curves.lines):
        parts += [*_bands(plane, curve, place), *_curve(plane, curve, place), *_changes(plane, curves, place)]
        parts += _dots(plane, curves, place)
    margins = [size.left, size.right, size.top, size.bottom]
    return picture(size, title, *parts, class_=class_, data_plot=json.dumps({"margins": margins, "range": [low, high]}))


def line_plot(curves: Curves, title: str, size: Size = COLUMN) -> Markup:
    """Return the drawing of curves for a page of any width."""
    return wide_and_narrow(lambda fitting, class_: line_chart(curves, title, fitting, class_), size, NARROW)


def hover_data(curves: Curves) -> dict[str, Any]:
    """Return what the page's script needs to show readings under the pointer: it draws and formats nothing itself."""
    return {"readings": curves.readings, "lines": [list(curve.values) for curve in curves.lines]}


def _round_up(value: float) -> float:
    """Return the smallest round number that is not below a positive value."""
    # Below it floats lose their digits, and a tenth of the least one is 0.
    value = max(value, sys.float_info.min)
    size = 1.0
    while size * 10 <= value:
        size *= 10
    while size > value:
        size /= 10
    # Sums of binary fractions may lie a hair above the number that they stand for: 0.1 + 0.2 is to be 0.3.
    return next(size * nice for nice in NICE if size * nice >= value * (1 - HAIR))


def _grid(plane: Plane, curves: Curves) -> Iterator[Markup]:
    size = plane.size
    for step in range(GRID_STEPS + 1):
        value = plane.low + (plane.high - plane.low) * step / GRID_STEPS
        y = plane.y(value)
        yield line((size.left, y), (size.width - size.right, y), GRID_COLOUR)
        yield text((size.left - 6, y + 4), tick(value, curves.unit), anchor="end")
    for place in _labelled(plane):
        # Half of a label that is centred on the last period would hang over the edge.
        is_last = plane.x(place) > size.width - size.right - PIXELS_PER_LABEL / 4
        yield text((plane.x(place), size.height - 6), curves.short_period(place), anchor="end" if is_last else "middle")


def _labelled(plane: Plane) -> range:
    """Return the periods whose label fits below the axis."""
    labels = max(1, plane.size.plot_width // PIXELS_PER_LABEL)
    step = max(1, -(-plane.periods // labels))
    # From half a step on, so that the first label does not run into the axis.
    return range(min(step // 2, max(0, plane.periods - 1)), plane.periods, step)


def _limit(plane: Plane, limit: float | None) -> Iterator[Markup]:
    if limit is not None and plane.low <= limit <= plane.high:
        right, y = plane.size.width - plane.size.right, plane.y(limit)
        yield line((plane.size.left, y), (right, y), LIMIT_COLOUR, class_="limit", dashes="4 3")
        yield text((right, y - 4), f"limit {threshold(limit)}", anchor="end", fill=LIMIT_COLOUR, class_="limit")


def _bands(plane: Plane, curve: Curve, place: int) -> Iterator[Markup]:
    bounds = [None if None in pair else pair for pair in zip(curve.low, curve.high, strict=True)]
    for run in _runs(bounds):
        upper = [f"{plane.x(at):.1f},{plane.y(curve.high[at] or 0):.1f}" for at in run]
        lower = [f"{plane.x(at):.1f},{plane.y(curve.low[at] or 0):.1f}" for at in reversed(run)]
        points = " ".join((*upper, *lower))
        yield element("polygon", class_=f"band-{place}", points=points, fill=LINE_COLOURS[place], fill_opacity=0.14)


def _curve(plane: Plane, curve: Curve, place: int) -> Iterator[Markup]:
    for run in _runs(curve.values):
        points = " ".join(f"{plane.x(at):.1f},{plane.y(curve.values[at] or 0):.1f}" for at in run)
        dashes = "5 3" if place else "none"
        yield element(
            "polyline", class_=f"line-{place}", points=points,
            fill="none", stroke=LINE_COLOURS[place], stroke_width=2, stroke_dasharray=dashes,
        )  # fmt: skip


def _runs(values: Sequence[object]) -> Iterator[list[int]]:
    """Yield the places of values that follow one another without a gap."""
    # A gap stays a gap: a line across it would show numbers that nobody measured.
    for is_gap, places in groupby(range(len(values)), key=lambda place: values[place] is None):
        if not is_gap:
            yield list(places)


def _changes(plane: Plane, curves: Curves, place: int) -> Iterator[Markup]:
    for change in curves.lines[place].changes:
        # Between the last period of the old level and the first of the new one.
        x, top = plane.x(change.index - 0.5), plane.size.top
        before, after = number(change.before, curves.unit), number(change.after, curves.unit)
        is_right = change.index > len(curves.starts) / 2
        at = (x - 5 if is_right else x + 5, top + 10 + 14 * place)
        level = f"level {before} → {after} from {curves.short_period(change.index)}"
        yield line((x, top), (x, plane.size.floor), CHANGE_COLOUR, class_=f"change-{place}", dashes="3 3")
        yield text(at, level, anchor="end" if is_right else "start", fill=CHANGE_COLOUR, class_=f"change-{place}")


def _dots(plane: Plane, curves: Curves, place: int) -> Iterator[Markup]:
    curve = curves.lines[place]
    if len(curve.values) > MAX_DOTS:
        return
    for at, value in enumerate(curve.values):
        if value is not None:
            reading = element("title", f"{curves.period(at)}\n{curves.reading(curve, at)}")
            where = {"cx": plane.x(at), "cy": plane.y(value)}
            colour = LINE_COLOURS[place]
            # A hollow dot: the number is a least value, or not final yet.
            fill: dict[str, str | float] = {} if curve.is_comparable(at) else {"fill_opacity": 0, "stroke": colour}
            yield element("circle", reading, class_=f"dot-{place}", **where, r=2.2, fill=colour, **fill)
