"""Behind every number are its definition and its tickets, as many as the number says: on every page and period."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import unescape

import httpx
import pytest
from service.analysis.weeks import parse_weeks

from service.monitoring.health import Readiness
from service.report.cache import Reporter
from service.report.evidence import Collected, collect
from service.store.queries import ticket_lists
from service.store.queries.metric_filters import FILTERS, DENOMINATORS
from service.store.queries.scopes import parse_scope
from service.store.queries.snapshot import Snapshot
from service.web.pages.tickets import ticket_query
from service.web.website import Website, open_website
from tests.service.web.shown import Shown

pytestmark = pytest.mark.xdist_group("page")
VIEWS = (
    "", "?weeks=4&until=2026-03-31", "?scope=team:Network&weeks=52",
    *(pytest.param(query, marks=pytest.mark.slow) for query in
      ("?weeks=26", "?weeks=1&until=2026-05-10", "?scope=source:jira")),
)  # fmt: skip
PAGES = ("/", "/cycles", "/loops", "/trends", "/teams", "/review", "/sources")
LINK = re.compile(r'<a\b([^>]*)href="([^"]+)"([^>]*)>(.*?)</a>', re.DOTALL)
NUMBER = re.compile(r"(?:n = )?([\d,]+)(?: tickets?)?")
COUNTED = re.compile(r"<p>(More than 1,000|[\d,]+) tickets?[,.]")
LINKED = ("/?", "/cycles", "/loops", "/trends?", "/teams", "/tickets", "/sources")
ALL = 1_000_000
MANY = {"opened", "resolved", "backlog", "major_incidents"}
SHARES = {
    "reactive_share", "failure_demand_share", "repeat_share", "reopen_rate", "pingpong_rate_strict",
    "pingpong_rate_loose", "one_touch_rate", "stall_rate", "problem_link_rate", "change_failure_rate",
    "fix_hold_rate", "misfiled_share", "after_hours_share",
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """A view of the demo's data."""

    site: Website
    snapshot: Snapshot
    found: Collected

    def behind(self, about: str, **query: str) -> int:
        """How many tickets a list has."""
        with self.site.database.read() as connection:
            expected = ticket_query(self.site, self.snapshot, {"about": about, **query})
            return len(ticket_lists.list_tickets(connection, expected, ALL))


@pytest.fixture(scope="module", params=VIEWS)
def asked(page: Shown, request: pytest.FixtureRequest) -> Asked:
    query = httpx.URL(request.param).params
    snapshot = page.analyst.stored_snapshot(
        parse_scope(query.get("scope", "all")), parse_weeks(query.get("weeks"), query.get("until"))
    )
    assert snapshot is not None
    return Asked(open_website(Reporter(page.analyst), Readiness), snapshot, collect(snapshot))


@pytest.mark.parametrize("metric", sorted(DENOMINATORS.keys() - {"reopened", "pingpong", "stalled"}))
def test_the_tickets_behind_a_denominator_are_as_many(asked: Asked, metric: str) -> None:
    counts = asked.found.evidence.metrics[metric]
    if counts.measurable:
        assert asked.behind(DENOMINATORS[metric]) == counts.n


@pytest.mark.parametrize("metric", sorted(SHARES | MANY))
def test_the_tickets_behind_a_metric_are_as_many(asked: Asked, metric: str) -> None:
    counts = asked.found.evidence.metrics[metric]
    if counts.value is not None:
        many = counts.value if metric in MANY else counts.value * counts.n
        assert asked.behind(metric) == pytest.approx(many)


def test_the_tickets_behind_a_loop_are_as_many(asked: Asked) -> None:
    for loop in asked.found.evidence.loops:
        assert (asked.behind(loop.loop), asked.behind(DENOMINATORS[loop.loop])) == (loop.tickets, loop.n)


def test_the_tickets_behind_a_cycle_are_as_many(asked: Asked) -> None:
    for cycle in asked.found.evidence.cycles:
        counts = (asked.behind("repeat_hours_share", cycle=cycle.id), asked.behind("", cycle=cycle.id))
        assert counts == (cycle.window_tickets, cycle.tickets)


def test_every_metric_with_a_list_is_a_metric_a_loop_or_a_denominator() -> None:
    assert {*DENOMINATORS.values()} <= FILTERS.keys()


@pytest.mark.parametrize("query", VIEWS)
@pytest.mark.parametrize("path", [*PAGES, "/cycles/{cycle}"])
def test_a_number_on_a_page_is_as_many_as_its_list(page: Shown, path: str, query: str) -> None:
    text = httpx.get(f"{page.url}{path.format(cycle=page.cycle())}{query}", timeout=60).text
    wrong = [
        (link, number, many)
        for link, number in numbers(text)
        if (many := length(page.url + link)) != (number if number <= ticket_lists.MAX_COUNTED else ALL)
    ]
    assert wrong == []


@pytest.mark.parametrize("query", VIEWS)
@pytest.mark.parametrize("path", [*PAGES, "/cycles/{cycle}", "/tickets", "/definitions"])
def test_every_word_that_is_linked_is_defined(page: Shown, path: str, query: str) -> None:
    anchors = re.findall(r' id="([^"]+)"', httpx.get(f"{page.url}/definitions", timeout=60).text)
    assert len(anchors) == len({*anchors})
    text = httpx.get(f"{page.url}{path.format(cycle=page.cycle())}{query}", timeout=60).text
    page_links = (unescape(item[1]) for item in LINK.findall(text))
    asked_for = {
        link.partition("#")[2]
        for link in page_links
        if link.startswith("/definitions") or (path == "/definitions" and link[0] == "#")
    } - {"", "content"}
    assert asked_for or path == "/tickets"
    assert asked_for - {*anchors} == set()


@pytest.mark.parametrize("path", [*PAGES, "/cycles/{cycle}", "/tickets", "/definitions", "/docs"])
def test_the_period_and_the_scope_go_along_with_every_link_to_a_page(page: Shown, path: str) -> None:
    query = "?scope=team:Network&weeks=26&until=2026-05-03"
    text = httpx.get(f"{page.url}{path.format(cycle=page.cycle())}{query}", timeout=60).text
    links = {unescape(item[1]) for item in LINK.findall(text) if item[1].startswith(LINKED)}
    counts = {link: httpx.URL(link).params for link in links}
    assert len(counts) > 5
    back = "/?scope=team%3ANetwork"
    lost = [link for link, item in counts.items() if (item.get("weeks"), item.get("until")) != ("26", "2026-05-03")]
    assert [link for link in lost if not link.startswith(back) and "/trends?metric=" not in link] == []


def numbers(text: str) -> Iterator[tuple[str, int]]:
    """(where it leads, the number) of every number on a page that leads to tickets."""
    for _, link, _, words in LINK.findall(text):
        result = NUMBER.fullmatch(re.sub(r"<[^>]+>", "", words).strip())
        if result and link.startswith("/tickets?"):
            yield unescape(link), int(result[1].replace(",", ""))


@cache
def length(url: str) -> int:
    """How many tickets a list says it has; `ALL` where they are more than are counted."""
    result = COUNTED.search(httpx.get(url, timeout=60).text)
    assert result is not None, url
    return ALL if result[1].startswith("More") else int(result[1].replace(",", ""))
