"""Corrections of families on the pages: shown, listed for dismissed families, and undone."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI

from service.store.results import feedback
from tests.service.pipeline.world import World
from tests.service.web.auth.test_access import EDITOR, LOCKED, VIEWER, family, logged_in
from tests.service.web.browser import Browser

Opened = Callable[..., FastAPI]


def corrections(world: World) -> list[str]:
    with world.database.read() as connection:
        return [word.what for word in feedback.corrections(connection)]


@pytest.fixture
def name(world: World) -> str:
    return family(world)


def test_a_dismissal_by_mistake_can_be_removed(app_of: Opened, world: World, name: str) -> None:
    browser = Browser(app_of())
    browser.post(f"/cycles/{name}/dismiss", {"token": browser.token(f"/cycles/{name}")})
    listed = browser.get("/cycles").text
    assert f"/cycles/{name}" not in listed
    assert 'href="/words?what=dismiss"' in listed
    assert f'href="/cycles/{name}"' in browser.get("/words?what=dismiss").text
    page = browser.get(f"/cycles/{name}").text
    assert "This family has been dismissed" in page
    assert f'action="/cycles/{name}/undo"' in page
    answer = browser.post(f"/cycles/{name}/undo", {"token": browser.token(f"/cycles/{name}"), "number": "1"})
    assert answer.headers["location"] == f"/cycles/{name}?done=undo"
    assert "Correction removed." in browser.get(f"/cycles/{name}?done=undo").text
    assert f"/cycles/{name}" in browser.get("/cycles").text
    assert (corrections(world), world.family("m1").is_dismissed) == ([], False)


def test_a_word_is_taken_back_where_all_are_listed(app_of: Opened, world: World, name: str) -> None:
    browser = Browser(app_of())
    browser.post(f"/cycles/{name}/fix", {"token": browser.token(f"/cycles/{name}"), "at": "2026-03-01"})
    assert "Fix declared for 1\N{NO-BREAK SPACE}March 2026" in browser.get("/words").text
    assert "Fix declared" not in browser.get("/words?what=merge").text
    answer = browser.post("/words", {"token": browser.token("/words"), "number": "1", "what": "fix"})
    assert answer.headers["location"] == "/words?what=fix&done=undo"
    assert (corrections(world), "There are no corrections." in browser.get("/words").text) == ([], True)


def test_a_fix_in_the_future_is_refused(app_of: Opened, world: World, name: str) -> None:
    browser = Browser(app_of())
    answer = browser.post(f"/cycles/{name}/fix", {"token": browser.token(f"/cycles/{name}"), "at": "2099-10-01"})
    assert (answer.status_code, corrections(world)) == (400, [])
    assert "2099-10-01 is in the future: declare a fix once it is made" in answer.text


@pytest.mark.parametrize("number", ["", "2", "one", "9" * 30])
def test_a_number_that_is_no_word_of_the_family_takes_nothing_back(
    app_of: Opened, world: World, name: str, number: str
) -> None:
    browser = Browser(app_of())
    browser.post(f"/cycles/{name}/dismiss", {"token": browser.token(f"/cycles/{name}")})
    form = {"token": browser.token("/words"), "number": number}
    assert browser.post("/words", form).status_code == 400
    assert browser.post(f"/cycles/{name}/undo", form).status_code == 400
    assert corrections(world) == ["dismiss"]


def test_a_viewer_sees_corrections_and_removes_none(app_of: Opened, world: World, name: str) -> None:
    app = app_of(**LOCKED)
    editor, viewer = logged_in(app, EDITOR), logged_in(app, VIEWER)
    editor.post(f"/cycles/{name}/dismiss", {"token": editor.token()})
    for path in ("/words", f"/cycles/{name}"):
        assert "Dismissed" in viewer.get(path).text
        assert ">Remove</button>" not in viewer.get(path).text
    for path in ("/words", f"/cycles/{name}/undo"):
        assert viewer.post(path, {"token": viewer.token(), "number": "1"}).status_code == 403
        assert editor.post(path, {"number": "1"}).status_code == 403
    assert corrections(world) == ["dismiss"]
