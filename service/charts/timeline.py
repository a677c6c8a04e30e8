"""Timelines: the episodes of a cycle as bars, the higher the more tickets, and its fixes as upright lines."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from markupsafe import Markup

from service.analysis.formatting import count, day, hours, month
from service.charts.svg import (
    AXIS_COLOUR,
    GRID_COLOUR,
    LINE_COLOURS,
    TEXT_COLOUR,
    Size,
    element,
    line,
    picture,
    text,
    wide_and_narrow,
)

REPORT = Size(680, 58, top=14, bottom=20)
CARD = Size(350, 58, top=4, bottom=20)
PAGE = Size(960, 110, top=20, bottom=24)
NARROW = Size(350, 90, top=20, bottom=24)
MIN_BAR_WIDTH = 2.0
MIN_BAR_SHARE = 0.25
"""The height of a bar with one ticket as a share of the highest."""
OUTCOME_COLOURS = {"held": "#256b43", "did not hold": "#99321b"}
MONTHS_PER_QUARTER = 3
PIXELS_PER_LABEL = 62


@dataclass(frozen=True, slots=True)
class Bar:
    """One episode; `end` is None while it is open."""

    start: datetime
    end: datetime | None
    tickets: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Mark:
    """One fix: the ticket that it was, when it took effect, and its outcome."""

    ticket: str
    at: datetime
    outcome: str


@dataclass(frozen=True, slots=True)
class TimeScale:
    """The stretch of time that timelines show; one for all cycles of a page or report, so that they compare."""

    begin: datetime
    end: datetime

    @classmethod
    def over(cls, timelines: Iterable[Sequence[Bar]], end: datetime) -> Self:
        """Return the stretch from the first of all episodes to an end."""
        starts = [bar.start for bars in timelines for bar in bars]
        return cls(min(starts, default=end - timedelta(days=1)), end)

    def place(self, at: datetime) -> float:
        """Return the place of an instant from 0 to 1; what lies outside is put to the edge."""
        return min(1.0, max(0.0, (at - self.begin) / max(self.end - self.begin, timedelta(days=1))))

    def quarters(self) -> Iterator[datetime]:
        """Yield the beginnings of the quarters within."""
        year, month_ = self.begin.year, (self.begin.month - 1) // MONTHS_PER_QUARTER * MONTHS_PER_QUARTER + 1
        while (at := datetime(year, month_, 1, tzinfo=self.begin.tzinfo)) < self.end:
            if at >= self.begin:
                yield at
            is_last = month_ + MONTHS_PER_QUARTER > 12
            year, month_ = (year + 1, 1) if is_last else (year, month_ + MONTHS_PER_QUARTER)


@dataclass(frozen=True, slots=True)
class Timeline:
    """The episodes and fixes of one cycle on a stretch of time."""

    bars: Sequence[Bar]
    marks: Sequence[Mark]
    scale: TimeScale


def timeline(drawn: Timeline, title: str, size: Size = REPORT, class_: str = "chart-only") -> Markup:
    """Return the drawing of a timeline."""
    most = max((bar.tickets for bar in drawn.bars), default=1)
    bars = (_bar(bar, most, drawn.scale, size) for bar in drawn.bars)
    marks = (_mark(mark, drawn.scale, size) for mark in drawn.marks)
    return picture(size, title, *_quarters(drawn.scale, size), *bars, *marks, class_=class_)


def timeline_plot(drawn: Timeline, title: str) -> Markup:
    """Return the drawing of a timeline for a page of any width."""
    return wide_and_narrow(lambda size, class_: timeline(drawn, title, size, class_), PAGE, NARROW)


def _quarters(scale: TimeScale, size: Size) -> Iterator[Markup]:
    yield line((0, size.floor), (size.width, size.floor), AXIS_COLOUR, class_="axis")
    free_from = 0.0
    for at in scale.quarters():
        x = size.width * scale.place(at)
        yield line((x, size.top), (x, size.floor + 4), GRID_COLOUR)
        if free_from <= x <= size.width - PIXELS_PER_LABEL + 10:
            yield text((x + 2, size.height - 6), month(at.date()))
            free_from = x + PIXELS_PER_LABEL


def _bar(bar: Bar, most: int, scale: TimeScale, size: Size) -> Markup:
    # By the square root: one outage with 150 tickets would else press all other episodes to the floor.
    share = math.sqrt((bar.tickets - 1) / (most - 1)) if most > 1 else 0.5
    height = (size.floor - size.top) * (MIN_BAR_SHARE + (1 - MIN_BAR_SHARE) * share)
    left, right = (size.width * scale.place(at) for at in (bar.start, bar.end or scale.end))
    width = max(MIN_BAR_WIDTH, right - left)
    until = f"to {day(bar.end.date())}" if bar.end else "and still open"
    reading = f"{day(bar.start.date())} {until}: {count(bar.tickets, 'ticket')}, {hours(bar.seconds)}"
    place = {"x": min(left, size.width - width), "y": size.floor - height, "width": width, "height": height}
    return element("rect", element("title", reading), class_="episode", **place, fill=LINE_COLOURS[0], fill_opacity=0.8)


def _mark(mark: Mark, scale: TimeScale, size: Size) -> Markup:
    x, colour = size.width * scale.place(mark.at), OUTCOME_COLOURS.get(mark.outcome, TEXT_COLOUR)
    is_right = x > size.width / 2
    at = (x - 5 if is_right else x + 5, 11)
    class_ = f"fix {mark.outcome.replace(' ', '-')}"
    return element(
        "g",
        element("title", f"Fix {mark.ticket}, {day(mark.at.date())}: {mark.outcome}"),
        line((x, 2), (x, size.floor + 4), colour, class_="mark"),
        text(at, f"{mark.ticket}: {mark.outcome}", anchor="end" if is_right else "start", fill=colour, class_="mark"),
        class_=class_,
    )
