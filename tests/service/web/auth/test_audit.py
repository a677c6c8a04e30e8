"""The trail that logins and changes on pages leave."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError

from config.settings import Settings, Web
from service.monitoring.health import Readiness
from service.pipeline.analyst import Analyst
from service.store.tickets import audit
from service.store.tickets.privacy import PrivacyFilter
from service.web.server import application
from service.web.website import open_website
from tests.service.pipeline.world import World
from tests.service.web.auth.test_access import EDITOR, LOCKED, PROXY, family
from tests.service.web.browser import Browser

WRONG = "a wrong password"
FILTER = PrivacyFilter("pseudonym", "store", b"a key of thirty-two bytes or more").person_filter()


@pytest.fixture
def app_of(world: World) -> Callable[..., FastAPI]:
    def opened(**web: object) -> FastAPI:
        analyst = Analyst(world.database, Settings(web=Web.model_validate(web)))
        return application(open_website(analyst, Readiness, filter_person=FILTER), lambda: None)

    return opened


def trail(world: World) -> list[tuple[str | None, ...]]:
    entries = [entry for entry in audit.entries(world.database) if entry["what"] != "new key"]
    return [tuple(entry[name] for name in ("author", "via", "what", "subject")) for entry in entries]


def test_logins_failures_and_logouts_are_recorded_without_passwords(
    world: World, app_of: Callable[..., FastAPI]
) -> None:
    browser = Browser(app_of(**LOCKED))
    assert browser.post("/login", {"password": WRONG}).status_code == 401
    assert browser.post("/login", {"password": EDITOR}).status_code == 303
    assert browser.post("/logout", {"token": browser.token("/")}).status_code == 303
    address = FILTER("127.0.0.1")
    assert trail(world) == [
        (None, "page", "failed login", address), ("Editor", "page", "login", address),
        ("Editor", "page", "logout", address),
    ]  # fmt: skip
    assert WRONG not in str(list(audit.entries(world.database)))
    assert EDITOR not in str(list(audit.entries(world.database)))


def test_the_user_of_a_proxy_is_recorded_under_a_pseudonym(world: World, app_of: Callable[..., FastAPI]) -> None:
    browser = Browser(app_of(**PROXY), address="10.1.2.3", x_forwarded_user="ann")
    page = f"/cycles/{family(world)}"
    assert browser.post(f"{page}/dismiss", {"token": browser.token(page)}).status_code == 303
    [(author, via, what, _)] = trail(world)
    assert (author, via, what) == (FILTER("ann"), "page", "dismiss")


def test_a_login_succeeds_where_its_entry_cannot_be_written(
    world: World, app_of: Callable[..., FastAPI], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    browser = Browser(app_of(**LOCKED))
    monkeypatch.setattr(audit, "record", fail)
    assert browser.post("/login", {"password": EDITOR}).status_code == 303
