"""Atlassian documents (ADF), the form in which Cloud gives rich text, as plain text."""

from collections.abc import Callable
from typing import Any

LINES = frozenset(
    ("paragraph", "heading", "codeBlock", "rule", "hardBreak", "blockCard", "embedCard", "mediaSingle", "caption")
)
ITEMS = frozenset(("listItem", "taskItem", "decisionItem"))
LEAVES: dict[str, Callable[[dict[str, Any]], object]] = {
    "emoji": lambda attrs: attrs.get("text") or attrs.get("shortName"),
    "inlineCard": lambda attrs: attrs.get("url"),
    "blockCard": lambda attrs: attrs.get("url"),
    "embedCard": lambda attrs: attrs.get("url"),
    "status": lambda attrs: attrs.get("text"),
    "media": lambda attrs: attrs.get("alt"),
    "expand": lambda attrs: f"{attrs['title']}\n" if attrs.get("title") else None,
    "nestedExpand": lambda attrs: f"{attrs['title']}\n" if attrs.get("title") else None,
}


def plain_text(document: str | dict[str, Any] | None, *, named: bool = False) -> str:
    """The text of a document, a line for every block; a string as it is. Persons are named only if `named`."""
    if document is None:
        return ""
    if isinstance(document, str):
        return document
    out: list[str] = []
    _write(document.get("content") or [], out, named)
    return "".join(out).strip()


def _write(nodes: list[dict[str, Any]], out: list[str], named: bool) -> None:
    for node in nodes:
        kind = node["type"]
        if kind == "text":
            out.append(node["text"])
            continue
        if kind in ITEMS:
            out.append("- ")
        elif kind == "mention":
            out.append(_mention(node, named))
        elif kind in LEAVES:
            out.append(str(LEAVES[kind](node.get("attrs") or {}) or ""))
        if content := node.get("content"):
            _write(content, out, named)
        if kind in LINES:
            out.append("\n")


def _mention(node: dict[str, Any], named: bool) -> str:
    return (node.get("attrs") or {}).get("text") or "@person" if named else "@person"
