"""Requests that no browser sends: malformed hosts, odd paths, doubled identities, requests through a proxy."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from starlette.requests import Request

from config.settings import Web
from service.web.auth.identity import address_of, is_secure
from service.web.auth.request_checks import is_host, path_of
from tests.service.web.auth.test_access import LOCKED, PAGES, PROXY, TOKEN, VIEWER
from tests.service.web.browser import Browser, respond

Opened = Callable[..., FastAPI]
LOCAL = ("host", "localhost:8080")
MALFORMED_HOSTS = (
    "x/login?", "x/static/?", "x/healthz#", "[", "]", "[::1", "[:::::]", "[1]", "a\x01b", "a b", "a\tb", "", ":80",
    "a:b", "a:99999", "user@host", "a,b", "é.example", "x" * 5000, "a\x00",
)  # fmt: skip
ODD_PATHS = (
    "//cycles", "/cycles/", "/login/../cycles", "/login/", "//login/../cycles", "/static/../cycles",
    "/static/%2e%2e/cycles", "/static%2f..%2fcycles", "/%2e/cycles", "/login%2f..%2fcycles", "/healthz/../cycles",
    "/login;/cycles", "/login%00", "/LOGIN", "/cycles?/login", "/cycles%3f/login", "/cycles%23/login",
    "/login%3fx/../cycles", "/api//v1/cycles", "/%61pi/v1/cycles", "/api/v1/cycles/", "/static/%2e%2e/api/v1/cycles",
    "/metrics/", "//metrics", "/m%65trics",
)  # fmt: skip
FORWARDED = (
    ("x-forwarded-for", "192.0.2.7"), ("x-forwarded-host", "t.example"), ("x-forwarded-proto", "https"),
    ("x-forwarded-user", "ann"), ("forwarded", "for=192.0.2.7"), ("via", "1.1 proxy"), ("x-real-ip", "192.0.2.7"),
)  # fmt: skip


@pytest.mark.parametrize("web", [{}, LOCKED, PROXY], ids=["open", "password", "proxy"])
def test_a_malformed_host_is_refused(app_of: Opened, web: dict[str, str]) -> None:
    app = app_of(**web)
    for host in MALFORMED_HOSTS:
        for path in ("/cycles", "/api/v1/metrics", "/metrics", "/login"):
            status, text = respond(app, path, [("host", host)], address="192.0.2.1")
            assert (status, "Host header is malformed" in text) == (400, True), (host, path)


def test_two_hosts_are_refused(app_of: Opened) -> None:
    assert respond(app_of(), "/", [LOCAL, LOCAL])[0] == 400
    assert respond(app_of(**LOCKED), "/", [LOCAL, ("host", "x/login?")])[0] == 400


@pytest.mark.parametrize("host", ["localhost", "a.b-c_d.example:8080", "127.0.0.1:80", "[::1]", "[2001:db8::1]:8080"])
def test_a_usual_host_passes(host: str) -> None:
    assert is_host(host)


@pytest.mark.parametrize("mount", ["", "/treadmill"])
def test_no_spelling_of_a_path_opens_a_page(app_of: Opened, mount: str) -> None:
    app = app_of(**LOCKED)
    if mount:
        outer = FastAPI()
        outer.mount(mount, app)
        app = outer
    for path in ODD_PATHS:
        status, text = respond(app, mount + path, [LOCAL])
        assert status in (303, 307, 400, 401, 404), path
        assert "Cost in" not in text
        assert "treadmill_" not in text


def test_access_is_decided_by_the_path_below_the_mount() -> None:
    scope = {"path": "/treadmill/cycles", "root_path": "/treadmill"}
    assert path_of(scope) == "/cycles"
    assert path_of({"path": "/cycles", "root_path": ""}) == "/cycles"
    assert path_of({"path": "/treadmills/cycles", "root_path": "/treadmill"}) == "/treadmills/cycles"


def test_a_query_or_path_that_is_not_text_is_refused(app_of: Opened) -> None:
    app = app_of()
    for query in (b"scope=team:%ED%A0%80", b"scope=%FF", b"find=\xff", b"a=%00", b"%C3=1"):
        assert respond(app, "/cycles", [LOCAL], query=query)[0] == 400
        assert respond(app, "/api/v1/cycles", [LOCAL], query=query)[0] == 400
    assert respond(app, "/tickets/%ED%A0%80", [LOCAL])[0] == 400


def test_a_change_from_an_odd_origin_is_refused(app_of: Opened) -> None:
    browser = Browser(app_of(**LOCKED))
    for origin in ("http://[", "null", "", "http://localhost:8080.evil.example", "localhost:8080"):
        assert browser.post("/login", {"password": VIEWER}, origin=origin).status_code == 403, origin


def test_a_doubled_identity_is_refused(app_of: Opened) -> None:
    app = app_of(**PROXY)
    for names in (["mallory", "ann"], ["ann", "mallory"], ["ann", "ann"], ["mallory, ann"], ["", "ann"]):
        headers = [LOCAL, *(("x-forwarded-user", name) for name in names)]
        for path in ("/", "/api/v1/metrics", "/readyz"):
            status, text = respond(app, path, headers, address="10.1.2.3")
            assert (status, "X-Forwarded-User names several users" in text) == (400, True), (names, path)
    assert respond(app, "/", [LOCAL, ("x-forwarded-user", "ann")], address="10.1.2.3")[0] == 200


def test_the_last_line_of_a_forwarding_header_is_that_of_the_proxy() -> None:
    web = Web.model_validate(PROXY)
    headers = [
        (b"x-forwarded-for", b"198.51.100.1"), (b"x-forwarded-for", b"198.51.100.2, 192.0.2.7"),
        (b"x-forwarded-proto", b"http"), (b"x-forwarded-proto", b"https"),
    ]  # fmt: skip
    scope = {"type": "http", "scheme": "http", "path": "/", "headers": headers}
    proxied, direct = (Request(scope | {"client": (peer, 1234)}) for peer in ("10.1.2.3", "192.0.2.9"))
    assert (address_of(web, proxied), is_secure(web, proxied)) == ("192.0.2.7", True)
    assert (address_of(web, direct), is_secure(web, direct)) == ("192.0.2.9", False)


def test_an_open_page_refuses_what_comes_through_a_proxy(app_of: Opened) -> None:
    app = app_of()
    for header in FORWARDED:
        for path in (*PAGES, "/api/v1/metrics", "/metrics"):
            status, text = respond(app, path, [LOCAL, header])
            assert (status, "Set TREADMILL_WEB__PASSWORD" in text) == (403, True), path
        assert {respond(app, path, [LOCAL, header])[0] for path in ("/healthz", "/readyz")} == {200}
    assert respond(app_of(**LOCKED), "/login", [LOCAL, FORWARDED[0]])[0] == 200


def test_an_open_page_refuses_a_proxy_that_adds_no_header_and_remote_visitors(app_of: Opened) -> None:
    app = app_of()
    assert respond(app, "/", [("host", "127.0.0.1:8080")], http_version="1.0")[0] == 403
    assert respond(app, "/", [LOCAL], address="192.0.2.1")[0] == 403


def test_a_token_opens_the_metrics_and_nothing_else_beside_the_api(app_of: Opened) -> None:
    browser = Browser(app_of(**LOCKED))
    assert browser.get("/metrics", authorization=f"Bearer {TOKEN}").status_code == 200
    assert browser.get("/cycles", authorization=f"Bearer {TOKEN}").status_code == 303
