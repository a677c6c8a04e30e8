"""Share bars: how a whole is divided, the largest part apart from the others."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from service.analysis.formatting import percent
from service.charts.svg import LINE_COLOURS, REST_COLOUR, Size, element, picture

SIZE = Size(144, 11)


def share_bar(shares: Sequence[float]) -> Markup:
    """Return a bar of parts of a whole, given largest first; what they leave of the whole is one part more."""
    title = f"Largest part: {percent(shares[0])}" if shares else "Not measurable"
    return picture(SIZE, title, *_parts(shares), class_="parts")


def _parts(shares: Sequence[float]) -> Iterator[Markup]:
    left = 0.0
    for place, share in enumerate((*shares, max(0.0, 1 - sum(shares)))):
        class_, fill = ("part-n", REST_COLOUR) if place or not shares else ("part-0", LINE_COLOURS[0])
        width = share * SIZE.width
        # Shares that add up to one leave a rest of rounding, thinner than anything one can see.
        if width > 0.5:
            yield element("rect", class_=class_, x=left, width=width, height=SIZE.height, fill=fill)
        left += width
