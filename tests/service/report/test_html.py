"""The printed report: what stands on it, in which order, and that nothing of a ticket becomes markup."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import get_args

import pytest

from service.analysis.sentence import State
from service.analysis.survival import StayAway
from service.report.html import as_html
from service.report.sections.cycles import QuietTimes
from service.report.sections.metrics import WeeklyLine, WeeklySeries
from service.report.sections.report import Report
from tests.service.analysis.samples import seen
from tests.service.report.company import EPISODES, TITLE

SECTIONS = [
    "first-steps", "missing", "how-sure", "trend", "drivers", "findings", "questions", "cycles", "loops", "metrics",
    "sources", "definitions",
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
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        if tag == "section" and attributes.get("id"):
            self.sections.append(str(attributes["id"]))
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
    result = Outline()
    result.feed(html)
    result.close()
    assert result.open == []
    return result


def test_the_parts_stand_in_their_order(document: Report) -> None:
    result = outline(as_html(document))
    assert result.sections == SECTIONS
    assert result.count("h1") == 1
    assert result.count("h3") >= 4 + len(document.timelines)
    text = " ".join(" ".join(result.words).split())
    head, _, rest = document.verdict.sentence.partition(": ")
    assert head in text
    assert rest in text
    sentences = [sentence for answer in document.questions for sentence in (answer.question, answer.answer)]
    sentences += [*document.verdict.how_sure, *document.verdict.first_steps, *document.verdict.missing]
    assert [sentence for sentence in sentences if sentence not in text] == []


def test_nothing_of_a_ticket_becomes_markup_and_nothing_is_fetched(document: Report) -> None:
    html = as_html(document)
    result = outline(html)
    assert TITLE in "".join(result.words)
    assert FETCHES.findall(re.sub(r">[^<]*<", "><", html)) == []
    assert result.count("script") == 0
    [policy] = [attributes["content"] for tag, attributes in result.elements if attributes.get("http-equiv")]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_there_is_a_bar_for_each_episode_a_mark_for_the_fix_and_a_point_for_each_week(document: Report) -> None:
    result = outline(as_html(document))
    assert result.count("rect") == EPISODES
    assert result.words.count("INCfix: did not hold") == 1
    lines = [document.series.lines[metric] for metric in ("repeat_share", "reactive_share")]
    weeks = sum(value is not None for line in lines for value in line.values)
    assert 0 < weeks == result.count("circle")
    assert result.count("polygon") >= 2
    pictures = [attributes for tag, attributes in result.elements if tag == "svg"]
    assert len(pictures) == 2 + len(document.timelines)
    assert all(attributes["role"] == "img" and attributes["aria-label"] for attributes in pictures)


def test_every_metric_has_a_row_with_its_denominator_or_says_why_not(document: Report) -> None:
    html = as_html(document)
    table = html[html.index('<section id="metrics">') : html.index('<section id="sources">')]
    rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", table, re.DOTALL)
    assert len(rows) == len(document.metrics)
    assert sum("Not measurable: " in row for row in rows) == sum(
        not metric.measurable for metric in document.metrics.values()
    )
    assert '<th scope="row">Repeat share of hours</th>' in table


def test_the_work_of_a_loop_says_of_how_many_tickets_it_is_unknown(document: Report) -> None:
    partly = replace(document.loops.reopened, tickets=9, n=400, share=0.02, hours=12.0, hours_unknown=4)
    html = as_html(replace(document, loops=replace(document.loops, reopened=partly))).replace("\N{NO-BREAK SPACE}", " ")
    assert "<td>at least 12 h of work in all; hours of 4 of 9 tickets are unknown</td>" in html


def test_requests_stand_in_a_list_of_their_own(document: Report) -> None:
    [first, *_] = document.cycles
    request = replace(first, id="R1", title="New badge", work="request")
    html = as_html(replace(document, cycles=(first, request)))
    problems, requests = html.split('<section id="requests">')
    assert "New badge" not in problems
    assert "candidates for automation or self-service" in requests
    assert "New badge" in requests.split("</section>")[0]
    assert 'id="requests"' not in as_html(document)


def test_what_can_be_seen_and_recognised_stands_beside_the_verdict(document: Report) -> None:
    unknown = replace(document.verdict, visibility=None, recall=None)
    html = as_html(replace(document, verdict=unknown))
    assert "How much we can see: not counted. How much we recognise: not known." in html
    recognition = seen()
    verdict = replace(document.verdict, visibility=recognition.visibility, recall=recognition.recall)
    html = as_html(replace(document, verdict=verdict)).replace("\N{NO-BREAK SPACE}", " ")
    assert "How much we can see: 90.0 %. How much we recognise: 90.0 % (80.0 % to 95.0 %, n = 100)." in html


def test_the_money_of_a_cycle_is_shown_where_an_hourly_rate_is_set(document: Report) -> None:
    assert f"EUR\N{NO-BREAK SPACE}{document.cycles[0].money:,.0f}" in as_html(document)
    cycles = tuple(replace(cycle, money=None) for cycle in document.cycles)
    verdict = replace(document.verdict, how_sure=(), sentence="So.")
    without = replace(document, money=None, cycles=cycles, questions=(), verdict=verdict)
    assert "EUR" not in as_html(without)


@pytest.mark.parametrize("state", get_args(State))
def test_every_verdict_has_a_badge_with_words(document: Report, state: State) -> None:
    result = outline(as_html(replace(document, verdict=replace(document.verdict, state=state))))
    place = result.elements.index(("span", {"class": f"badge {state}"}))
    assert place > 0


def test_a_report_on_nothing_is_whole_too(document: Report) -> None:
    nothing = (None,) * len(document.series.weeks)
    lines = {metric: WeeklyLine(nothing, nothing, nothing, (), ()) for metric in document.series.lines}
    series = WeeklySeries(document.series.weeks, lines)
    empty = replace(document, findings=(), cycles=(), sources=(), timelines={}, series=series)
    words = " ".join(outline(as_html(empty)).words)
    assert "No problem came back often enough to be called recurring." in words
    assert words.count("None of these weeks can be measured.") == 2
    assert "No source was pulled yet." in words


def test_the_same_document_is_the_same_page(document: Report) -> None:
    assert as_html(document) == as_html(document)


def test_how_long_a_problem_stays_away_is_told_where_enough_quiet_times_are_known(document: Report) -> None:
    away = (StayAway(30, 0.5, 0.2, 0.8),)
    quiet = QuietTimes(n=12, returns=9, longest_days=90.0, median_days=20.0, low=10.0, high=30.0, away=away)
    [first, *rest] = document.cycles
    html = as_html(replace(document, cycles=(replace(first, quiet=quiet), *rest))).replace("\N{NO-BREAK SPACE}", " ")
    few = as_html(replace(document, cycles=(replace(first, quiet=replace(quiet, n=4)),)))

    assert "50.0 % of the quiet times last 30 days" in html
    assert "the longest 90 days; n = 12." in html
    assert "quiet times last" not in few
