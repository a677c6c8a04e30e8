"""Pages and the API while the database is down, or takes connections and never answers."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import Connection, exc

from service.monitoring.health import readiness
from service.pipeline.analyst import Analyst
from service.store import limits
from service.store.database import Database
from service.store.errors import UNAVAILABLE
from service.web import deadline
from service.web.server import application
from service.web.website import Website
from tests.factory import START
from tests.service.pipeline.world import World
from tests.service.web.auth.test_access import LOCKED, PAGES, VIEWER
from tests.service.web.browser import Browser
from tests.service.web.test_server import INTERVAL

NEEDING = (*PAGES, "/login", "/trends.csv", "/tickets/x", "/cycles/F1", "/api/v1/metrics", "/api/v1/export/cycles.csv")
Opened = Callable[..., Website]


def served_from(url: str, site: Website) -> FastAPI:
    """Return the app of a site whose database has been exchanged for another one since it started."""
    database = Database(url)
    analyst = Analyst(database, site.settings)
    return application(
        replace(site, analyst=analyst, ready=lambda: readiness(database, ["jira"], INTERVAL, START)), lambda: None
    )


def test_a_database_that_is_down_is_told_on_every_page(site_of: Opened) -> None:
    browser = Browser(served_from("postgresql+psycopg://somebody@127.0.0.1:1/tickets", site_of()))
    for path in NEEDING:
        answer = browser.get(path)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "10"), path
        assert "The database does not answer" in answer.text
        assert "somebody" not in answer.text
        assert answer.headers["content-type"].startswith("application/json" if "/api/" in path else "text/html")
    assert browser.get("/healthz").status_code == 200
    assert browser.get("/readyz").status_code == 503
    assert browser.post("/login", {"password": VIEWER}).status_code == 503


def test_a_file_that_is_gone_is_told(site_of: Opened, world: World, tmp_path: Path) -> None:
    site = site_of(**LOCKED)
    app = application(site, lambda: None)
    world.database.dispose()
    gone = tmp_path.with_name("gone")
    tmp_path.rename(gone)
    assert Browser(app).get("/login").status_code == 503
    gone.rename(tmp_path)


@pytest.fixture
def frozen_server() -> Iterator[int]:
    """A port that takes connections and never answers, as a frozen server does."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(100)
        yield server.getsockname()[1]


def test_no_page_hangs_while_the_database_does_not_answer(
    site_of: Opened, frozen_server: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "SECONDS", 0.3)
    browser = Browser(
        served_from(f"postgresql+psycopg://a@127.0.0.1:{frozen_server}/b?connect_timeout=3", site_of(token="x" * 16))
    )
    begin = time.monotonic()
    answer = browser.get("/cycles")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert "The database does not answer" in answer.text
    assert time.monotonic() - begin < 8  # the thread ends with the driver's own timeout
    assert browser.get("/readyz").json()["detail"].startswith("The database does not answer")
    assert browser.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "problem", [exc.TimeoutError("the pool is exhausted"), exc.InterfaceError("x", None, OSError())]
)
def test_an_exhausted_pool_and_a_lost_connection_count_as_down(problem: Exception) -> None:
    assert isinstance(problem, UNAVAILABLE)


def test_pages_wait_for_the_database_for_a_shorter_time_than_jobs(
    site_of: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_requests: list[limits.Limits] = []
    read = Database.read

    def read_and_note(database: Database) -> AbstractContextManager[Connection]:
        of_requests.append(limits.current())
        return read(database)

    monkeypatch.setattr(Database, "read", read_and_note)
    browser = Browser(application(site_of(), lambda: None))
    assert browser.get("/cycles").status_code == 200
    assert set(of_requests) == {limits.PAGE}
    of_requests.clear()
    assert browser.get("/api/v1/export/cycles.csv").status_code == 200
    assert set(of_requests) == {limits.JOB}, "an export may take long"
