"""Plain text of Atlassian documents (ADF), the format of rich text in Jira Cloud."""

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
    """Return the text of a document, one line per block. Mentioned people are named only if `named`."""
    if document is None:
        return ""
    # Data Center sends wiki text, and so do some answers of Cloud, whatever its specification says.
    if isinstance(document, str):
        return document
    parts: list[str] = []
    _append_text(document.get("content") or [], parts, named)
    return "".join(parts).strip()


def _append_text(nodes: list[dict[str, Any]], parts: list[str], named: bool) -> None:
    for node in nodes:
        kind = node["type"]
        if kind == "text":
            parts.append(node["text"])
            continue
        if kind in ITEMS:
            parts.append("- ")
        elif kind == "mention":
            parts.append(_mention(node, named))
        elif kind in LEAVES:
            parts.append(str(LEAVES[kind](node.get("attrs") or {}) or ""))
        # Unknown kinds are walked through: Atlassian adds new ones, and their text must not be lost.
        if content := node.get("content"):
            _append_text(content, parts, named)
        if kind in LINES:
            parts.append("\n")


def _mention(node: dict[str, Any], named: bool) -> str:
    return (node.get("attrs") or {}).get("text") or "@person" if named else "@person"
