"""The definitions document as a page, with an anchor for every word that other pages link to."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import count, pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from service.analysis.catalogue import DEFINITIONS, label
from service.web.html.tables import labelled

OMITTED_SECTIONS = ("The report as JSON", "Exports")
"""Sections for programs and those who write them."""
ANCHORED_COLUMNS = ("word", "id", "state", "outcome", "work class", "in the report", "kind", "number", "interval")
"""Headings of first columns: the rows of these tables get an anchor each."""
METRIC_COLUMNS = 5


def document() -> str:
    """Return docs/definitions.md: the wheel carries it beside this package, a checkout has it in docs."""
    packaged = files("service.web").joinpath("definitions.md")
    checkout = Path(__file__).parents[3] / "docs" / "definitions.md"
    return packaged.read_text("utf-8") if packaged.is_file() else checkout.read_text("utf-8")


@cache
def definitions_html() -> Markup:
    """Return the document as HTML, without what is for programs."""
    markdown = MarkdownIt("js-default")
    tokens = markdown.parse(_for_leaders(document()))
    _set_anchors(tokens)
    _unlink_files(tokens)
    html: str = markdown.renderer.render(tokens, markdown.options, {})
    return Markup(_with_regions(html))  # noqa: S704 - made from a file of ours, without HTML


def slug(words: str) -> str:
    """Return the anchor of a heading or a row, as GitHub makes it of headings."""
    return re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")


def _with_regions(html: str) -> str:
    """Return the HTML with each table in a region, as the macro of the other pages has it."""
    number = count(1)

    def region(table: re.Match[str]) -> str:
        opening = f'<div class="wide" tabindex="0" role="region" aria-label="Table {next(number)}"><table>'
        return f"{opening}{labelled(table[1])}</table></div>"

    return re.sub("<table>(.*?)</table>", region, html, flags=re.DOTALL)


def _for_leaders(markdown: str) -> str:
    """Return the text without its title and without sections for programs; metrics get labels and links to trends."""
    omitted = tuple(f"## {name}\n" for name in OMITTED_SECTIONS)
    sections = [part for part in re.split(r"^(?=## )", markdown, flags=re.MULTILINE) if not part.startswith(omitted)]
    lines = "".join(sections).splitlines()
    return "\n".join(_with_label(line) for line in lines[1:] if not line.startswith(f"- [{OMITTED_SECTIONS[0]}]"))


def _with_label(line: str) -> str:
    """Return a row of the table of metrics with the metric's label; any other line as it is."""
    row = re.match(r"\| `(\w+)` \| ", line)
    if row is None or row[1] not in DEFINITIONS or line.count(" |") < METRIC_COLUMNS:
        return line
    return line.replace(f"`{row[1]}`", f"**{label(row[1])}** `{row[1]}` [trend](/trends?metric={row[1]})", 1)


def _set_anchors(tokens: Sequence[Token]) -> None:
    """Give headings and rows their anchors: a metric comes before a heading of the same name, that before any row."""
    anchors = {slug(inline.content): heading for heading, inline in _headings(tokens)}
    for name, heading in anchors.items():
        heading.attrSet("id", name)
    for row, column, name in _rows(tokens):
        # The table of metrics is headed "id"; a row of another table that names a metric must not take its anchor.
        if column in ANCHORED_COLUMNS and name not in anchors and (column == "id" or name not in DEFINITIONS):
            anchors[name] = row
            row.attrSet("id", name)


def _headings(tokens: Sequence[Token]) -> Iterator[tuple[Token, Token]]:
    return ((token, inline) for token, inline in pairwise(tokens) if token.type == "heading_open")


def _rows(tokens: Sequence[Token]) -> Iterator[tuple[Token, str, str]]:
    """Yield (the row, the heading of its first column, the anchor that its first cell names)."""
    column = ""
    for row, cell, inline in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if row.type == "tr_open" and cell.type == "th_open":
            column = inline.content
        elif row.type == "tr_open":
            word = re.search(r"`([^`]+)`", inline.content)
            yield row, column, slug(word[1] if word else inline.content)


def _unlink_files(tokens: Sequence[Token]) -> None:
    """Turn links to other documents into plain words: those are not served."""
    for token in tokens:
        is_file = False
        for child in token.children or ():
            if child.type == "link_open":
                is_file = not str(child.attrGet("href")).startswith(("#", "/"))
            if is_file and child.type in ("link_open", "link_close"):
                is_file = child.type == "link_open"
                child.type, child.tag, child.nesting, child.content = "text", "", 0, ""
