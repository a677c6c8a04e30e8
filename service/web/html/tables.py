"""Tables whose rows a narrow screen shows as cards: each cell carries the heading of its column."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from markupsafe import Markup, escape

HEADING = re.compile(r"<th\b[^>]*>(.*?)</th>", re.DOTALL)
ROW = re.compile(r"<tr\b.*?</tr>", re.DOTALL)
CELL = re.compile(r"<(?P<name>t[hd])\b(?P<attributes>[^>]*)>")
SPAN = re.compile(r'colspan="(\d+)"')


def labelled(table: str) -> Markup:
    """Return the head and body of a table with a `data-label` on each cell that stands below one heading alone."""
    # A plain string: markup would escape what is added to it.
    head, begin, body = str(table).partition("<tbody>")
    labels = [escape(Markup(heading).striptags()) for heading in HEADING.findall(head)]  # noqa: S704 - a template's own
    return Markup(head + begin + ROW.sub(lambda row: _labelled_row(row[0], labels), body))  # noqa: S704 - as it came


def _labelled_row(row: str, labels: Sequence[str]) -> str:
    columns = iter(labels)
    return CELL.sub(lambda cell: _labelled_cell(cell, columns), row)


def _labelled_cell(cell: re.Match[str], columns: Iterator[str]) -> str:
    """Return the tag of a cell, which takes as many of the columns as it spans."""
    span = SPAN.search(cell["attributes"])
    headings = list(islice(columns, int(span[1]) if span else 1))
    # The heading of a row is the title of its card, and needs no other.
    if cell["name"] == "th" or span or not headings:
        return cell[0]
    return f'<td data-label="{headings[0]}"{cell["attributes"]}>'
