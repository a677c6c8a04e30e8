"""The printed report: what stands on it, in which order, and that nothing of a ticket becomes markup."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from service.report.html import as_html
from tests.service.report.company import EPISODES, TITLE

SECTIONS = [
    "missing", "why", "trend", "drivers", "findings", "questions", "cycles", "loops", "metrics", "sources",
    "definitions",
]  # fmt: skip
VOID = {"meta", "br", "link"}
FETCHES = re.compile(
    r"""(?:src|href|data|action)\s*=|url\(|@import|<script|<link|<iframe|<object|\son\w+\s*=""", re.IGNORECASE
)


class Outline(HTMLParser):
    """Elements by name, ids of sections, words, and whether every element that opens is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.sections: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = dict(attrs)
        self.elements.append((tag, own))
        if tag == "section" and own.get("id"):
            self.sections.append(str(own["id"]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def count(self, name: str) -> int:
        return sum(tag == name for tag, _ in self.elements)


def outline(html: str) -> Outline:
    found = Outline()
    found.feed(html)
    found.close()
    assert found.open == []
    return found


def test_the_parts_stand_in_their_order(document: dict[str, Any]) -> None:
    found = outline(as_html(document))
    assert found.sections == SECTIONS
    assert found.count("h1") == 1
    assert found.count("h3") >= 4 + len(document["timelines"])
    text = " ".join(" ".join(found.words).split())
    head, _, rest = document["verdict"]["sentence"].partition(": ")
    assert head in text
    assert rest in text
    told = [one["question"] for one in document["questions"]] + [one["answer"] for one in document["questions"]]
    assert [
        one for one in (*told, *document["verdict"]["why"], *document["verdict"]["missing"]) if one not in text
    ] == []


def test_nothing_of_a_ticket_becomes_markup_and_nothing_is_fetched(document: dict[str, Any]) -> None:
    html = as_html(document)
    found = outline(html)
    assert TITLE in "".join(found.words)
    assert FETCHES.findall(re.sub(r">[^<]*<", "><", html)) == []
    assert found.count("script") == 0
    [policy] = [own["content"] for tag, own in found.elements if own.get("http-equiv")]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_there_is_a_bar_for_each_episode_a_mark_for_the_fix_and_a_point_for_each_week(document: dict[str, Any]) -> None:
    found = outline(as_html(document))
    assert found.count("rect") == EPISODES
    assert found.words.count("fix: did not hold") == 1
    weeks = sum(value is not None for id_ in ("repeat_hours_share", "reactive_hours_share")
                for value in document["series"]["lines"][id_]["values"])  # fmt: skip
    assert 0 < weeks == found.count("circle")
    assert found.count("polygon") >= 2
    pictures = [own for tag, own in found.elements if tag == "svg"]
    assert len(pictures) == 2 + len(document["timelines"])
    assert all(own["role"] == "img" and own["aria-label"] for own in pictures)


def test_every_metric_has_a_row_with_its_denominator_or_says_why_not(document: dict[str, Any]) -> None:
    html = as_html(document)
    table = html[html.index('<section id="metrics">') : html.index('<section id="sources">')]
    rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", table, re.DOTALL)
    assert len(rows) == len(document["metrics"])
    assert sum("Not measurable: " in row for row in rows) == sum(
        not one["measurable"] for one in document["metrics"].values()
    )
    assert '<th scope="row">Repeat share of hours</th>' in table


def test_the_money_of_a_cycle_is_told_where_a_rate_is_known_and_left_out_else(document: dict[str, Any]) -> None:
    assert f"EUR {document['cycles'][0]['money']:,.0f}" in as_html(document)
    without = {**document, "money": None, "cycles": [{**one, "money": None} for one in document["cycles"]]}
    assert "EUR" not in as_html({**without, "questions": [], "verdict": {**document["verdict"], "why": []}})


@pytest.mark.parametrize("state", ["endless_cycles", "breaking_out", "under_control", "inconclusive", "unclear"])
def test_every_verdict_has_a_badge_with_words(document: dict[str, Any], state: str) -> None:
    found = outline(as_html({**document, "verdict": {**document["verdict"], "state": state}}))
    place = found.elements.index(("span", {"class": f"badge {state}"}))
    assert place > 0


def test_a_report_on_nothing_is_whole_too(document: dict[str, Any]) -> None:
    empty: dict[str, Any] = {name: [] for name in ("findings", "cycles", "sources")} | {"timelines": {}}
    series = {"weeks": document["series"]["weeks"], "lines": {
        id_: {"values": [None] * 26, "low": [None] * 26, "high": [None] * 26, "changes": []}
        for id_ in document["series"]["lines"]}}  # fmt: skip
    found = outline(as_html({**document, **empty, "series": series}))
    words = " ".join(found.words)
    assert "No problem came back often enough to be a cycle." in words
    assert words.count("No week of these can be measured.") == 2
    assert "No source was pulled yet." in words


def test_the_same_document_is_the_same_page(document: dict[str, Any]) -> None:
    assert as_html(document) == as_html(document)
