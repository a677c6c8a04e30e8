"""Behind every number are its definition and its tickets, as many as the number says: on every page and period."""

import re
from collections.abc import Iterator
from functools import cache
from html import unescape

import httpx
import pytest

from service.analysis.catalogue import DEFINITIONS
from service.analysis.drivers import Driver, rank_drivers
from service.analysis.questions import answer_questions
from service.analysis.weeks import parse_weeks
from service.monitoring.health import Readiness
from service.report.evidence import collect
from service.store.queries import ticket_lists
from service.store.queries.metric_filters import DENOMINATORS, FILTERS
from service.store.queries.scopes import parse_scope
from service.web.html.drilldown import driver_link, number_links
from service.web.selection import View
from service.web.website import open_website
from tests.marks import each_slow
from tests.service.web.evidenced import ALL, NUMBER, Evidenced, check_findings
from tests.service.web.pages_of_reports import REPORT_PAGES
from tests.service.web.shown import Shown, get

VIEWS = (
    "",
    *each_slow("?scope=team:Network&weeks=52", "?weeks=1&until=2026-05-10", "?scope=source:jira&weeks=26"),
)
LINK = re.compile(r'<a\b([^>]*)href="([^"]+)"([^>]*)>(.*?)</a>', re.DOTALL)
COUNTED = re.compile(r"<p>(More than 1,000|[\d,]+) tickets?[,.]")
LINKED_PAGES = ("/?", "/cycles", "/loops", "/trends?", "/teams", "/tickets", "/sources")
COUNTS = {"opened", "resolved", "backlog", "major_incidents"}
SHARES = {
    "reactive_share", "failure_demand_share", "repeat_share", "endless_share", "request_repeat_share", "reopen_rate",
    "pingpong_rate_strict",
    "pingpong_rate_loose", "one_touch_rate", "stall_rate", "problem_link_rate", "change_failure_rate",
    "fix_hold_rate", "misfiled_share", "after_hours_share",
}  # fmt: skip


@pytest.fixture(scope="module", params=VIEWS)
def evidenced(page: Shown, request: pytest.FixtureRequest) -> Evidenced:
    query = httpx.URL(request.param).params
    view = View(parse_scope(query.get("scope", "all")), parse_weeks(query.get("weeks"), query.get("until")))
    snapshot = page.analyst.stored_snapshot(view.scope, view.period)
    assert snapshot is not None
    return Evidenced(open_website(page.analyst, Readiness), view, snapshot, collect(snapshot))


@pytest.mark.parametrize("metric", sorted(DENOMINATORS.keys() - {"reopened", "pingpong", "stalled"}))
def test_a_denominator_equals_the_length_of_its_list(evidenced: Evidenced, metric: str) -> None:
    measured = evidenced.collected.evidence.metrics[metric]
    if measured.measurable:
        assert evidenced.count(DENOMINATORS[metric]) == measured.n


@pytest.mark.parametrize("metric", sorted(SHARES | COUNTS))
def test_a_metric_equals_the_length_of_its_list(evidenced: Evidenced, metric: str) -> None:
    measured = evidenced.collected.evidence.metrics[metric]
    if measured.value is not None:
        tickets = measured.value if metric in COUNTS else measured.value * measured.n
        assert evidenced.count(metric) == pytest.approx(tickets)


def test_undecided_tickets_equal_the_length_of_their_list(evidenced: Evidenced) -> None:
    sums = evidenced.collected.evidence.sums
    assert evidenced.count("undecided") == sums.get("undecided", 0)
    assert evidenced.count("decided") + evidenced.count("undecided") == sums["opened"]


def test_a_loop_equals_the_length_of_its_list(evidenced: Evidenced) -> None:
    for loop in evidenced.collected.evidence.loops:
        assert (evidenced.count(loop.loop), evidenced.count(DENOMINATORS[loop.loop])) == (loop.tickets, loop.n)
        rows = evidenced.rows(evidenced.view.link("/tickets", about=loop.loop))
        assert sum(row["hours_are"] == "unknown" for row in rows) == loop.unknown


def test_a_cycle_equals_the_length_of_its_list(evidenced: Evidenced) -> None:
    for cycle in evidenced.collected.evidence.cycles:
        about = "repeat_share" if cycle.work == "failure" else "request_repeat_share"
        listed = (evidenced.count(about, cycle=cycle.id), evidenced.count("", cycle=cycle.id))
        assert listed == (cycle.window_tickets, cycle.tickets)


def test_a_driver_equals_the_length_of_its_list_and_names_tickets_of_it(evidenced: Evidenced) -> None:
    contributions = rank_drivers(evidenced.collected.evidence)
    assert contributions
    for driver in contributions:
        rows = evidenced.rows(driver_link(evidenced.view, driver, evidenced.view.period.count))
        assert (driver.kind, driver.id, len(rows)) == (driver.kind, driver.id, driver.tickets)
        assert {*driver.ticket_ids} <= {row["id"] for row in rows}


def test_a_finding_equals_the_length_of_its_list_and_names_tickets_of_it(evidenced: Evidenced) -> None:
    check_findings(evidenced)


def test_a_number_of_an_answer_equals_the_length_of_its_list(evidenced: Evidenced) -> None:
    numbers = [number for answer in answer_questions(evidenced.collected.evidence) for number in answer.evidence]
    assert numbers
    for number in numbers:
        url, base = number_links(evidenced.view, number)
        if number.unit == "tickets" and url is not None:
            assert (number.metric, number.of, len(evidenced.rows(url))) == (number.metric, number.of, number.value)
        if base is not None and base.startswith("/tickets"):
            assert (number.metric, number.of, len(evidenced.rows(base))) == (number.metric, number.of, number.n)


def test_every_denominator_is_a_filter() -> None:
    assert {*DENOMINATORS.values()} <= FILTERS.keys()


@pytest.mark.parametrize("query", VIEWS)
@pytest.mark.parametrize("path", [*REPORT_PAGES, "/cycles/{cycle}"])
def test_a_number_on_a_page_is_as_many_as_its_list(page: Shown, path: str, query: str) -> None:
    text = get(f"{page.url}{path.format(cycle=page.cycle())}{query}").text
    wrong = [
        (link, number, length)
        for link, number in numbers(text)
        if (length := list_length(page.url + link)) != (number if number <= ticket_lists.MAX_COUNTED else ALL)
    ]
    assert wrong == []


@pytest.mark.parametrize("query", VIEWS)
@pytest.mark.parametrize("path", [*REPORT_PAGES, "/cycles/{cycle}", "/tickets", "/definitions"])
def test_every_word_that_is_linked_is_defined(page: Shown, path: str, query: str) -> None:
    anchors = re.findall(r' id="([^"]+)"', get(f"{page.url}/definitions").text)
    assert len(anchors) == len({*anchors})
    text = get(f"{page.url}{path.format(cycle=page.cycle())}{query}").text
    links = (unescape(link[1]) for link in LINK.findall(text))
    linked = {
        link.partition("#")[2]
        for link in links
        if link.startswith("/definitions") or (path == "/definitions" and link[0] == "#")
    } - {"", "content"}
    assert linked or path == "/tickets"
    assert linked - {*anchors} == set()


@pytest.mark.parametrize("path", [*REPORT_PAGES, "/cycles/{cycle}", "/tickets", "/definitions", "/docs"])
def test_the_period_and_the_scope_go_along_with_every_link_to_a_page(page: Shown, path: str) -> None:
    query = "?scope=team:Network&weeks=26&until=2026-05-03"
    text = get(f"{page.url}{path.format(cycle=page.cycle())}{query}").text
    links = {unescape(link[1]) for link in LINK.findall(text) if link[1].startswith(LINKED_PAGES)}
    parameters = {link: httpx.URL(link).params for link in links}
    assert len(parameters) > 5
    back = "/?scope=team%3ANetwork"
    lost = [link for link, of in parameters.items() if (of.get("weeks"), of.get("until")) != ("26", "2026-05-03")]
    assert [link for link in lost if not link.startswith(back) and "/trends?metric=" not in link] == []


def numbers(text: str) -> Iterator[tuple[str, int]]:
    """Yield (URL, number) of every number of tickets on a page that leads to them."""
    for _, link, _, words in LINK.findall(text.replace("\N{NO-BREAK SPACE}", " ")):
        number = NUMBER.fullmatch(re.sub(r"<[^>]+>", "", words).strip())
        if number and link.startswith("/tickets?") and is_count(unescape(link), number[0]):
            yield unescape(link), int(number[1].replace(",", ""))


def is_count(link: str, words: str) -> bool:
    """Return False for the value of a metric that is no number of tickets, as a yield of 0."""
    definition = DEFINITIONS.get(httpx.URL(link).params.get("about", ""))
    return definition is None or definition.unit in ("tickets", "episodes") or not words[0].isdigit()


@cache
def list_length(url: str) -> int:
    """Return how many tickets a list says it has; `ALL` where they are more than are counted."""
    counted = COUNTED.search(get(url).text)
    assert counted is not None, url
    return ALL if counted[1].startswith("More") else int(counted[1].replace(",", ""))


def test_a_driver_of_a_wider_verdict_leads_to_the_weeks_of_the_verdict() -> None:
    driver = Driver("cycle", "F1", "Problem F1.", 1.0, None, 3, ())
    assert driver_link(View(), driver, 13) == "/tickets?about=repeat_share&cycle=F1"
    assert "weeks=26" in driver_link(View(), driver, 26)
