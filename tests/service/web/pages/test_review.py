"""Review without a browser: a decision, its undoing, and the numbers of the analysis that has it in it."""

import threading
from collections.abc import Callable

import pytest
from fastapi import FastAPI

from service.web.server import application
from service.web.website import AnalysisRunner, Website
from tests.service.pipeline.world import World
from tests.service.web.auth.test_access import EDITOR, LOCKED, VIEWER, logged_in
from tests.service.web.browser import Browser

Opened = Callable[..., FastAPI]
JSON = {"accept": "application/json"}


@pytest.fixture
def browser(app_of: Opened) -> Browser:
    return Browser(app_of())


def decision(browser: Browser, id_: str, work_class: str = "delivery") -> dict[str, str]:
    """The form of a decision on a ticket of the small company."""
    page = browser.get("/review").text
    before = page.partition('id="undo"')[2].partition('name="before" value="')[2].partition('"')[0]
    return {"token": browser.token("/review"), "ticket": f"alpha:{id_}", "class": work_class, "before": before}


def labelled(world: World) -> dict[str, str]:
    with world.database.read() as connection:
        return dict(connection.exec_driver_sql("SELECT external_id, work_class FROM label").all())


def test_without_a_script_the_list_comes_back_with_the_numbers_before_and_now(browser: Browser, world: World) -> None:
    answer = browser.post("/review", decision(browser, "o1"))
    assert answer.status_code == 303
    page = browser.get(answer.headers["location"]).text
    assert ">1 ticket</a> so far" in page
    assert '<th scope="col" class="num">Before</th>' in page
    assert "Your last decision is saved." in page
    assert "being analysed" not in page
    undone = browser.post("/review/undo", decision(browser, "o1"))
    assert (undone.status_code, labelled(world)) == (303, {})
    assert "Your last decision is saved." not in browser.get(undone.headers["location"]).text


def test_a_script_gets_the_numbers_of_the_analysis_that_it_was_named(browser: Browser, world: World) -> None:
    for place in range(3):
        response = browser.post("/review", decision(browser, f"o{place}"), **JSON)
        assert (response.status_code, response.json()["analysis"] > 0) == (202, True)
    assert labelled(world) == dict.fromkeys(("o0", "o1", "o2"), "delivery")
    query = f"analysis={response.json()['analysis']}&before=0.1000,,0.3000,0.4000"
    moved = browser.get(f"/review/moved?{query}")
    assert moved.status_code == 200
    assert ">3 tickets</a> so far" in moved.text
    assert "10.0\N{NO-BREAK SPACE}%" in moved.text
    assert "not measurable" in moved.text
    assert world.facts()["o2"].fact.nature == "proactive"


def test_the_numbers_wait_for_the_analysis_and_say_so(site_of: Callable[..., Website], world: World) -> None:
    site, has_begun, may_end = site_of(), threading.Event(), threading.Event()
    analyse = site.analysis_runner.analyse

    def slow() -> None:
        has_begun.set()
        may_end.wait(60)
        analyse()

    site.analysis_runner.analyse = slow
    site.analysis_runner.patience = 0.1
    browser = Browser(application(site, lambda: None))
    response = browser.post("/review", decision(browser, "o1"), **JSON).json()
    assert has_begun.wait(60)
    later = browser.post("/review", decision(browser, "o2"), **JSON).json()
    assert later["analysis"] == response["analysis"] + 1, "the first one has begun without it"
    assert browser.get(f"/review/moved?analysis={response['analysis']}").status_code == 202
    assert "Your decision is being analysed" in browser.get(response["onward"]).text
    may_end.set()
    result = site.analysis_runner.outcome(later["analysis"], patience=60)
    assert (result, browser.get(f"/review/moved?analysis={later['analysis']}").status_code) == ("done", 200)
    assert "being analysed" not in browser.get(later["onward"]).text


def test_an_analysis_that_failed_or_is_not_remembered_is_unknown(
    site_of: Callable[..., Website], browser: Browser
) -> None:
    worked = [True]

    def work() -> None:
        if not worked[0]:
            raise RuntimeError("the disk is full")

    analysis_runner = AnalysisRunner(work)
    assert analysis_runner.outcome(analysis_runner.request(), 60) == "done"
    worked[0] = False
    failed = analysis_runner.request()
    assert analysis_runner.outcome(failed, 60) == "unknown"
    worked[0] = True
    assert analysis_runner.outcome(analysis_runner.request(), 60) == "done"
    assert analysis_runner.outcome(failed) == "done", "a later one has done its work"
    assert browser.get("/review/moved?analysis=7").status_code == 503
    assert "The next analysis includes it" in browser.get("/review?analysis=7").text


@pytest.mark.parametrize("path", ["/review", "/review/undo"])
def test_a_viewer_decides_nothing_and_a_wrong_ticket_is_refused(app_of: Opened, world: World, path: str) -> None:
    app = app_of(**LOCKED)
    viewer, editor = logged_in(app, VIEWER), logged_in(app, EDITOR)
    form = {"ticket": "alpha:o1", "class": "delivery"}
    assert viewer.post(path, form | {"token": viewer.token()}).status_code == 403
    assert editor.post(path, form).status_code == 403
    assert editor.post(path, form | {"token": editor.token(), "ticket": "alpha:none"}).status_code == 400
    assert labelled(world) == {}
