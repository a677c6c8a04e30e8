"""Logouts: the cookie of a session that has ended opens nothing, in no process."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from service.store.database import Database
from service.store.tickets import revoked_sessions
from service.web.auth import revocation
from service.web.auth.revocation import Revocations
from service.web.server import application
from service.web.website import Website
from tests.factory import START
from tests.service.web.auth.test_access import LOCKED, VIEWER, logged_in
from tests.service.web.browser import Browser

Opened = Callable[..., Website]


def test_a_logout_ends_the_session_wherever_its_cookie_is(site_of: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revocation, "FRESH_SECONDS", -1.0)
    app, second_process = (application(site_of(**LOCKED), lambda: None) for _ in range(2))
    browser, bystander = logged_in(app, VIEWER), logged_in(app, VIEWER)
    stolen = browser.cookies["treadmill"]
    thieves = [Browser(place) for place in (app, second_process)]
    for thief in thieves:
        thief.cookies.set("treadmill", stolen)
        assert thief.get("/definitions").status_code == 200
    assert browser.post("/logout", {"token": browser.token()}).status_code == 303
    after_a_restart = Browser(application(site_of(**LOCKED), lambda: None))
    for thief in (*thieves, after_a_restart):
        thief.cookies.set("treadmill", stolen)
        assert thief.get("/definitions").status_code == 303
        assert thief.get("/api/v1/metrics").status_code == 401
        assert thief.get("/login").status_code == 200
    assert bystander.get("/definitions").status_code == 200


def test_a_logout_on_a_page_that_is_older_than_the_login_ends_the_session_of_the_cookie(site_of: Opened) -> None:
    app = application(site_of(**LOCKED), lambda: None)
    browser, bystander = logged_in(app, VIEWER), logged_in(app, VIEWER)
    stale = browser.token()
    assert browser.post("/login", {"password": VIEWER}).status_code == 303
    cookie = browser.cookies["treadmill"]
    assert browser.token() != stale
    assert "treadmill" not in browser.post("/logout", {"token": stale}).cookies
    assert browser.get("/definitions").status_code == 303
    browser.cookies.set("treadmill", cookie)
    assert browser.get("/definitions").status_code == 303
    assert bystander.get("/definitions").status_code == 200


def test_a_logout_that_another_site_began_ends_no_session(site_of: Opened) -> None:
    browser = logged_in(application(site_of(**LOCKED), lambda: None), VIEWER)
    for headers in ({"origin": "https://evil.example"}, {"sec_fetch_site": "same-site"}):
        assert browser.post("/logout", None, **headers).status_code == 403
    assert browser.get("/definitions").status_code == 200


def test_revoked_sessions_are_kept_as_digests_until_no_session_can_be_as_old(database: Database) -> None:
    revoked_sessions.revoke(database, "old", START)
    revoked_sessions.revoke(database, "old", START)
    assert revoked_sessions.revoked(database) == {revoked_sessions.digest_of("old")}
    revoked_sessions.revoke(database, "new", START + timedelta(days=30))
    assert len(revoked_sessions.revoked(database)) == 2
    revoked_sessions.revoke(database, "newest", START + timedelta(days=32))
    assert len(revoked_sessions.revoked(database)) == 2
    with database.read() as connection:
        assert "newest" not in str(connection.exec_driver_sql("SELECT * FROM revoked_session").all())


def test_the_database_is_read_once_in_a_while_and_knows_the_logouts_of_others(database: Database) -> None:
    now = [0.0]
    revocations = Revocations(database, clock=lambda: now[0])

    async def is_revoked(session: str) -> bool:
        return await revocations.includes(session)

    assert asyncio.run(is_revoked("a")) is False
    Revocations(database).revoke("a")
    revocations.revoke("b")
    assert (asyncio.run(is_revoked("a")), asyncio.run(is_revoked("b"))) == (False, True)
    now[0] = revocation.FRESH_SECONDS + 1
    assert (asyncio.run(is_revoked("a")), asyncio.run(is_revoked("b"))) == (True, True)


def test_without_an_answer_of_the_database_a_session_opens_nothing(
    site_of: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocation, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(revocation, "FRESH_SECONDS", -1.0)
    site = site_of(**LOCKED)
    app = application(site, lambda: None)
    browser = logged_in(app, VIEWER)
    site.revocations.database = Database("postgresql+psycopg://a@127.0.0.1:1/b")
    answer = browser.get("/cycles")
    assert (answer.status_code, "The database does not answer" in answer.text) == (503, True)
    assert browser.get("/healthz").status_code == 200
