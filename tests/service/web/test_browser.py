"""Every page in a real browser: nothing of strangers, nothing broken, readable, and usable by keyboard."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from service.analysis.formatting import NO_BREAK_SPACE
from tests.marks import each_slow
from tests.service.web.shown import Shown

pytest.importorskip("playwright")
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium")
PICTURES = os.environ.get("PICTURES")
"""A directory for pictures of every page, to be looked at."""
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PAGES = {
    "overview": "/", "evidence": "/evidence", "team": "/?scope=team:Network", "period": "/?weeks=52&until=2026-05-03",
    "cycles": "/cycles", "cycle": "/cycles/{cycle}",
    "loops": "/loops", "trends": "/trends?with=team:Network", "teams": "/teams", "review": "/review",
    "contradictions": "/review?list=contradiction", "sources": "/sources", "gone": "/sources/jira/gone",
    "tickets": "/tickets?about=repeat_share",
    "ticket": "/tickets/{ticket}", "definitions": "/definitions", "api": "/docs", "login": "/login",
    "problem": "/nowhere", "words": "/words", "sample": "/review/sample", "pairs": "/review/pairs",
    "forecast": "/forecast", "run": "/sources/runs/1",
    "decided": "/review?before=0.1,,0.3,0.4&last=jira:1&analysis=99999",
}  # fmt: skip
VARIANTS = ("team", "period", "contradictions", "decided")
"""Pages of the same form as another one."""
LONG = "definitions"
"""The page whose text alone takes as long as three others."""
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
    # Without it axe returns every element that it looked at, which takes longer to hand over than to find.
    "resultTypes": ["violations"],
}

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Watched:
    """A page with what it said and asked for."""

    def __init__(self, page: Page, host: str):
        self.page = page
        self.said: list[str] = []
        self.strangers: list[str] = []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda problem: self.said.append(str(problem)))
        page.on("request", lambda request: self._ask(request.url, host))

    def _ask(self, url: str, host: str) -> None:
        if urlsplit(url).scheme in ("http", "https") and urlsplit(url).netloc != host:
            self.strangers.append(url)


def opened(chromium: Browser, shown: Shown, path: str, **more: object) -> Watched:
    page = chromium.new_page(**more)  # type: ignore[arg-type] # options of a context, by name
    watched = Watched(page, urlsplit(shown.url).netloc)
    page.goto(shown.url + path)
    page.wait_for_load_state("networkidle")
    return watched


def path_of(shown: Shown, name: str) -> str:
    cycle = shown.cycle() if "{cycle}" in PAGES[name] else ""
    return PAGES[name].format(cycle=cycle, ticket="servicenow:INC0010001")


def at_last(page: Page, selector: str, count: int) -> bool:
    """Return whether a page has `count` of these once the analysis after a change is through; reload it until then."""
    for _ in range(60):
        if page.locator(selector).count() == count:
            return True
        page.wait_for_timeout(500)
        page.reload()
    return False


def rules(width: int, scheme: str) -> dict[str, Any]:
    """Return the options of axe for one of the four looks of a page."""
    # Colours differ by scheme and places by width: two looks tell both. Contrast takes four fifths of the time.
    checks_contrast = (width, scheme) in ((1440, "light"), (390, "dark"))
    return RULES | ({} if checks_contrast else {"rules": {"color-contrast": {"enabled": False}}})


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (1440, "light"),
        pytest.param(390, "dark", marks=pytest.mark.slow),
        pytest.param(390, "light", marks=pytest.mark.slow),
        pytest.param(1440, "dark", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize(
    "name", [*(name for name in PAGES if name not in (*VARIANTS, LONG)), *each_slow(*VARIANTS, LONG)]
)
def test_a_page_is_clean(chromium: Browser, page: Shown, name: str, width: int, scheme: str) -> None:
    watched = opened(chromium, page, path_of(page, name), viewport={"width": width, "height": 900}, color_scheme=scheme)
    try:
        expected = ["404"] if name == "problem" else []
        assert [text for text in watched.said if not any(item in text for item in expected)] == []
        assert watched.strangers == []
        assert watched.page.evaluate("document.documentElement.scrollWidth") <= width
        if PICTURES:
            watched.page.screenshot(path=Path(PICTURES) / f"{name}-{width}-{scheme}.png", full_page=True)
        result = Axe().run(watched.page, options=rules(width, scheme)).response["violations"]
        violations = [
            (item["id"], [(node["target"], node.get("failureSummary")) for node in item["nodes"][:3]])
            for item in result
        ]
        assert violations == []
    finally:
        watched.page.close()


TOO_WIDE = """() => {
    for (const folded of document.querySelectorAll("details")) folded.open = true;
    const isSmall = (part) => part.closest("svg, select, .hidden, .skip");
    return [document.documentElement, ...document.querySelectorAll("body *")]
        .filter((part) => part.clientWidth && !isSmall(part) && part.scrollWidth > part.clientWidth + 1)
        .map((part) => [part.tagName, part.className, part.ariaLabel, part.scrollWidth, part.clientWidth].join(" "));
}"""
"""The parts of a page, tables among them, whose content is wider than they are: cut, or over what stands beside."""


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1440])
def test_no_table_and_no_text_is_cut_on_any_page(chromium: Browser, page: Shown, width: int) -> None:
    cut = {}
    for name in PAGES:
        watched = opened(chromium, page, path_of(page, name), viewport={"width": width, "height": 900})
        cut[name] = watched.page.evaluate(TOO_WIDE)
        watched.page.close()
    assert cut == {name: [] for name in PAGES}


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 700, 900])
def test_on_a_small_screen_each_row_is_a_card_whose_lines_bear_the_headings_of_the_columns(
    chromium: Browser, page: Shown, width: int
) -> None:
    watched = opened(chromium, page, "/cycles", viewport={"width": width, "height": 900})
    assert watched.page.evaluate(TOO_WIDE) == []
    assert not watched.page.locator("thead").first.is_visible()
    labels = watched.page.locator("tbody tr").first.locator("td").evaluate_all(
        "cells => cells.map((cell) => getComputedStyle(cell, '::before').content)"
    )  # fmt: skip
    assert [label.strip('"') for label in labels] == [
        "Repeats in period", "Hours of them", "Hours in all", "Flare-ups", "Tickets", "Every", "Last seen", "Teams",
        "Fixes",
    ]  # fmt: skip
    watched.page.locator("#sort").select_option("tickets")
    watched.page.get_by_role("button", name="Filter").click()
    assert "sort=tickets" in watched.page.url
    watched.page.close()


@pytest.mark.parametrize("name", ["overview", "cycle", "trends"])
def test_a_page_shows_its_charts_without_scripts(chromium: Browser, page: Shown, name: str) -> None:
    watched = opened(chromium, page, path_of(page, name), java_script_enabled=False)
    assert watched.page.locator("svg.chart-wide").first.is_visible()
    watched.page.close()


READINGS = """() => {
    const overlay = echarts.getInstanceByDom(document.querySelector(".plot .canvas"));
    return overlay.getZr().storage.getDisplayList(true).map((shape) => shape.style.text ?? "").join("");
}"""


@pytest.mark.parametrize("width", [390, 1440])
def test_with_scripts_the_same_chart_shows_the_readings_under_the_pointer(
    chromium: Browser, page: Shown, width: int
) -> None:
    watched = opened(chromium, page, "/trends", viewport={"width": width, "height": 900})
    drawing = watched.page.locator(".plot svg:visible")
    assert drawing.count() == 1
    canvas = watched.page.locator(".plot .canvas")
    assert canvas.bounding_box() == drawing.bounding_box()
    assert "Week from" not in watched.page.evaluate(READINGS)
    canvas.hover()
    watched.page.wait_for_function(f"({READINGS})().includes('Week from')")
    assert "Everything:" in watched.page.evaluate(READINGS)
    assert watched.said == []
    watched.page.close()


@pytest.mark.parametrize("path", ["/", "/evidence"])
def test_every_figure_leads_to_its_meaning_and_what_it_counts(chromium: Browser, page: Shown, path: str) -> None:
    watched = opened(chromium, page, path)
    figures = watched.page.locator(".figure")
    for place in range(figures.count()):
        figure = figures.nth(place)
        meaning = figure.locator("h2 a.term").get_attribute("href") or ""
        assert meaning.startswith("/definitions#")
        counted = figure.locator(".big a.number").get_attribute("href") or ""
        assert counted.startswith(("/tickets?about=", "/cycles?state="))
    watched.page.close()


def test_the_first_page_is_read_in_a_minute(chromium: Browser, page: Shown) -> None:
    watched = opened(chromium, page, "/")
    shown = watched.page.locator("body").inner_text().replace(NO_BREAK_SPACE, " ")
    options = " ".join(watched.page.locator("option").all_inner_texts())
    assert len(shown.split()) - len(options.split()) <= 350
    assert watched.page.locator("a:visible").count() <= 60
    lead = watched.page.locator("h1").inner_text() + " " + watched.page.locator(".lead").inner_text()
    assert len(lead.split()) <= 30
    assert not re.search(r"95 %|\bn =|\bp [=<]", shown)
    watched.page.locator("details.sure summary").click()
    assert "95 % interval" in watched.page.locator("details.sure").inner_text().replace(NO_BREAK_SPACE, " ")
    watched.page.close()


def test_the_keyboard_reaches_everything_and_shows_where_it_is(chromium: Browser, page: Shown) -> None:
    watched = opened(chromium, page, "/")
    watched.page.keyboard.press("Tab")
    assert watched.page.evaluate("document.activeElement.textContent") == "Skip to content"
    watched.page.keyboard.press("Enter")
    assert watched.page.evaluate("document.activeElement.id") == "content"
    for _ in range(3):
        watched.page.keyboard.press("Tab")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert watched.page.evaluate(outline) != "none"
    watched.page.close()


def test_one_key_decides_a_ticket_and_goes_on_to_the_next(chromium: Browser, changing_page: Shown) -> None:
    watched = opened(chromium, changing_page, "/review")
    items = watched.page.locator(".review-item")
    count, first = items.count(), items.first.get_attribute("data-key")
    watched.page.keyboard.press("j")
    assert watched.page.evaluate("document.activeElement === document.body"), "a single key works in the list alone"
    watched.page.locator("#review").focus()
    watched.page.keyboard.press("j")
    watched.page.keyboard.press("1")
    watched.page.wait_for_function("n => document.querySelectorAll('.review-item').length < n", arg=count)
    assert first not in [item.get_attribute("data-key") for item in items.all()]
    assert "failure" in watched.page.locator("#decided").inner_text()
    assert watched.page.evaluate("document.activeElement.className").startswith("panel review-item")
    watched.page.reload()
    assert "People have decided 1 ticket so far" in watched.page.locator("main").inner_text()
    watched.page.close()


UP_TO_DATE = "() => document.getElementById('analysis').textContent === 'The numbers are up to date.'"


def reviewing(chromium: Browser, shown: Shown) -> Watched:
    """The review list, marked so that a reload would show; its first ticket in focus."""
    watched = opened(chromium, shown, "/review")
    watched.page.evaluate("window.isTheSame = true")
    watched.page.locator("#review").focus()
    watched.page.keyboard.press("j")
    return watched


def affected(page: Page) -> list[str]:
    """Return the numbers of the table, and the sentence on the tickets that persons have decided."""
    cells = page.locator("#metrics td:nth-last-child(3)").all_inner_texts()
    return [*cells, page.locator("#metrics p").inner_text()]


def decide(page: Page, key: str) -> None:
    """Presses a key and waits until the ticket has left the list, and no longer."""
    count = page.locator(".review-item").count()
    page.keyboard.press(key)
    page.wait_for_function("n => document.querySelectorAll('.review-item').length < n", arg=count)


@pytest.mark.slow
def test_what_it_moves_follows_several_quick_decisions_and_their_undoing(
    chromium: Browser, changing_page: Shown
) -> None:
    watched = reviewing(chromium, changing_page)
    keys = [item.get_attribute("data-key") for item in watched.page.locator(".review-item").all()]
    decide(watched.page, "7")
    assert "Analysing" in watched.page.locator("#analysis").inner_text()
    watched.page.wait_for_function(UP_TO_DATE, timeout=60_000)
    first = affected(watched.page)
    for key in "7171":
        decide(watched.page, key)
    watched.page.wait_for_function(UP_TO_DATE, timeout=60_000)
    after = affected(watched.page)
    assert after != first
    assert watched.page.locator("#metrics th").nth(1).inner_text() == "Before"
    reloaded = opened(chromium, changing_page, "/review")
    assert affected(reloaded.page) == after
    reloaded.page.close()
    for _ in range(4):
        count = watched.page.locator(".review-item").count()
        watched.page.keyboard.press("u")
        watched.page.wait_for_function("n => document.querySelectorAll('.review-item').length > n", arg=count)
    watched.page.wait_for_function(UP_TO_DATE, timeout=60_000)
    assert affected(watched.page) == first
    assert [item.get_attribute("data-key") for item in watched.page.locator(".review-item").all()] == keys[1:]
    watched.page.keyboard.press("u")
    watched.page.locator("#undo").wait_for(state="hidden")
    watched.page.wait_for_function(UP_TO_DATE, timeout=60_000)
    assert watched.page.evaluate("document.activeElement.dataset.key") == keys[0]
    assert watched.page.evaluate("window.isTheSame")
    assert watched.said == []
    watched.page.close()


@pytest.mark.slow
def test_a_refused_decision_shows_a_message_and_leaves_the_ticket(chromium: Browser, page: Shown) -> None:
    watched = reviewing(chromium, page)
    methods: list[str] = []
    watched.page.on("request", lambda request: methods.append(request.method))
    watched.page.evaluate("document.querySelectorAll('[name=token]').forEach((one) => { one.value = 'old'; })")
    count = watched.page.locator(".review-item").count()
    watched.page.keyboard.press("1")
    watched.page.wait_for_function("() => document.getElementById('decided').textContent.includes('not saved')")
    watched.page.wait_for_timeout(500)
    assert (methods, watched.page.locator(".review-item").count()) == (["POST"], count)
    watched.page.close()


@pytest.mark.slow
def test_without_scripts_the_last_decision_is_undone_with_a_button(chromium: Browser, changing_page: Shown) -> None:
    watched = opened(chromium, changing_page, "/review", java_script_enabled=False)
    before = affected(watched.page)
    first = watched.page.locator(".review-item").first
    key = first.get_attribute("data-key")
    first.get_by_role("button", name="failure").click()
    assert watched.page.locator(".review-item").first.get_attribute("data-key") != key
    watched.page.get_by_role("button", name="Undo the last decision").click()
    assert watched.page.locator(".review-item").first.get_attribute("data-key") == key
    # Under load the analysis outlasts the patience of the page, which then asks for a reload.
    while "being analysed" in watched.page.locator("#analysis").inner_text():
        watched.page.reload()
    assert affected(watched.page) == before
    watched.page.close()


@pytest.mark.slow
def test_a_dismissed_family_is_found_and_brought_back(chromium: Browser, changing_page: Shown) -> None:
    name = changing_page.cycle()
    watched = opened(chromium, changing_page, f"/cycles/{name}")
    watched.page.get_by_role("button", name="Dismiss").click()
    watched.page.get_by_role("link", name="Cycles").first.click()
    assert at_last(watched.page, f"main a[href='/cycles/{name}']", 0)
    watched.page.get_by_role("link", name="Dismissed families").click()
    assert Axe().run(watched.page, options=RULES).response["violations"] == []
    watched.page.locator(f"main a[href='/cycles/{name}']").click()
    assert Axe().run(watched.page, options=RULES).response["violations"] == []
    watched.page.get_by_role("button", name="Remove").first.click()
    assert "Correction removed" in watched.page.locator("main").inner_text()
    watched.page.goto(changing_page.url + "/cycles")
    assert at_last(watched.page, f"main tbody a[href='/cycles/{name}']", 1)
    watched.page.close()


def test_a_fix_is_declared_and_stands_in_the_timeline(chromium: Browser, changing_page: Shown) -> None:
    watched = opened(chromium, changing_page, f"/cycles/{changing_page.cycle()}")
    watched.page.fill("#at", "2026-03-01")
    watched.page.get_by_role("button", name="Declare").click()
    assert at_last(watched.page, "svg.chart-wide .fix", 1)
    assert "declared 2026-03-01" in watched.page.locator("main").inner_text()
    watched.page.close()
