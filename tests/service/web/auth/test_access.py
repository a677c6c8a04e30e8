"""Access: who may enter, who may change, and what no other site can do."""

import importlib
import pkgutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from fastapi import FastAPI
from fastapi.routing import APIRoute

from service.store.results import feedback
from service.web import pages
from service.web.api import routes as routes_of_api
from service.web.auth.middleware import SAFE_METHODS
from service.web.auth.session import Sessions
from service.web.website import Website
from tests.service.pipeline.world import World
from tests.service.web.browser import Browser
from tests.service.web.pages_of_reports import REPORT_PAGES

VIEWER, EDITOR, TOKEN = "viewers may look", "editors may change", "a token of sixteen or more"
PAGES = (
    *REPORT_PAGES, "/words", "/forecast", "/review/pairs", "/review/sample", "/tickets", "/definitions", "/docs",
)  # fmt: skip
LOCKED = {"host": "0.0.0.0", "password": VIEWER, "editor_password": EDITOR, "token": TOKEN}
PROXY = {"auth": "proxy", "host": "0.0.0.0", "proxies": "10.0.0.0/8", "editors": "ann"}

Opened = Callable[..., FastAPI]


def logged_in(app: FastAPI, password: str) -> Browser:
    browser = Browser(app)
    assert browser.post("/login", {"password": password, "next": "/"}).status_code == 303
    return browser


def family(world: World) -> str:
    with world.database.read() as connection:
        return str(connection.exec_driver_sql("SELECT name FROM family WHERE is_cycle").scalar_one())


@pytest.mark.parametrize("path", PAGES)
def test_nobody_sees_a_page_without_a_password(app_of: Opened, path: str) -> None:
    answer = Browser(app_of(**LOCKED)).get(path)
    assert (answer.status_code, answer.headers["location"].startswith("/login?next=")) == (303, True)


def test_the_api_asks_programs_for_a_token(app_of: Opened) -> None:
    app = app_of(**LOCKED)
    refused = Browser(app).get("/api/v1/metrics")
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert Browser(app).get("/api/v1/metrics", authorization="Bearer wrong").status_code == 401
    assert Browser(app).get("/api/v1/metrics", authorization=f"Bearer {TOKEN}").status_code == 200
    assert logged_in(app, VIEWER).get("/api/v1/metrics").status_code == 200


def test_a_token_opens_no_page(app_of: Opened) -> None:
    assert Browser(app_of(**LOCKED)).get("/cycles", authorization=f"Bearer {TOKEN}").status_code == 303


def test_a_wrong_password_opens_nothing(app_of: Opened) -> None:
    browser = Browser(app_of(**LOCKED))
    assert browser.post("/login", {"password": "wrong"}).status_code == 401
    assert browser.get("/").status_code == 303


def test_a_login_leads_to_the_page_that_was_asked_for_and_never_elsewhere(app_of: Opened) -> None:
    browser = Browser(app_of(**LOCKED))
    onward = {"/cycles?sort=gap": "/cycles?sort=gap", "//evil.example": "/", "/\\evil.example": "/", "https://e.x": "/"}
    for onward_url, led in onward.items():
        assert browser.post("/login", {"password": VIEWER, "next": onward_url}).headers["location"] == led


def test_the_cookie_cannot_be_read_by_scripts_nor_sent_by_other_sites(app_of: Opened) -> None:
    plain = Browser(app_of(**LOCKED)).post("/login", {"password": VIEWER}).headers["set-cookie"]
    assert {"HttpOnly", "SameSite=lax", "Path=/", "Max-Age=43200"} <= set(plain.split("; "))
    assert "Secure" not in plain
    secure = Browser(app_of(**LOCKED), base="https://t.example").post("/login", {"password": VIEWER})
    assert secure.headers["set-cookie"].startswith("__Host-treadmill=")
    assert "Secure" in secure.headers["set-cookie"]
    assert "max-age" in secure.headers["strict-transport-security"]


def test_a_session_ends_when_its_time_has_passed(app_of: Opened) -> None:
    app = app_of(**LOCKED, session="PT1H")
    with time_machine.travel(datetime(2026, 6, 1, tzinfo=UTC), tick=False) as clock:
        browser = logged_in(app, VIEWER)
        clock.shift(timedelta(minutes=59))
        assert browser.get("/definitions").status_code == 200
        kept = browser.cookies["treadmill"]
        clock.shift(timedelta(minutes=2))
        browser.cookies.set("treadmill", kept)
        assert browser.get("/definitions").status_code == 303


def test_a_cookie_that_was_changed_or_signed_with_another_password_opens_nothing(
    app_of: Opened, site_of: Callable[..., Website]
) -> None:
    valid = logged_in(app_of(**LOCKED), VIEWER).cookies["treadmill"]
    second = Browser(app_of(**{**LOCKED, "password": "another password"}))
    for cookie in (valid, valid[:-2] + "xx", "nonsense", ""):
        second.cookies.set("treadmill", cookie)
        assert second.get("/").status_code == 303
    sessions = site_of(**LOCKED).sessions
    forged = Sessions(b"another key", sessions.web)
    assert sessions.read(forged.cookie_value(forged.begin("Editor", "editor"))) is None


def test_a_viewer_may_look_and_change_nothing(app_of: Opened, world: World) -> None:
    browser, name = logged_in(app_of(**LOCKED), VIEWER), family(world)
    assert "Only editors can" in browser.get(f"/cycles/{name}").text
    answer = browser.post(f"/cycles/{name}/dismiss", {"token": browser.token()})
    assert answer.status_code == 403
    assert "Only an editor" in answer.text
    with world.database.read() as connection:
        assert feedback.corrections(connection) == []


def test_an_editor_changes_with_the_token_of_the_form_alone(app_of: Opened, world: World) -> None:
    browser, name = logged_in(app_of(**LOCKED), EDITOR), family(world)
    assert browser.post(f"/cycles/{name}/dismiss").status_code == 403
    stranger = logged_in(app_of(**LOCKED), EDITOR)
    assert browser.post(f"/cycles/{name}/dismiss", {"token": stranger.token()}).status_code == 403
    answer = browser.post(f"/cycles/{name}/dismiss", {"token": browser.token()})
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, f"/cycles/{name}")
    with world.database.read() as connection:
        assert [word.what for word in feedback.corrections(connection)] == ["dismiss"]


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"sec_fetch_site": "cross-site"}])
def test_a_change_that_another_site_began_is_refused(app_of: Opened, headers: dict[str, str]) -> None:
    app = app_of(**LOCKED)
    assert Browser(app).post("/login", {"password": VIEWER}, **headers).status_code == 403
    assert Browser(app).post("/login", {"password": VIEWER}, origin="http://localhost:8080").status_code == 303


def test_every_route_that_changes_asks_for_a_form_of_the_session(site_of: Callable[..., Website]) -> None:
    """But for the login, which has no session yet, and the logout, which may come from a page older than that."""
    site, names = site_of(), [module.name for module in pkgutil.iter_modules(pages.__path__)]
    routers = [importlib.import_module(f"{pages.__name__}.{name}").router(site) for name in names]
    every = [route for router in (*routers, routes_of_api.router(site)) for route in router.routes]
    routes = [route for route in every if isinstance(route, APIRoute) and (route.methods or set()) - set(SAFE_METHODS)]
    assert len(routes) > 2
    for route in routes:
        asks = {type(dependency.call).__name__ for dependency in route.dependant.dependencies}
        assert "Change" in asks or route.path in ("/login", "/logout"), route.path


def test_logging_out_takes_the_cookie_back(app_of: Opened) -> None:
    browser = logged_in(app_of(**LOCKED), VIEWER)
    answer = browser.post("/logout", {"token": browser.token()})
    assert (answer.status_code, "Max-Age=0" in answer.headers["set-cookie"]) == (303, True)
    assert browser.get("/").status_code == 303


def test_a_proxy_names_who_may_look_and_who_may_change(app_of: Opened, world: World) -> None:
    app, name = app_of(**PROXY), family(world)
    editor, viewer = (Browser(app, address="10.1.2.3", x_forwarded_user=user) for user in ("ann", "bob"))
    assert "Declare a fix" in editor.get(f"/cycles/{name}").text
    assert "Only editors can" in viewer.get(f"/cycles/{name}").text
    assert viewer.post(f"/cycles/{name}/dismiss", {"token": viewer.token()}).status_code == 403
    assert editor.post(f"/cycles/{name}/dismiss", {"token": editor.token(f"/cycles/{name}")}).status_code == 303


@pytest.mark.parametrize(
    ("address", "headers"),
    [("192.0.2.1", {"x_forwarded_user": "ann"}), ("10.1.2.3", {}), ("10.1.2.3", {"remote_user": "ann"})],
)
def test_who_does_not_come_through_the_proxy_is_nobody(app_of: Opened, address: str, headers: dict[str, str]) -> None:
    browser = Browser(app_of(**PROXY), address=address, **headers)
    assert {browser.get(path).status_code for path in PAGES} == {401}


def test_on_loopback_without_a_password_the_page_is_open_under_the_machines_own_name(
    app_of: Opened, world: World
) -> None:
    app = app_of()
    assert {Browser(app).get(path).status_code for path in PAGES} == {200}
    assert "Declare a fix" in Browser(app).get(f"/cycles/{family(world)}").text
    rebound = Browser(app, base="http://evil.example:8080")
    assert {rebound.get(path).status_code for path in (*PAGES, "/api/v1/metrics")} == {403}


@pytest.mark.parametrize("path", [*PAGES, "/login", "/nowhere", "/api/v1/metrics", "/healthz"])
def test_every_answer_keeps_strangers_scripts_out(app_of: Opened, path: str) -> None:
    headers = Browser(app_of()).get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert "no-store" in headers["cache-control"] or headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize("path", ["/cycles/F%00", "/?scope=team:%00", "/tickets/a%00b", "/api/v1/cycles/F%00"])
def test_a_nul_which_no_postgresql_stores_is_refused(app_of: Opened, path: str) -> None:
    browser = Browser(app_of())
    assert browser.get(path).status_code == 400
    fields = {"token": browser.token("/review"), "ticket": "a\0b", "class": "failure"}
    assert browser.post("/review", fields).status_code == 400


def test_static_files_are_cached_and_need_no_login(app_of: Opened) -> None:
    browser = Browser(app_of(**LOCKED))
    styles = browser.get("/login").text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    answer = browser.get(styles)
    assert (answer.status_code, "immutable" in answer.headers["cache-control"]) == (200, True)
    assert browser.get("/static/../server.py").status_code in (303, 404)


@pytest.mark.parametrize("web", [{}, {"password": "p" * 12}, {"auth": "proxy"}])
def test_the_files_of_a_page_leave_its_session_alone(app_of: Opened, web: dict[str, str]) -> None:
    browser = Browser(app_of(**web), address="127.0.0.1")
    for path in ("/static/treadmill.css", "/static/treadmill.js", "/favicon.ico", "/healthz"):
        answer = browser.get(path, **{"X-Forwarded-User": "ann"} if web.get("auth") else {})
        assert "set-cookie" not in answer.headers, path
