"""SVG as text: elements with escaped attributes, and the sizes and colours that charts share.

Colours are attributes, because WeasyPrint applies no style sheet to pictures inside a page. Classes let the style sheet
of the dashboard override them, for dark mode too.
"""

from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup, escape

AttributeValue = str | float
Coordinates = tuple[float, float]

LINE_COLOURS = ("#0b6466", "#6d6256")
GRID_COLOUR, AXIS_COLOUR, TEXT_COLOUR = "#e2dfd9", "#9aa3ad", "#565f69"
LIMIT_COLOUR, CHANGE_COLOUR, REST_COLOUR = "#8a6d1a", "#6b3fa0", "#ebe6df"
TEXT_SIZE = 11


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a drawing and the margins around what it plots, in user units; a unit is about one pixel."""

    width: int
    height: int
    left: int = 0
    right: int = 0
    top: int = 0
    bottom: int = 0

    @property
    def plot_width(self) -> int:
        """The width between the margins."""
        return self.width - self.left - self.right

    @property
    def floor(self) -> int:
        """The lower edge of the plot."""
        return self.height - self.bottom


def element(name: str, *content: str | Markup, **attributes: AttributeValue) -> Markup:
    """Return an element; `_` in names of attributes becomes `-`, and a trailing one is dropped."""
    listed = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_shorten(value))}"' for key, value in attributes.items()
    )
    inner = Markup("").join(content)
    return Markup(f"<{name}{listed}>{inner}</{name}>" if inner else f"<{name}{listed}/>")  # noqa: S704 - every part is escaped


def picture(
    size: Size, title: str, *content: Markup, class_: str = "chart-only", **attributes: AttributeValue
) -> Markup:
    """Return a drawing that grows with its place; screen readers read its title."""
    box = f"0 0 {size.width} {size.height}"
    heading = element("title", title)
    return element(
        "svg", heading, *content,
        class_=class_, viewBox=box, width=size.width, height=size.height, role="img", aria_label=title, **attributes,
    )  # fmt: skip


def wide_and_narrow(draw: Callable[[Size, str], Markup], wide: Size, narrow: Size) -> Markup:
    """Return one chart in two sizes, of which the style sheet shows one; `draw` takes a size and a class."""
    # Text in an SVG shrinks with it: on a phone the wide drawing would have letters of five pixels.
    return element("div", draw(wide, "chart-wide"), draw(narrow, "chart-narrow"), class_="plot")


def text(
    at: Coordinates, words: str, *, anchor: str = "start", fill: str = TEXT_COLOUR, class_: str = "tick"
) -> Markup:
    """Return words at a place; `anchor` is start, middle or end."""
    return element(
        "text", words, class_=class_, x=at[0], y=at[1], text_anchor=anchor, font_size=TEXT_SIZE, fill=fill
    )  # fmt: skip


def line(start: Coordinates, end: Coordinates, stroke: str, *, class_: str = "grid", dashes: str = "none") -> Markup:
    """Return a straight line; `dashes` are the lengths of strokes and gaps."""
    ends = {"x1": start[0], "y1": start[1], "x2": end[0], "y2": end[1]}
    return element("line", class_=class_, **ends, stroke=stroke, stroke_dasharray=dashes)


def _shorten(value: AttributeValue) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
