import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr

from config.settings import Settings, Web
from service.monitoring.health import Readiness, readiness
from service.pipeline.analyst import Analyst
from service.store.database import Database
from service.store.results.failure import clear_failure, save_failure
from service.store.tickets import runs, sources
from service.sync.metrics import observe_sources
from service.web.server import application
from service.web.website import open_website
from tests.factory import START
from tests.marks import postgres_is_slow
from tests.service.web.browser import Browser

pytestmark = postgres_is_slow
INTERVAL = timedelta(minutes=15)
TOKEN = "a token of sixteen or more"
CLOSED = Web(password=SecretStr("long enough"), token=SecretStr(TOKEN))


def request(database: Database, path: str, web: Web | None = None, **headers: str) -> httpx.Response:
    analyst = Analyst(database, Settings(web=web or Web()))
    site = open_website(analyst, lambda: readiness(database, ["jira"], INTERVAL, datetime.now(UTC)))
    app = application(site, lambda: observe_sources(sources.states(database)), with_pages=False)

    async def get() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(get())


def test_healthz_only_says_that_the_process_lives(database: Database) -> None:
    database.dispose()
    assert request(database, "/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize(
    "path",
    ["/", "/healthz", "/readyz", "/login", "/cycles", "/metrics", "/api/v1/scopes", "/static/treadmill.css", "/none"],
)
def test_head_is_answered_as_get_without_the_body(database: Database, path: str) -> None:
    app = application(open_website(Analyst(database, Settings()), Readiness), lambda: None)
    browser = Browser(app)
    answer, head = browser.get(path), browser.head(path)
    assert (head.status_code, head.content, len(answer.content) > 0) == (answer.status_code, b"", True)
    assert head.status_code == (404 if path == "/none" else 200)
    assert head.headers["content-type"] == answer.headers["content-type"]


def test_a_method_without_a_route_is_refused_in_words_of_its_own(database: Database) -> None:
    app = application(open_website(Analyst(database, Settings()), Readiness), lambda: None)
    answer = Browser(app).post("/cycles")
    assert (answer.status_code, "<h1>Not allowed here</h1>" in answer.text) == (405, True)
    assert "This address does not accept POST." in answer.text
    assert "Not found" not in answer.text
    assert Browser(app).post("/api/v1/scopes").json() == {"detail": "This address does not accept POST."}


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/", "GET, HEAD"),
        ("/review", "GET, HEAD, POST"),
        ("/cycles/F1/merge", "POST"),
        ("/tickets/jira:A-1", "GET, HEAD"),
        ("/static/treadmill.css", "GET, HEAD"),
        ("/healthz", "GET, HEAD"),
        ("/api/v1/report", "GET, HEAD"),
        ("/api/v1/cycles/F1", "GET, HEAD"),
    ],
)
def test_an_address_names_the_methods_that_it_accepts_to_one_that_it_does_not(
    database: Database, path: str, methods: str
) -> None:
    app = application(open_website(Analyst(database, Settings()), Readiness), lambda: None)
    for method in ("DELETE", "PUT"):
        answer = Browser(app).ask(method, path)
        assert (method, answer.status_code, answer.headers["allow"]) == (method, 405, methods)
    assert "allow" not in Browser(app).get("/no-such-page").headers


def test_readyz_names_the_source_that_is_not_fresh(database: Database) -> None:
    response = request(database, "/readyz")
    assert response.status_code == 503
    assert response.json()["problems"] == [
        "source jira was never pulled to its end. See its runs on the page Sources, and run `treadmill check`."
    ]
    state = sources.register(database, "jira", "jira", START)
    sources.mark_success(database, state.id, datetime.now(UTC))
    assert request(database, "/readyz").status_code == 200


def test_readyz_names_rejected_credentials_until_a_run_succeeds(database: Database) -> None:
    state = sources.register(database, "jira", "jira", START)
    sources.mark_success(database, state.id, datetime.now(UTC))
    for outcome, fault in (("done", None), ("failed", runs.CREDENTIALS)):
        number = runs.begin(database, state.id, "sync", START)
        end = {"outcome": outcome, "reason": "GET /myself: 401 Unauthorized", "remedy": "Check user and token."}
        runs.end(database, number, runs.RunCounts(), **end, fault=fault, at=START)
    [problem] = request(database, "/readyz").json()["problems"]
    assert problem == (
        f"source jira rejected the credentials at {START.isoformat()}: GET /myself: 401 Unauthorized. "
        "Check user and token."
    )
    assert request(database, "/readyz", CLOSED).json()["problems"] == ["sources: credentials rejected"]
    observe_sources(sources.states(database), runs.failures(database))
    assert REGISTRY.get_sample_value("treadmill_source_rejected", {"source": "jira"}) == 1
    number = runs.begin(database, state.id, "sync", START)
    runs.end(database, number, runs.RunCounts(), outcome="done", reason=None, at=START)
    assert request(database, "/readyz").status_code == 200


def test_readyz_names_a_failed_analysis_until_one_succeeds(database: Database) -> None:
    sources.mark_success(database, sources.register(database, "jira", "jira", START).id, datetime.now(UTC))
    save_failure(database, START, "OverflowError")
    [problem] = request(database, "/readyz").json()["problems"]
    assert problem.startswith(f"the analysis failed at {START.isoformat()}: OverflowError. Look at the log, and run")
    assert request(database, "/readyz", CLOSED).json()["problems"] == ["analysis: failed"]
    clear_failure(database)
    assert request(database, "/readyz").status_code == 200


def test_readyz_names_nothing_to_strangers(database: Database) -> None:
    state = sources.register(database, "jira", "jira", START)
    sources.mark_success(database, state.id, START)
    for web, headers in ((CLOSED, {}), (CLOSED, {"authorization": "Bearer x"}), (Web(), {"host": "evil.example"})):
        response = request(database, "/readyz", web, **headers)
        assert (response.status_code, response.json()["problems"]) == (503, ["sources: no recent complete pull"])
    assert "jira" in request(database, "/readyz", CLOSED, authorization=f"Bearer {TOKEN}").text


def test_readyz_tells_strangers_neither_host_nor_user_of_a_database_that_is_down(database: Database) -> None:
    running = open_website(Analyst(database, Settings(web=CLOSED)), Readiness)
    down = Database("postgresql+psycopg://somebody@127.0.0.1:1/tickets")
    site = replace(running, ready=lambda: readiness(down, ["jira"], INTERVAL, datetime.now(UTC)))
    app = application(site, lambda: None)
    stranger, program = Browser(app).get("/readyz"), Browser(app).get("/readyz", authorization=f"Bearer {TOKEN}")
    assert (stranger.status_code, stranger.json()["problems"]) == (503, ["database: unreachable"])
    assert "somebody" in program.text


def test_readyz_counts_the_sources_of_a_kind(database: Database) -> None:
    result = readiness(database, ["a", "b"], INTERVAL, datetime.now(UTC))
    assert (len(result.problems), result.summary) == (2, ["sources: no recent complete pull (2)"])


def test_readyz_tells_a_database_that_is_not_migrated(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")
    assert "not migrated" in request(database, "/readyz").json()["problems"][0]


def test_metrics_show_how_sources_stand(database: Database) -> None:
    state = sources.register(database, "jira", "jira", START)
    sources.mark_completeness(database, state.id, True, ())
    text = request(database, "/metrics").text
    assert 'treadmill_source_complete{source="jira"} 1.0' in text
    assert "treadmill_run_seconds" in text


@pytest.mark.parametrize(
    ("web", "header", "status"),
    [
        (Web(), "", 200),
        (Web(token=SecretStr(TOKEN)), "", 401),
        (Web(token=SecretStr(TOKEN)), "Bearer wrong", 401),
        (Web(token=SecretStr(TOKEN)), f"Bearer {TOKEN}", 200),
        (Web(host="0.0.0.0", password=SecretStr("long enough")), "", 401),
        (Web(password=SecretStr("long enough")), "", 401),
        (Web(editor_password=SecretStr("long enough")), "Bearer ", 401),
        (Web(auth="proxy"), "", 401),
        (Web(password=SecretStr("long enough"), token=SecretStr(TOKEN)), f"Bearer {TOKEN}", 200),
    ],
)
def test_metrics_are_closed_unless_opened(database: Database, web: Web, header: str, status: int) -> None:
    assert request(database, "/metrics", web, Authorization=header).status_code == status


def test_there_is_no_page_that_needs_another_host(database: Database) -> None:
    browser = Browser(application(open_website(Analyst(database, Settings()), Readiness), lambda: None))
    assert {browser.get(path).status_code for path in ("/openapi.json", "/redoc")} == {404}
