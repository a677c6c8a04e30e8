"""The text of the definitions as a page: the document of the same name, with a place to link to for every word."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import count, pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from service.web.html.templates import DEFINED, name_of

LEFT_OUT = ("The report as JSON", "Exports")
"""Sections for programs and those who write them."""
WITH_PLACES = ("word", "id", "state", "outcome", "work class", "in the report", "kind", "number", "interval")
"""What stands above the first column of tables whose rows can be linked to."""


def document() -> str:
    """Return docs/definitions.md: the wheel carries it beside this package, a checkout has it in docs."""
    packaged = files("service.web").joinpath("definitions.md")
    checkout = Path(__file__).parents[3] / "docs" / "definitions.md"
    return packaged.read_text("utf-8") if packaged.is_file() else checkout.read_text("utf-8")


@cache
def text() -> Markup:
    """The text as HTML."""
    markdown = MarkdownIt("js-default")
    tokens = markdown.parse(_for_leaders(document()))
    _place(tokens)
    _unlink_files(tokens)
    html: str = markdown.renderer.render(tokens, markdown.options, {})
    return Markup(_widened(html))  # noqa: S704 - made from a file of ours, without HTML


def _widened(html: str) -> str:
    """Tables that scroll by themselves where there is little room, each a region of its own name."""
    number = count(1)

    def begun(_: re.Match[str]) -> str:
        return f'<div class="wide" tabindex="0" role="region" aria-label="Table {next(number)}"><table>'

    return re.sub("<table>", begun, html).replace("</table>", "</table></div>")


def slug(words: str) -> str:
    """The place of a heading or a row, as GitHub makes it of headings."""
    return re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")


def _for_leaders(markdown: str) -> str:
    """Without the title, and without sections that are for programs; metrics with their names and trends."""
    sections = re.split(r"^(?=## )", markdown, flags=re.MULTILINE)
    kept = [section for section in sections if not section.startswith(tuple(f"## {name}\n" for name in LEFT_OUT))]
    lines = "".join(kept).splitlines()
    return "\n".join(_metric(line) for line in lines[1:] if not line.startswith(f"- [{LEFT_OUT[0]}]"))


def _metric(line: str) -> str:
    found = re.match(r"\| `(\w+)` \| ", line)
    if found is None or found[1] not in DEFINED or line.count(" |") < len(["id", "meaning", "n", "interval", "better"]):
        return line
    named = f"**{name_of(found[1])}** `{found[1]}` [trend](/trends?metric={found[1]})"
    return line.replace(f"`{found[1]}`", named, 1)


def _place(tokens: Sequence[Token]) -> None:
    """Gives headings and rows their places; a heading comes before a row of the same name, and a metric before both."""
    taken = {slug(inline.content): opened for opened, inline in _headings(tokens)}
    for name, opened in taken.items():
        opened.attrSet("id", name)
    for opened, head, name in _rows(tokens):
        if head in WITH_PLACES and name not in taken and (head == "id" or name not in DEFINED):
            taken[name] = opened
            opened.attrSet("id", name)


def _headings(tokens: Sequence[Token]) -> Iterator[tuple[Token, Token]]:
    return ((one, after) for one, after in pairwise(tokens) if one.type == "heading_open")


def _rows(tokens: Sequence[Token]) -> Iterator[tuple[Token, str, str]]:
    """(the row, what stands above its first column, the place that its first cell names)"""
    head = ""
    for row, cell, inline in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if row.type == "tr_open" and cell.type == "th_open":
            head = inline.content
        elif row.type == "tr_open":
            word = re.search(r"`([^`]+)`", inline.content)
            yield row, head, slug(word[1] if word else inline.content)


def _unlink_files(tokens: Sequence[Token]) -> None:
    """Other documents are not served: what links to them stays as words."""
    for token in tokens:
        inside = False
        for child in token.children or ():
            if child.type == "link_open":
                inside = not str(child.attrGet("href")).startswith(("#", "/"))
            if inside and child.type in ("link_open", "link_close"):
                inside = child.type == "link_open"
                child.type, child.tag, child.nesting, child.content = "text", "", 0, ""
