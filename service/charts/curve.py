"""A weekly share as a curve with the band of its interval."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from markupsafe import Markup

from service.analysis.formatting import day, percent, threshold
from service.analysis.wording import between
from service.charts.svg import element, line, picture, text

WIDTH, HEIGHT = 340, 170
LEFT, RIGHT, TOP, BOTTOM = 36, 8, 10, 22
GRID, LIMIT, CHANGE = "#dfe3e8", "#8a6d1a", "#6b3fa0"
TOPS = (0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
STEPS = 4


@dataclass(frozen=True, slots=True)
class Plane:
    """Where weeks and shares are on paper."""

    weeks: int
    top: float

    def x(self, week: float) -> float:
        """Of the middle of a week."""
        return LEFT + (week + 0.5) * (WIDTH - LEFT - RIGHT) / max(1, self.weeks)

    def y(self, share: float) -> float:
        """Of a share; what lies above the top ends there."""
        return HEIGHT - BOTTOM - min(share, self.top) / self.top * (HEIGHT - TOP - BOTTOM)


def curve(title: str, weeks: Sequence[str], drawn: Mapping[str, Any], colour: str, limit: float | None) -> Markup:
    """The picture of one line of `series`; `limit` is drawn across where there is one."""
    plane = Plane(len(weeks), _top(drawn))
    parts = [*_grid(plane, weeks)]
    if limit is not None:
        parts += _limit(plane, limit)
    parts += [*_bands(plane, drawn, colour), *_changes(plane, weeks, drawn), *_lines(plane, drawn["values"], colour)]
    return picture(WIDTH, HEIGHT, title, *parts, *_points(plane, weeks, drawn, colour))


def _top(drawn: Mapping[str, Any]) -> float:
    highest = max((value for value in (*drawn["values"], *drawn["high"]) if value is not None), default=1.0)
    return next(top for top in TOPS if top >= min(highest, 1.0))


def _grid(plane: Plane, weeks: Sequence[str]) -> Iterator[Markup]:
    for step in range(STEPS + 1):
        share = plane.top * step / STEPS
        yield line((LEFT, plane.y(share)), (WIDTH - RIGHT, plane.y(share)), GRID)
        yield text((LEFT - 5, plane.y(share) + 3.5), threshold(share), anchor="end")
    for place, anchor in ((0, "start"), (len(weeks) // 2, "middle"), (len(weeks) - 1, "end")):
        if weeks:
            yield text((plane.x(place), HEIGHT - 6), _label(weeks[place]), anchor=anchor)


def _label(week: str) -> str:
    at = date.fromisoformat(week)
    return f"{at.day} {day(at).split()[1][:3]}"


def _limit(plane: Plane, limit: float) -> list[Markup]:
    y = plane.y(limit)
    told = text((WIDTH - RIGHT, y - 3), f"limit {threshold(limit)}", anchor="end", size=9, fill=LIMIT)
    return [line((LEFT, y), (WIDTH - RIGHT, y), LIMIT, dashes="4 3"), told]


def _runs(known: Sequence[bool]) -> Iterator[list[int]]:
    """Places that follow one another and are known."""
    for is_known, places in groupby(range(len(known)), key=known.__getitem__):
        if is_known:
            yield list(places)


def _bands(plane: Plane, drawn: Mapping[str, Any], colour: str) -> Iterator[Markup]:
    low, high = drawn["low"], drawn["high"]
    for run in _runs([a is not None and b is not None for a, b in zip(low, high, strict=True)]):
        corners = [(at, high[at]) for at in run] + [(at, low[at]) for at in reversed(run)]
        points = " ".join(f"{plane.x(at):.1f},{plane.y(value):.1f}" for at, value in corners)
        yield element("polygon", points=points, fill=colour, fill_opacity=0.15)


def _lines(plane: Plane, values: Sequence[float | None], colour: str) -> Iterator[Markup]:
    for run in _runs([value is not None for value in values]):
        points = " ".join(f"{plane.x(at):.1f},{plane.y(values[at] or 0):.1f}" for at in run)
        yield element("polyline", points=points, fill="none", stroke=colour, stroke_width=1.8)


def _changes(plane: Plane, weeks: Sequence[str], drawn: Mapping[str, Any]) -> Iterator[Markup]:
    for change in drawn["changes"]:
        x, since = plane.x(change["index"] - 0.5), _label(weeks[change["index"]])
        yield line((x, TOP), (x, HEIGHT - BOTTOM), CHANGE, dashes="2 2")
        said = f"level {percent(change['before'])} → {percent(change['after'])} from {since}"
        right = change["index"] > len(weeks) / 2
        place = (x - 4 if right else x + 4, TOP + 8)
        yield text(place, said, anchor="end" if right else "start", size=9, fill=CHANGE)


def _points(plane: Plane, weeks: Sequence[str], drawn: Mapping[str, Any], colour: str) -> Iterator[Markup]:
    """Each says its number where a pointer rests on it."""
    rows = zip(weeks, drawn["values"], drawn["low"], drawn["high"], strict=True)
    for place, (week, value, low, high) in enumerate(rows):
        if value is not None:
            told = f"Week from {day(date.fromisoformat(week))}: {percent(value)} ({between(low, high)})"
            at = {"cx": plane.x(place), "cy": plane.y(value)}
            yield element("circle", element("title", told), **at, r=2.2, fill=colour)
