"""SVG as text: elements with their attributes, escaped."""

from markupsafe import Markup, escape

Value = str | float
Point = tuple[float, float]


def element(name: str, *content: str | Markup, **attributes: Value) -> Markup:
    """An element. `_` in the names of attributes stands for `-`, one at the end for nothing; numbers are shortened."""
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_short(value))}"' for key, value in attributes.items()
    )
    inner = Markup("").join(content)
    return Markup(f"<{name}{told}>{inner}</{name}>" if inner else f"<{name}{told}/>")  # noqa: S704 - all parts are escaped


def picture(width: int, height: int, title: str, *content: Markup) -> Markup:
    """A picture that grows with its place, and that is read out as its title."""
    box = f"0 0 {width} {height}"
    told = element("title", title)
    return element("svg", told, *content, viewBox=box, width=width, height=height, role="img", aria_label=title)


def text(at: Point, words: str, *, anchor: str = "start", size: int = 10, fill: str = "#56606b") -> Markup:
    """Words at a place; `anchor` is start, middle or end."""
    return element("text", words, x=at[0], y=at[1], text_anchor=anchor, font_size=size, fill=fill)


def line(start: Point, end: Point, stroke: str, *, dashes: str = "none", width: float = 1) -> Markup:
    """A straight line."""
    ends = {"x1": start[0], "y1": start[1], "x2": end[0], "y2": end[1]}
    return element("line", **ends, stroke=stroke, stroke_width=width, stroke_dasharray=dashes)


def _short(value: Value) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
