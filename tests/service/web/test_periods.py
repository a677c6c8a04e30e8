"""Any period of closed weeks on every page; the verdict with that of its definition only."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from config.settings import Settings
from service.analysis.weeks import Weeks
from service.pipeline.analyst import Analyst
from service.report.cache import Reporter
from service.report.page_sections import build_sections
from service.report.sections.cycles import CyclesSection
from service.report.sections.groups import GroupsSection, LoopsSection
from service.report.sections.report import Overview
from service.report.serialization import Section
from service.store.queries.scopes import Scope
from service.store.queries.snapshot import Snapshot
from service.store.results.report_cache import REPORT_PART
from service.web.server import application
from service.web.website import Website
from tests.service.pipeline.world import AS_OF, World
from tests.service.web.browser import Browser
from tests.service.web.pages_of_reports import REPORT_PAGES

PAGES = (*REPORT_PAGES, "/tickets", "/definitions", "/docs")
SUNDAY = date(2026, 5, 31)
"""The last day of the newest closed week."""

Opened = Callable[..., FastAPI]


@pytest.fixture
def reporter(world: World) -> Reporter:
    return Reporter(Analyst(world.database, Settings(hourly_rate=80, currency="EUR")))


def stored_sections(world: World) -> int:
    with world.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(REPORT_PART)).scalar_one())


@pytest.mark.parametrize("query", ["weeks=0", "weeks=105", "weeks=x", "until=2026-13-01", "until=x"])
def test_a_period_that_means_nothing_is_answered_with_the_reason(app_of: Opened, query: str) -> None:
    browser = Browser(app_of())
    for path in PAGES:
        answer = browser.get(f"{path}?{query}")
        assert (path, answer.status_code, "Invalid request" in answer.text) == (path, 400, True)


@pytest.mark.parametrize("query", ["weeks=104", "weeks=1&until=1999-01-01", "until=2199-01-01", "weeks=&until="])
def test_every_page_shows_any_period(app_of: Opened, query: str) -> None:
    browser = Browser(app_of())
    assert [path for path in PAGES if browser.get(f"{path}?{query}").status_code != 200] == []


def test_a_period_before_the_data_is_unknown_and_not_zero(app_of: Opened) -> None:
    browser, past = Browser(app_of()), "until=1999-01-01"
    page, cycles = (browser.get(f"{path}?{past}").text for path in ("/", "/cycles"))
    assert "Nothing is known of this period: the data begin on" in page
    assert "Nothing is known of this period: the data begin on" in cycles
    assert "0 repeats" not in page.replace("\N{NO-BREAK SPACE}", " ")
    answer = browser.get(f"/api/v1/metrics?{past}").json()
    assert answer["known_from"]
    values = {(row["value"], row["n"], row["why_not"].split(" on ")[0]) for row in answer["metrics"]}
    assert values == {(None, None, "the data begin")}


def test_lists_charts_and_cycles_of_a_period_before_the_data_show_no_zero(app_of: Opened) -> None:
    browser, past = Browser(app_of()), "until=1999-01-01"
    cycle = browser.get("/api/v1/cycles").json()["cycles"][0]["id"]
    for path in ("/tickets", "/trends", f"/cycles/{cycle}", "/loops"):
        page = browser.get(f"{path}?{past}").text.replace("\N{NO-BREAK SPACE}", " ")
        assert (path, "Nothing is known of this period: the data begin on" in page) == (path, True)
        assert (path, re.findall(r">0<|\b0 (?:tickets|repeats|times)", page)) == (path, [])


def test_numbers_of_a_period_before_the_data_are_null(app_of: Opened) -> None:
    browser, past = Browser(app_of()), "until=1999-01-01"
    cycles = browser.get(f"/api/v1/cycles?{past}").json()["cycles"]
    assert {(row["repeats_in_period"], row["repeat_hours_in_period"], row["money"]) for row in cycles} == {
        (None, None, None)
    }
    loops = browser.get(f"/api/v1/loops?{past}").json()
    assert [loops["reopened"][name] for name in ("tickets", "n", "share", "hours")] == [None] * 4
    groups = browser.get(f"/api/v1/groups?{past}").json()
    assert (groups["teams"], groups["services"]) == ([], [])
    tickets = browser.get(f"/api/v1/tickets?{past}").json()
    assert (tickets["count"], tickets["counted_hours"]) == (None, None)
    points = browser.get("/api/v1/metrics/opened?from=1998-12-01&to=1998-12-31").json()["points"]
    assert {(point["value"], point["n"]) for point in points} == {(None, None)}


def test_a_cycle_has_its_tickets_whatever_the_period(app_of: Opened) -> None:
    browser = Browser(app_of())
    cycle = browser.get("/api/v1/cycles").json()["cycles"][0]
    past = browser.get(f"/api/v1/tickets?cycle={cycle['id']}&until=1999-01-01").json()
    assert past["count"] == cycle["tickets"] > 0


def test_a_week_before_the_data_has_no_number(app_of: Opened) -> None:
    browser = Browser(app_of())
    points = browser.get("/api/v1/metrics/opened?from=2025-12-01&to=2026-01-31").json()["points"]
    assert [point["value"] for point in points if point["first"] < "2026-01-05"] == [None] * 5
    assert all(point["value"] for point in points if point["first"] >= "2026-01-05")


def test_the_verdict_is_shown_with_its_own_period_only(app_of: Opened) -> None:
    browser = Browser(app_of())
    usual, second = browser.get("/").text, browser.get("/?weeks=4&until=2026-04-30").text
    assert "Four questions" in usual
    assert "4 weeks from 30 March 2026 to 26 April 2026" in second.replace("\N{NO-BREAK SPACE}", " ")
    assert 'href="/">see the verdict' in second
    for heading in ("Four questions", "What stands out", 'id="why"', "More reasons"):
        assert heading not in second


def test_the_period_of_the_verdict_is_the_same_however_it_is_asked_for(reporter: Reporter) -> None:
    usual = reporter.section(Overview, Scope())
    assert reporter.section(Overview, Scope(), Weeks(13, SUNDAY)) is usual
    assert usual is not None
    assert usual.verdict is not None


def test_trends_are_shown_where_the_period_ends_now(reporter: Reporter) -> None:
    def trends(period: Weeks) -> list[Any]:
        overview = reporter.section(Overview, Scope(), period)
        assert overview is not None
        return [metric.trend for metric in overview.metrics.values() if metric.trend]

    assert trends(Weeks(26)) == trends(Weeks()) != []
    assert trends(Weeks(13, SUNDAY - timedelta(weeks=1))) == []


def test_numbers_are_those_of_the_period_and_states_those_of_now(reporter: Reporter) -> None:
    periods = Weeks(), Weeks(4, date(2026, 2, 1))
    usual, early = (reporter.section(CyclesSection, Scope(), period) for period in periods)
    assert usual is not None
    assert early is not None
    [now], [then] = usual.cycles, early.cycles
    assert then.repeat_hours_in_period is not None
    assert now.repeat_hours_in_period is not None
    assert 0 < then.repeat_hours_in_period < now.repeat_hours_in_period
    assert (then.state, then.endless, then.episodes, then.hours) == (now.state, now.endless, now.episodes, now.hours)


def test_two_periods_that_meet_add_up_to_one(reporter: Reporter) -> None:
    def count(period: Weeks) -> int:
        overview = reporter.section(Overview, Scope(), period)
        assert overview is not None
        return int(overview.metrics["opened"].value or 0)

    assert count(Weeks(8)) == count(Weeks(4)) + count(Weeks(4, SUNDAY - timedelta(weeks=4))) > 0


def test_only_the_period_of_the_verdict_is_stored_and_memory_is_bounded(
    world: World, reporter: Reporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.report.cache.IN_MEMORY", 20)
    reporter.section(Overview, Scope())
    before = stored_sections(world)
    for count in range(1, 7):
        reporter.section(LoopsSection, Scope(), Weeks(count, SUNDAY - timedelta(weeks=1)))
    assert stored_sections(world) == before > 0
    assert len(reporter._memory) == 20


def test_a_period_is_computed_once_for_all_its_sections(
    world: World, reporter: Reporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshots: list[Snapshot] = []

    def build(snapshot: Snapshot) -> list[Section]:
        snapshots.append(snapshot)
        return build_sections(snapshot)

    monkeypatch.setattr("service.report.cache.build_sections", build)
    for kind in (Overview, LoopsSection, CyclesSection, GroupsSection, LoopsSection):
        reporter.section(kind, Scope(), Weeks(4))
    assert len(snapshots) == 1
    world.as_of = AS_OF + timedelta(days=1)
    world.analyse()
    reporter.section(Overview, Scope(), Weeks(4))
    assert len(snapshots) == 2


@pytest.mark.parametrize("path", ["/?weeks=26", "/api/v1/metrics?weeks=26"])
def test_a_request_while_other_reports_are_computed_says_when_to_retry(
    site_of: Callable[..., Website], monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr("service.web.website.PATIENCE_SECONDS", 0.01)
    site = site_of()
    browser = Browser(application(site, lambda: None))
    with site.reporter._computing:
        answer = browser.get(path)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert browser.get(path).status_code == 200
