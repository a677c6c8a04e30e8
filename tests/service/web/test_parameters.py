"""Odd values in every parameter of every page and of the API: refused with the reason, and never an error of ours."""

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from config.settings import Settings
from service.monitoring.health import Readiness
from service.pipeline.analyst import Analyst
from service.store.database import Database
from service.store.results import feedback
from service.web.parameters import ParameterError, cursor, day, whole_number
from service.web.server import application
from service.web.website import open_website
from tests.service.pipeline.world import World
from tests.service.web.auth.test_access import family
from tests.service.web.browser import Browser

Opened = Callable[..., FastAPI]
DIGITS = "9" * 5000
NUMBERS = ("-1", "1.5", "1e9", "x", DIGITS, "٣", "0x1", " ", "1_0", "99999999999999999999")
DAYS = ("0001-01-01", "9999-12-31", "1979-12-31", "2200-01-01", "2026-02-30", "-0001-01-01", "now", DIGITS, "1e400")
CURSORS = ("x", "1", "1-", "-1", "1--1", f"{DIGITS}-1", f"1-{DIGITS}", "٣-٣", "1-1-1")
TEXTS = (
    DIGITS,
    "-1",
    "'; DROP TABLE ticket; --",
    "%",
    "\\",
    "a" * 9000,
    "\ud83d\ude00",
    "\x1b[31m",
    "NaN",
    "=1+1",
    "١",
)
NAMES = (
    "scope", "with", "about", "cycle", "episode", "ids", "giver", "taker", "metric", "grain", "sort", "state", "team",
    "service", "source", "fix", "broken_by", "find", "list", "before", "last", "done", "what", "limit", "next",
    "from", "to", "until", "weeks", "page", "after", "analysis",
)  # fmt: skip
REFUSED = (
    *(("/cycles", "page", value) for value in (*NUMBERS, "0")),
    *(("/words", "page", value) for value in NUMBERS),
    *((path, name, value) for path in ("/tickets", "/trends") for name in ("from", "to") for value in DAYS),
    *((path, "after", value) for path in ("/tickets", "/review") for value in CURSORS),
    *(("/sources/jira/gone", "after", value) for value in NUMBERS),
    *(("/review", "analysis", value) for value in NUMBERS),
    *(("/", "until", value) for value in DAYS),
    *(("/", "weeks", value) for value in (*NUMBERS, "0", "105")),
    ("/trends.csv", "to", "0001-01-01"), ("/trends.csv", "from", "9999-12-31"), ("/review/moved", "analysis", DIGITS),
)  # fmt: skip


def test_a_value_that_a_parameter_cannot_have_is_refused_with_the_reason(app_of: Opened) -> None:
    browser = Browser(app_of())
    for path, name, value in REFUSED:
        answer = browser.get(f"{path}?{name}={quote(value)}")
        assert answer.status_code == 400, (path, name, value[:40])
        assert "Invalid request" in answer.text
        assert len(answer.text) < 5000 + len(value)


def test_a_store_without_an_analysis_refuses_the_same(migrated_file: Path, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{shutil.copy(migrated_file, tmp_path)}")
    browser = Browser(application(open_website(Analyst(database, Settings()), Readiness), lambda: None))
    for path, name, value in REFUSED:
        assert browser.get(f"{path}?{name}={quote(value)}").status_code == 400, (path, name, value[:40])
    assert browser.get("/cycles?page=1&from=2026-03-02&to=&after=1-1").status_code == 200
    database.dispose()


def test_a_first_day_after_the_last_is_refused(app_of: Opened) -> None:
    browser, days = Browser(app_of()), "from=2026-01-02&to=2026-01-01"
    for path in ("/tickets", "/trends", "/trends.csv"):
        answer = browser.get(f"{path}?{days}")
        assert answer.status_code == 400, path
        assert "&#39;2026-01-02&#39; is not a valid from: it must not be after to, which is" in answer.text
        assert browser.get(f"{path}?from=2026-01-01&to=2026-01-01").status_code == 200
    for path in ("/api/v1/tickets", "/api/v1/metrics/backlog"):
        answer = browser.get(f"{path}?{days}")
        assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["query", "to"]), path
        assert "to, 2026-01-01, must not be before from, 2026-01-02" in answer.json()["detail"][0]["msg"]
        assert browser.get(f"{path}?from=2026-01-01&to=2026-01-01").status_code == 200


def test_a_form_with_odd_values_is_refused(app_of: Opened, world: World) -> None:
    browser, name = Browser(app_of()), family(world)
    token = browser.token(f"/cycles/{name}")
    for at in (*DAYS, ""):
        answer = browser.post(f"/cycles/{name}/fix", {"token": token, "at": at})
        assert (answer.status_code, "Give the day of the fix" in answer.text) == (400, True), at[:40]
    for number in (*NUMBERS, ""):
        assert browser.post("/words", {"token": token, "number": number}).status_code == 400, number[:40]
    assert browser.post("/login", {f"field{number}": "" for number in range(6000)}).status_code == 413
    with world.database.read() as connection:
        assert feedback.corrections(connection) == []


def test_the_api_refuses_what_a_page_refuses(app_of: Opened) -> None:
    browser = Browser(app_of())
    # pydantic takes 1_0 for 10, as Python does.
    numbers = [value for value in NUMBERS if value != "1_0"]
    odd: dict[str, Sequence[str]] = {
        "from": DAYS,
        "to": DAYS,
        "until": DAYS,
        "page": numbers,
        "weeks": numbers,
        "after": CURSORS,
        "limit": numbers,
    }
    paths = {"from": "/tickets", "to": "/metrics/backlog", "after": "/tickets", "limit": "/review"}
    for name, values in odd.items():
        for value in values:
            answer = browser.get(f"/api/v1{paths.get(name, '/cycles')}?{name}={quote(value)}")
            assert answer.status_code == 422, (name, value[:40])
            assert answer.json()["detail"]


def test_a_usual_value_passes() -> None:
    assert whole_number({"page": "12"}, "page", 1, least=1, most=20) == 12
    assert whole_number({"page": ""}, "page", 1, least=1, most=20) == 1
    assert str(day({"to": "2026-03-29"}, "to")) == "2026-03-29"
    assert cursor({"after": "1780300800-4711"}) == (1780300800, 4711)
    assert (day({}, "to"), cursor({})) == (None, None)
    with pytest.raises(ParameterError, match="from 1 to 20"):
        whole_number({"page": "21"}, "page", 1, least=1, most=20)


def paths(app: FastAPI) -> Iterator[str]:
    """Yield the path of every route that is read, with odd names in place of its parameters."""
    for route in app.routes:
        path = getattr(route, "path", "")
        if isinstance(route, APIRoute) and "GET" in (route.methods or ()):
            yield path
            continue
        for inner in getattr(getattr(route, "original_router", None), "routes", ()):
            yield inner.path


@pytest.mark.slow
def test_no_value_of_any_parameter_is_an_error_of_ours(app_of: Opened) -> None:
    app = app_of()
    browser, every = Browser(app), sorted(set(paths(app)))
    assert len(every) > 35, every
    for path in every:
        texts = [quote(value, errors="surrogatepass") for value in (*TEXTS, NUMBERS[-1], DAYS[0], CURSORS[-1])]
        requests = [re.sub(r"\{[^}]+\}", text, path) for text in (texts if "{" in path else texts[:1])]
        # All values in one parameter would be minutes: one text in all, every text in one that is free.
        requests += [f"{re.sub(r'{[^}]+}', 'x', path)}?{name}={text}" for name in NAMES for text in texts[:1]]
        requests += [f"{re.sub(r'{[^}]+}', 'x', path)}?scope={text}" for text in texts]
        for request in requests:
            assert browser.get(request).status_code < 500, request[:200]
