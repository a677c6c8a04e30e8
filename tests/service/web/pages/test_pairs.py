"""Likely pairs on their page and in the API: an answer, its undoing, groups, and who may give one."""

import html
import json
import re
from collections.abc import Callable

import pytest
from fastapi import FastAPI

from service.pipeline.likely_pairs import LikelyPair, PairQueue
from service.web.html.differences import mark_differences
from service.web.pages import pairs as page
from service.web.pages.pairs import group_pairs_by_family, pair_name
from tests.service.pipeline.world import World
from tests.service.web.auth.test_access import LOCKED, VIEWER, logged_in
from tests.service.web.browser import Browser

Opened = Callable[..., FastAPI]
PAGE = "/review/pairs"


@pytest.fixture(autouse=True)
def _unlikely_pairs_too(monkeypatch: pytest.MonkeyPatch) -> None:
    # In a company of a few words, each of them says little.
    monkeypatch.setattr(page, "LEAST_PROBABILITY", 0.0)


@pytest.fixture
def browser(app_of: Opened) -> Browser:
    return Browser(app_of())


@pytest.fixture
def pair(world: World) -> LikelyPair:
    return PairQueue(world.analyst).pairs(1)[0]


def answers(world: World) -> list[tuple[str, set[str]]]:
    return [(correction.what, set(correction.external_ids)) for correction in world.corrections()]


def form(browser: Browser, name: str, text: str = "same") -> dict[str, str]:
    return {"token": browser.token(PAGE), "ticket": name, "class": text}


@pytest.mark.parametrize("given", ["same", "not", "later"])
def test_an_answer_is_stored_leaves_the_list_and_is_taken_back(
    browser: Browser, world: World, pair: LikelyPair, given: str
) -> None:
    name = pair_name(pair)
    assert html.escape(name, quote=True) in browser.get(PAGE).text.replace("&#34;", "&quot;")

    response = browser.post(PAGE, form(browser, name, given))

    assert (response.status_code, answers(world)) == (303, [(given, {ticket.id for ticket in pair.tickets})])
    shown = browser.get(response.headers["location"]).text
    assert "Your last answer is saved." in shown
    assert html.escape(name, quote=True) not in _articles(shown)
    assert browser.post(f"{PAGE}/undo", form(browser, name)).status_code == 303
    assert answers(world) == []


def _articles(page: str) -> str:
    return "".join(re.findall(r"<article.*?</article>", page, re.DOTALL)).replace("&#34;", "&quot;")


def test_a_group_is_answered_at_once(browser: Browser, world: World) -> None:
    pairs = PairQueue(world.analyst).pairs(2)
    body = {"token": browser.token(PAGE), "class": "not", "ticket": [pair_name(pair) for pair in pairs]}

    response = browser.post(PAGE, body)

    assert response.status_code == 303
    assert answers(world) == [("not", {ticket.id for ticket in pair.tickets}) for pair in pairs]
    undo = {"token": browser.token(PAGE), "ticket": json.dumps([json.loads(pair_name(pair)) for pair in pairs])}
    assert html.escape(undo["ticket"]).replace("&quot;", "&#34;") in browser.get(response.headers["location"]).text
    assert browser.post(f"{PAGE}/undo", undo).status_code == 303
    assert answers(world) == []


def test_of_a_group_all_pairs_are_answered_or_none(browser: Browser, world: World, pair: LikelyPair) -> None:
    names = [pair_name(pair), '["alpha:o1", "alpha:nobody"]']

    assert browser.post(PAGE, {"token": browser.token(PAGE), "class": "not", "ticket": names}).status_code == 400
    assert answers(world) == []


def test_a_form_without_a_pair_is_refused(browser: Browser) -> None:
    assert browser.post(PAGE, {"token": browser.token(PAGE), "class": "not"}).status_code == 400


def test_unlikely_pairs_are_not_shown(browser: Browser, pair: LikelyPair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "LEAST_PROBABILITY", pair.probability + 0.001)
    assert "No two problems are likely enough to be the same." in browser.get(PAGE).text


def test_pairs_that_share_a_family_are_a_group(world: World, pair: LikelyPair) -> None:
    pairs = PairQueue(world.analyst).pairs(100)
    groups = group_pairs_by_family(pairs)

    assert sorted(map(pair_name, pairs)) == sorted(pair_name(each) for group in groups for each in group)
    families = [{ticket.family for each in group for ticket in each.tickets} for group in groups]
    assert sum(map(len, families)) == len(set().union(*families))
    assert groups[0][0] == pair


def test_a_script_gets_the_numbers_of_the_analysis_that_it_was_named(browser: Browser, pair: LikelyPair) -> None:
    response = browser.post(PAGE, form(browser, pair_name(pair), "not"), accept="application/json")

    assert response.status_code == 202
    moved = browser.get(f"{PAGE}/moved?analysis={response.json()['analysis']}")
    assert moved.status_code == 200
    assert "0 the same, 1 not the same, 0 put off" in moved.text


@pytest.mark.parametrize("name", ["", "alpha:1", "[1, 2]", '{"a": 1}', '["alpha:1"]', '["alpha:1", "alpha:none"]'])
def test_what_names_no_pair_is_refused(browser: Browser, world: World, name: str) -> None:
    assert browser.post(PAGE, form(browser, name)).status_code == 400
    assert browser.post(f"{PAGE}/undo", form(browser, name)).status_code == 400
    assert answers(world) == []


def test_an_unknown_answer_is_refused(browser: Browser, world: World, pair: LikelyPair) -> None:
    response = browser.post(PAGE, form(browser, pair_name(pair), "perhaps"))

    assert response.status_code == 400
    assert "must be same, not, later" in html.unescape(response.text)
    assert answers(world) == []


def test_only_an_editor_with_a_form_of_the_session_answers(app_of: Opened, world: World, pair: LikelyPair) -> None:
    viewer = logged_in(app_of(**LOCKED), VIEWER)
    assert 'value="later"' not in viewer.get(PAGE).text
    assert viewer.post(PAGE, {"token": "x", "ticket": pair_name(pair), "class": "same"}).status_code == 403
    assert answers(world) == []


def test_the_api_lists_the_same_pairs(browser: Browser, world: World) -> None:
    listed = browser.get("/api/v1/pairs?limit=3").json()["pairs"]

    queue = PairQueue(world.analyst).pairs(3)
    assert [[pair["a"], pair["b"]] for pair in listed] == [[ticket.id for ticket in pair.tickets] for pair in queue]
    assert [pair["probability"] for pair in listed] == pytest.approx([pair.probability for pair in queue])
    assert browser.get("/api/v1/pairs?limit=0").status_code == 422


def test_words_that_one_text_alone_has_are_marked() -> None:
    marked = mark_differences("Mail <b> gateway rejects", "the GATEWAY rejects mail")

    assert str(marked) == "Mail &lt;<mark>b</mark>&gt; gateway rejects"
    assert str(mark_differences("", "x")) == ""


def test_names_of_pairs_are_json(pair: LikelyPair) -> None:
    assert json.loads(pair_name(pair)) == [f"{pair.source}:{ticket.id}" for ticket in pair.tickets]
