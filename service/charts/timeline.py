"""The episodes and fixes of one cycle on a line of time."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from markupsafe import Markup

from service.analysis.formatting import count, day, hours
from service.charts.svg import element, line, picture, text

WIDTH, HEIGHT = 680, 46
FLOOR, LOWEST, HIGHEST = 30, 6, 24
LEAST_WIDTH = 2.0
EPISODE, AXIS, GRID = "#b4442b", "#9aa3ad", "#dfe3e8"
OUTCOMES = {"held": "#2e7d4f", "did not hold": "#8c1d40"}
OPEN_OUTCOME = "#56606b"
MONTHS_BETWEEN_LABELS = 3
HOUR = 3600
Span = tuple[float, float, int]
"""(begin, end, tickets) of an episode; 0 is where the line begins, 1 where it ends."""


@dataclass(frozen=True, slots=True)
class Axis:
    """The stretch of time that is drawn; the same for all cycles of a report, so that they can be compared."""

    begin: datetime
    end: datetime

    @classmethod
    def over(cls, timelines: Mapping[str, Sequence[Mapping[str, Any]]], as_of: datetime) -> Self:
        """From the first of all episodes to the moment of the report."""
        starts = [datetime.fromisoformat(one["start"]) for own in timelines.values() for one in own]
        return cls(min(starts, default=as_of - timedelta(days=1)), as_of)

    def x(self, at: datetime) -> float:
        """Where an instant is on paper."""
        return WIDTH * min(1.0, max(0.0, (at - self.begin) / max(self.end - self.begin, timedelta(days=1))))

    def quarters(self) -> Iterator[datetime]:
        """The beginnings of quarters within."""
        year, month = self.begin.year, (self.begin.month - 1) // MONTHS_BETWEEN_LABELS * MONTHS_BETWEEN_LABELS + 1
        while (at := datetime(year, month, 1, tzinfo=self.begin.tzinfo)) < self.end:
            if at >= self.begin:
                yield at
            year, month = (year + 1, 1) if month + MONTHS_BETWEEN_LABELS > 12 else (year, month + MONTHS_BETWEEN_LABELS)


def strip(title: str, episodes: Sequence[Mapping[str, Any]], fixes: Sequence[Mapping[str, Any]], axis: Axis) -> Markup:
    """The picture: a bar an episode, the higher the more tickets it has, and a mark for each fix by its outcome."""
    most = max((one["tickets"] for one in episodes), default=1)
    bars = (_bar(one, most, axis) for one in episodes)
    marks = (_mark(fix, axis) for fix in fixes)
    return picture(WIDTH, HEIGHT, title, *_grid(axis), *bars, *marks)


def _grid(axis: Axis) -> Iterator[Markup]:
    yield line((0, FLOOR), (WIDTH, FLOOR), AXIS)
    for at in axis.quarters():
        x = axis.x(at)
        yield line((x, 2), (x, FLOOR + 4), GRID)
        if WIDTH - x > 30:
            yield text((x + 2, HEIGHT - 4), f"{day(at.date()).split()[1][:3]} {at.year}", size=9)


def _bar(one: Mapping[str, Any], most: int, axis: Axis) -> Markup:
    start = datetime.fromisoformat(one["start"])
    end = datetime.fromisoformat(one["end"]) if one["end"] else axis.end
    height = LOWEST + (HIGHEST - LOWEST) * math.sqrt((one["tickets"] - 1) / (most - 1)) if most > 1 else HIGHEST / 2
    until = f"to {day(end.date())}" if one["end"] else "and still open"
    told = f"{day(start.date())} {until}: {count(one['tickets'], 'ticket')}, {hours(one['hours'] * HOUR)}"
    x, width = axis.x(start), max(LEAST_WIDTH, axis.x(end) - axis.x(start))
    place = {"x": min(x, WIDTH - width), "y": FLOOR - height, "width": width, "height": height}
    return element("rect", element("title", told), **place, fill=EPISODE, fill_opacity=0.75)


def _mark(fix: Mapping[str, Any], axis: Axis) -> Markup:
    at = datetime.fromisoformat(fix["at"])
    x, colour = axis.x(at), OUTCOMES.get(fix["outcome"], OPEN_OUTCOME)
    right = x > WIDTH * 0.75
    told = f"Fix {fix['ticket']}, {day(at.date())}: {fix['outcome']}"
    place, anchor = (x - 4 if right else x + 4, 9), "end" if right else "start"
    label = text(place, f"fix: {fix['outcome']}", anchor=anchor, size=9, fill=colour)
    return element("g", element("title", told), line((x, 0), (x, FLOOR + 4), colour, width=2), label)


@dataclass(frozen=True, slots=True)
class TimeScale:
    """A line of time."""

    begin: datetime
    end: datetime

    def place(self, at: datetime) -> float:
        """Where a moment lies, from 0 to 1."""
        whole = (self.end - self.begin).total_seconds()
        return min(1.0, max(0.0, (at - self.begin).total_seconds() / whole)) if whole > 0 else 0.0

    def span(self, begin: str, end: str | None, tickets: int) -> Span:
        """Where an episode lies; one that is under way ends where the line does."""
        until = self.end if end is None else datetime.fromisoformat(end)
        return self.place(datetime.fromisoformat(begin)), self.place(until), tickets
