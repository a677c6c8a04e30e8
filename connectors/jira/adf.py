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
SHOWN = frozenset(("mention", *ITEMS, *LEAVES))


def plain_text(document: object, *, named: bool = False) -> str:
    """Return the text of a document, one line per block. Mentioned people are named only if `named`."""
    # Data Center sends wiki text, and so do some answers of Cloud, whatever its specification says.
    if isinstance(document, str):
        return document
    parts: list[str] = []
    # A stack of its own: a document may be nested deeper than Python calls functions.
    pending = _content(document) if isinstance(document, dict) else []
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            kind = node.get("type")
            if kind == "text":
                # By far the most frequent kind, without content of its own.
                text = node.get("text")
                parts.append(text if isinstance(text, str) else "")
            elif isinstance(kind, str):
                if kind in SHOWN:
                    parts.append(_beginning(kind, node, named))
                if kind in LINES:
                    pending.append("\n")
            # Unknown kinds are walked through: Atlassian adds new ones, and their text must not be lost.
            if content := node.get("content"):
                pending += content[::-1] if isinstance(content, list) else ()
        elif isinstance(node, str):
            parts.append(node)
    return "".join(parts).strip()


def _content(node: dict[str, Any]) -> list[Any]:
    """Return the nodes inside a node, the first one last."""
    content = node.get("content")
    return content[::-1] if isinstance(content, list) else []


def _beginning(kind: str, node: dict[str, Any], named: bool) -> str:
    """Return the text that a node of this kind shows before its content."""
    if kind in ITEMS:
        return "- "
    attrs = node.get("attrs")
    values = attrs if isinstance(attrs, dict) else {}
    if kind == "mention":
        return _text(values.get("text")) or "@person" if named else "@person"
    return _text(LEAVES[kind](values))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
