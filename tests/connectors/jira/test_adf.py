"""Plain text of Atlassian documents."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.jira.adf import plain_text


def text(value: str) -> dict[str, Any]:
    return {"type": "text", "text": value}


def block(kind: str, *content: dict[str, Any], **attrs: Any) -> dict[str, Any]:
    return {"type": kind, "content": list(content), "attrs": attrs}


def document(*content: dict[str, Any]) -> dict[str, Any]:
    return {"type": "doc", "version": 1, "content": list(content)}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (None, ""),
        ("plain *wiki* text", "plain *wiki* text"),
        (document(), ""),
        ({"type": "doc", "version": 1}, ""),
        (document(block("paragraph", text("one"), {"type": "hardBreak"}, text("two")), block("rule")), "one\ntwo"),
        (document(block("heading", text("Cause"), level=1), block("codeBlock", text("x = 1\ny"))), "Cause\nx = 1\ny"),
        (
            document(block("bulletList", *(block("listItem", block("paragraph", text(word))) for word in "ab"))),
            "- a\n- b",
        ),
        (document(block("taskList", block("taskItem", text("restart"), state="TODO"))), "- restart"),
        (
            document(
                block("table", block("tableRow", *(block("tableCell", block("paragraph", text(c))) for c in "ab")))
            ),
            "a\nb",
        ),
        (
            document(block("paragraph", text("see "), block("inlineCard", url="https://a.example"), block("emoji"))),
            "see https://a.example",
        ),
        (document(block("expand", block("paragraph", text("inside")), title="Log")), "Log\ninside"),
        (document(block("panel", block("somethingNew", block("paragraph", text("new"))))), "new"),
    ],
)
def test_documents_become_text(source: Any, expected: str) -> None:
    assert plain_text(source) == expected


def test_people_are_named_only_on_request() -> None:
    mention = document(block("paragraph", text("ask "), block("mention", id="account-1", text="@Person One")))
    assert plain_text(mention) == "ask @person"
    assert plain_text(mention, named=True) == "ask @Person One"


words = st.text("abc", min_size=1, max_size=4)
blocks = st.recursive(
    st.builds(lambda parts: block("paragraph", *map(text, parts)), st.lists(words, max_size=3)),
    lambda inner: st.builds(
        lambda kind, content: block(kind, *content),
        st.sampled_from(["bulletList", "listItem", "panel", "blockquote", "tableCell", "unknown"]),
        st.lists(inner, max_size=3),
    ),
    max_leaves=12,
)


def leaves(node: dict[str, Any]) -> list[str]:
    if node["type"] == "text":
        return [node["text"]]
    return [leaf for child in node.get("content", []) for leaf in leaves(child)]


@given(content=st.lists(blocks, max_size=5))
def test_no_text_is_lost_or_reordered(content: list[dict[str, Any]]) -> None:
    result = plain_text(document(*content))
    assert "".join(result.replace("-", "").split()) == "".join(leaves(document(*content)))
