"""Charts drawn on the server: what is seen without JavaScript, and on paper."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup, escape

WIDTH, HEIGHT = 720, 240
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 14, 28
GRID_LINES = 4
NICE = (1.0, 2.0, 2.5, 5.0, 10.0)

Values = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart with its band; `changes` are the places from which its level has changed."""

    name: str
    values: Values
    low: Values = ()
    high: Values = ()
    changes: Sequence[int] = ()


def line_chart(lines: Sequence[Line], labels: Sequence[str], unit: str, said: str) -> Markup:
    """Lines over time with bands of their intervals; `said` is what a screen reader says of it."""
    top = _top([value for line in lines for value in (*line.values, *line.high) if value is not None])
    inner = [*_grid(top, unit), *_dates(labels)]
    for place, line in enumerate(lines):
        inner += _drawn(line, place, len(labels), top)
    return _svg(inner, WIDTH, HEIGHT, said)


def timeline(episodes: Sequence[tuple[float, float, int]], fixes: Sequence[tuple[float, str]], said: str) -> Markup:
    """Episodes on a line of time from 0 to 1, (begin, end, tickets) each, taller with more tickets; fixes upright."""
    width, height, floor = 720, 110, 84
    most = max((tickets for _, _, tickets in episodes), default=1)
    inner = [f'<line class="axis" x1="0" x2="{width}" y1="{floor}" y2="{floor}"/>']
    for begin, end, tickets in episodes:
        tall, x = 10 + 54 * tickets / most, begin * (width - 6) + 3
        wide = max(3.0, (end - begin) * (width - 6))
        inner.append(
            f'<rect class="episode" x="{x:.1f}" y="{floor - tall:.1f}" width="{wide:.1f}" height="{tall:.1f}" rx="1">'
            f"<title>{tickets:,} tickets</title></rect>"
        )
    for at, name in fixes:
        x = at * (width - 6) + 3
        anchor = "end" if at > 0.8 else "start"
        inner.append(
            f'<g class="fix"><line x1="{x:.1f}" x2="{x:.1f}" y1="8" y2="{floor + 8}"/>'
            f'<text x="{x + (-5 if anchor == "end" else 5):.1f}" y="{floor + 22}" text-anchor="{anchor}">'
            f"{escape(name)}</text></g>"
        )
    return _svg(inner, width, height, said)


def spark(values: Values, said: str) -> Markup:
    """A small line without axes."""
    width, height = 120, 28
    known = [value for value in values if value is not None]
    top, bottom = max(known, default=1.0), min(known, default=0.0)
    spread = (top - bottom) or 1.0
    points = [
        (place * (width - 6) / max(1, len(values) - 1) + 3, height - 4 - (value - bottom) / spread * (height - 8))
        for place, value in enumerate(values)
        if value is not None
    ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    end = f'<circle class="dot-0" cx="{points[-1][0]:.1f}" cy="{points[-1][1]:.1f}" r="2.5"/>' if points else ""
    return _svg([f'<polyline class="line-0" points="{path}"/>{end}'], width, height, said, "spark")


def parts(shares: Sequence[float]) -> Markup:
    """A bar of parts, the largest first; what is left of the whole is drawn as one more."""
    width, left, inner = 144.0, 0.0, []
    for place, share in enumerate(shares):
        inner.append(
            f'<rect class="part-{"n" if place else 0}" x="{left:.1f}" width="{share * width:.1f}" height="11"/>'
        )
        left += share * width
    if left < width - 0.5:
        inner.append(f'<rect class="part-n" x="{left:.1f}" width="{width - left:.1f}" height="11"/>')
    said = f"The largest part is {shares[0]:.0%}" if shares else "Not known"
    return _svg(inner, int(width), 11, said, "parts")


def _svg(inner: Sequence[str], width: int, height: int, said: str, kind: str = "drawn") -> Markup:
    head = f'<svg class="{kind}" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(said)}">'
    return Markup(head + "".join(inner) + "</svg>")  # noqa: S704 - every text in it is escaped above


def _drawn(line: Line, place: int, count: int, top: float) -> list[str]:
    found = [f'<polygon class="band-{place}" points="{points}"/>' for points in _bands(line, count, top)]
    for run in _runs(line.values):
        points = " ".join(f"{_x(at, count):.1f},{_y(value, top):.1f}" for at, value in run)
        found.append(f'<polyline class="line-{place}" points="{points}"/>')
    for at in line.changes:
        x = _x(at, count)
        found.append(f'<line class="change-{place}" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
    return found


def _bands(line: Line, count: int, top: float) -> list[str]:
    upper, lower = (dict(enumerate(values)) for values in (line.high, line.low))
    whole = [None if upper.get(at) is None or lower.get(at) is None else 0.0 for at in range(count)]
    found = []
    for run in _runs(whole):
        places = [at for at, _ in run]
        above = [f"{_x(at, count):.1f},{_y(upper[at] or 0, top):.1f}" for at in places]
        below = [f"{_x(at, count):.1f},{_y(lower[at] or 0, top):.1f}" for at in reversed(places)]
        found.append(" ".join((*above, *below)))
    return found


def _runs(values: Values) -> list[list[tuple[int, float]]]:
    """The stretches without gaps, as (place, value)."""
    groups = groupby(enumerate(values), key=lambda one: one[1] is None)
    return [[(at, value) for at, value in run if value is not None] for is_gap, run in groups if not is_gap]


def _grid(top: float, unit: str) -> list[str]:
    found = []
    for step in range(GRID_LINES + 1):
        value = top * step / GRID_LINES
        y = _y(value, top)
        found.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        found.append(f'<text class="tick" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{_tick(value, unit)}</text>')
    return found


def _dates(labels: Sequence[str]) -> list[str]:
    step = max(1, len(labels) // 6)
    return [
        f'<text class="tick" x="{_x(at, len(labels)):.1f}" y="{HEIGHT - 8}" text-anchor="middle">'
        f"{escape(labels[at])}</text>"
        for at in range(step // 2, len(labels), step)
    ]


def _tick(value: float, unit: str) -> str:
    if unit.startswith("share"):
        return f"{value * 100:.4g} %"
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.2g}"


def _top(values: Sequence[float]) -> float:
    """A round number at or above the highest value."""
    highest = max(values, default=1.0) or 1.0
    size = 1.0
    while size * 10 <= highest:
        size *= 10
    while size > highest:
        size /= 10
    return next(size * nice for nice in NICE if size * nice >= highest * 0.999)


def _x(place: int, count: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * place / max(1, count - 1)


def _y(value: float, top: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top)
