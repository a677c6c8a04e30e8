import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from config.settings import Settings, Web
from service.monitoring.health import STALE, Readiness, Trouble, readiness
from service.pipeline.analyst import Analyst
from service.store.database import Database
from service.store.results import state
from service.store.tickets import runs, sources
from service.store.tickets.runs import RunCounts
from service.store.tickets.sources import SourceState
from service.web.notices import NoticeBoard, Notices
from service.web.server import application
from service.web.website import Website, open_website
from tests.factory import START
from tests.marks import postgres_is_slow
from tests.service.pipeline.world import World
from tests.service.web.browser import Browser

INTERVAL = timedelta(minutes=15)
BANNER = 'aria-label="Notices"'


def browser_of(database: Database, *names: str, web: Web | None = None) -> Browser:
    """Return a browser at the page of a store whose notices are read for each page."""
    site = open_website(
        Analyst(database, Settings(web=web or Web())),
        lambda: readiness(database, names, INTERVAL, datetime.now(UTC)),
    )
    return Browser(application(replace(site, notice_board=NoticeBoard(fresh_seconds=-1)), lambda: None))


def begin_pull(database: Database, read: int, expected: int | None, name: str = "jira") -> tuple[SourceState, int]:
    """Return a source and its run, which has read so many tickets in the last minute."""
    state = sources.register(database, name, "jira", START)
    number = runs.begin(database, state.id, "sync", datetime.now(UTC) - timedelta(minutes=1))
    with database.write() as connection:
        counts = RunCounts(read=read, new=read)
        runs.save_progress(connection, number, state.id, counts, new=read, restored=0, expected=expected)
    return state, number


def fail(database: Database, number: int, fault: str | None = None) -> None:
    end = {"outcome": "failed", "reason": "GET /myself: 401 Unauthorized", "remedy": "Check the token."}
    runs.end(database, number, RunCounts(), **end, fault=fault, at=datetime.now(UTC))


@postgres_is_slow
def test_a_first_pull_shows_its_progress_and_refreshes_the_pages_that_have_nothing_yet(database: Database) -> None:
    begin_pull(database, 660, 7500)
    begin_pull(database, 5, None, "servicenow")
    browser = browser_of(database, "jira", "servicenow")
    for path in ("/", "/cycles", "/sources"):
        answer = browser.get(path)
        progress = r"jira: 660 of about 7,500 tickets, 1\d min left; servicenow: 5 tickets so far\."
        assert re.search(progress, answer.text)
        assert "Then comes the analysis, about 1 minute; the verdict needs 12 weeks of data." in answer.text
        assert answer.headers["refresh"] == "15", path
        assert 'class="problem"' not in answer.text, "a first pull under way is no trouble"
    assert "660 of about 7,500<" in browser.get("/sources").text
    assert "refresh" not in browser.get("/definitions").headers
    assert browser.get("/nowhere").status_code == 404


@postgres_is_slow
def test_after_the_first_pull_the_analysis_is_announced(database: Database) -> None:
    state, number = begin_pull(database, 660, 660)
    sources.mark_success(database, state.id, datetime.now(UTC))
    runs.end(database, number, RunCounts(read=660, new=660), outcome="done", reason=None, at=datetime.now(UTC))
    answer = browser_of(database, "jira").get("/")
    assert "660 tickets are in the store" in answer.text
    assert "The analysis takes about 1 minute" in answer.text
    assert (answer.headers["refresh"], BANNER in answer.text) == ("15", False)


@postgres_is_slow
def test_a_source_that_fails_is_named_on_every_page_with_the_place_of_its_remedy(database: Database) -> None:
    state, number = begin_pull(database, 3, None)
    until = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    sources.mark_success(database, state.id, until)
    fail(database, number, runs.CREDENTIALS)
    browser = browser_of(database, "jira")
    for path in ("/", "/sources", "/definitions", "/docs"):
        text = browser.get(path).text
        assert "Data from jira stop at 1\N{NO-BREAK SPACE}March 2026, 09:30: it rejected the credentials." in text, path
        assert 'href="/sources#problems">What to do</a>' in text
        assert text.count("Data from jira") == 1, "rejected and stale at once: the cause is told"
    assert 'id="problems"' in browser.get("/sources").text
    assert "401 Unauthorized. Check the token." in browser.get("/sources").text


@postgres_is_slow
def test_pulls_that_fail_are_the_cause_of_old_data(database: Database) -> None:
    state, number = begin_pull(database, 3, None)
    fail(database, number)
    browser = browser_of(database, "jira")
    assert "Data from jira are not complete: its pulls fail." in browser.get("/").text
    assert "The last run failed at " in browser.get("/sources").text
    sources.mark_success(database, state.id, START)
    assert ": its pulls fail." in browser.get("/").text


@postgres_is_slow
def test_strangers_read_no_notices(database: Database) -> None:
    begin_pull(database, 660, 7500)
    answer = browser_of(database, "jira", "secret-system", web=Web(password=SecretStr("long enough"))).get("/login")
    assert (answer.status_code, BANNER in answer.text, "jira" in answer.text) == (200, False, False)
    assert "secret-system" not in answer.text


def troubled_site(site: Website, *troubles: Trouble) -> Browser:
    ready: Callable[[], Readiness] = lambda: Readiness(list(troubles))  # noqa: E731 - its type is part of the site
    return Browser(application(replace(site, ready=ready, notice_board=NoticeBoard(fresh_seconds=-1)), lambda: None))


def test_where_all_is_well_nothing_is_announced_and_the_moment_of_the_data_stands_below(
    site_of: Callable[..., Website], world: World
) -> None:
    for source in sources.states(world.database):
        sources.mark_success(world.database, source.id, world.as_of)
        sources.mark_completeness(world.database, source.id, True, ())
    browser = troubled_site(site_of())
    for path in ("/", "/cycles", "/sources", "/teams"):
        answer = browser.get(path)
        assert (BANNER in answer.text, "refresh" in answer.headers, "troubled" in answer.text) == (False, False, False)
        assert "Data complete as of " in answer.text, path
    sources.mark_completeness(world.database, source.id, False, ())
    assert "<span>Data as of " in browser.get("/").text


def test_stale_data_never_wear_the_colour_of_what_is_well(site_of: Callable[..., Website], world: World) -> None:
    for source in sources.states(world.database):
        sources.mark_completeness(world.database, source.id, True, ())
    site = site_of()
    stale = Trouble(STALE, "old", "no pull has come to its end since", source.name, START)
    assert 'class="trust good"' in troubled_site(site).get("/sources").text
    for path in ("/", "/sources"):
        text = troubled_site(site, stale).get(path).text
        assert '<body class="troubled">' in text
        row = text.partition(f'<tr id="{source.name}">')[2].partition("</tr>")[0]
        assert 'class="trust good"' not in (row if path == "/sources" else text.partition("<h2>Where")[0])
    css = (Path(__file__).parents[3] / "service/web/static/treadmill.css").read_text("utf-8")
    assert ".troubled { --held: var(--soft); }" in css


@postgres_is_slow
def test_notices_are_read_once_in_a_few_seconds(database: Database) -> None:
    now, moments = [0.0], []

    def ready() -> Readiness:
        moments.append(now[0])
        return Readiness()

    board = NoticeBoard(clock=lambda: now[0])
    for now[0] in (0.0, 1.0, 4.9, 5.1, 6.0):
        assert board.read(database, ready) == Notices(is_analysed=False, is_complete=True)
    assert moments == [0.0, 5.1]


def test_numbers_of_a_part_are_marked_on_every_page(site_of: Callable[..., Website], world: World) -> None:
    with world.database.write() as connection:
        current = state.load(connection)
        state.save(connection, world.database, replace(current, partial=True))
    browser = troubled_site(site_of())
    for path in ("/", "/cycles", "/teams", "/definitions"):
        answer = browser.get(path)
        assert "<strong>Partial numbers:</strong> until then they cover the tickets" in answer.text, path
        assert "refresh" not in answer.headers, "somebody reads the numbers"
