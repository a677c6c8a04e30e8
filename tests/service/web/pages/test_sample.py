"""The audit sample without a browser: an answer, its undoing, and who may give one."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI

from service.pipeline import audit_sample
from tests.service.pipeline.world import World
from tests.service.web.auth.test_access import LOCKED, VIEWER, logged_in
from tests.service.web.browser import Browser

Opened = Callable[..., FastAPI]
PAGE = "/review/sample"


@pytest.fixture
def browser(app_of: Opened) -> Browser:
    return Browser(app_of())


def judged(world: World) -> dict[str, bool]:
    with world.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT external_id, same FROM audit_answer").all()
    return {id_: bool(same) for id_, same in rows}


def answer(browser: Browser, id_: str, text: str = "same") -> dict[str, str]:
    return {"token": browser.token(PAGE), "ticket": f"alpha:{id_}", "class": text}


def test_an_answer_is_stored_leaves_the_list_and_is_taken_back(browser: Browser, world: World) -> None:
    [first, *_] = audit_sample.to_judge(world.analyst, 1)
    assert f'aria-label="{first.key}"' in browser.get(PAGE).text

    response = browser.post(PAGE, answer(browser, first.id))

    assert (response.status_code, judged(world)) == (303, {first.id: True})
    page = browser.get(response.headers["location"]).text
    assert "Your last answer is saved." in page
    assert f'aria-label="{first.key}"' not in page
    assert browser.post(f"{PAGE}/undo", answer(browser, first.id)).status_code == 303
    assert judged(world) == {}


def test_a_script_gets_the_numbers_of_the_analysis_that_it_was_named(browser: Browser, world: World) -> None:
    [first, *_] = audit_sample.to_judge(world.analyst, 1)

    response = browser.post(PAGE, answer(browser, first.id, "different"), accept="application/json")

    assert (response.status_code, judged(world)) == (202, {first.id: False})
    moved = browser.get(f"{PAGE}/moved?analysis={response.json()['analysis']}")
    assert moved.status_code == 200
    # The tickets of the small company are older than the 13 weeks before now.
    assert "No source has reactive tickets" in moved.text


def test_an_unknown_answer_or_ticket_is_refused(browser: Browser, world: World) -> None:
    assert browser.post(PAGE, answer(browser, "o1", "perhaps")).status_code == 400
    assert browser.post(PAGE, answer(browser, "nobody")).status_code == 400
    assert browser.post(f"{PAGE}/undo", answer(browser, "o1")).status_code == 400
    assert judged(world) == {}


def test_only_an_editor_with_a_form_of_the_session_answers(app_of: Opened, world: World) -> None:
    viewer = logged_in(app_of(**LOCKED), VIEWER)
    assert 'value="different"' not in viewer.get(PAGE).text
    assert viewer.post(PAGE, {"token": "x", "ticket": "alpha:o1", "class": "same"}).status_code == 403
    assert judged(world) == {}


def test_sources_say_how_much_can_be_seen_and_lead_to_the_sample(browser: Browser) -> None:
    page = browser.get("/sources").text
    [source] = [source for source in browser.get("/api/v1/sources").json()["sources"] if source["name"] == "alpha"]

    assert source["visibility"]["n"] > 0
    assert source["recall"] is None
    assert "How much can be seen and recognised?" in page
    assert "judge the audit sample" in page
