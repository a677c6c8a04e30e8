"""Every number that people read is in one format: on pages, in reports and messages, and in what commands print."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
import time_machine
from fastapi import FastAPI
from sqlalchemy import select
from typer.testing import CliRunner

from service.analysis import catalogue
from service.analysis.catalogue import NumberFormat
from service.cli.root import cli
from service.notify.alerts import update_alerts
from service.notify.message import alerts_message, digest_message
from service.report.document import report
from service.report.html import as_html
from service.report.sections.report import Report
from service.report.text import NAME_LENGTH, TITLE_LENGTH, as_text, clipped
from service.store.queries.scopes import Scope, parse_scope
from service.store.tickets.tables import TicketRow, table_of
from tests.marks import each_slow
from tests.service.demo.built import AS_OF
from tests.service.number_scan import page_violations, violations
from tests.service.web.browser import Browser
from tests.service.web.shown import Shown, get

TICKET = table_of(TicketRow)
TEXTS = ("title", "description", "resolution", "status", "service", "category", "provider", "team", "key")
PATHS = (
    "/", "/evidence", "/?weeks=4&until=2026-03-31", "/?scope=team:Network", "/cycles", "/cycles/{cycle}", "/loops",
    "/trends",
    "/trends?metric=time_to_resolve_p90&grain=month&with=team:Network", "/trends?metric=handoffs&grain=day",
    "/trends?metric=recurrence_gap", "/trends?metric=prevention_yield&grain=month", "/teams", "/review", "/sources",
    "/forecast", "/review/pairs",
    "/tickets", "/tickets?about=backlog", "/tickets/{ticket}", "/words",
)  # fmt: skip
COMMANDS = (("report",), ("review",), ("explain", "{ticket}"), ("cycles", "words"), *each_slow(("learn",)))


def cut_off(text: str, most: int) -> str:
    """Return a text as the report cuts it, without the sign for that."""
    return clipped(text, most).removesuffix("…")


@pytest.fixture(scope="module")
def foreign(page: Shown) -> list[str]:
    """The texts of tickets that hold a number, the longest first."""
    columns = [TICKET.c[name] for name in TEXTS]
    with page.analyst.database.read() as connection:
        texts = {text for row in connection.execute(select(*columns)) for text in row if text}
    lengths = (TITLE_LENGTH, NAME_LENGTH)
    cuts = {
        text: [*(text[:most] for most in (1200, 600, 60)), *(cut_off(text, most) for most in lengths)] for text in texts
    }
    parts = (part for text in texts for part in (text, *text.splitlines(), *cuts[text]))
    shown = {" ".join(part.split()) for part in parts}
    # Not a text like "12": cutting it out would hide numbers of the service.
    numbered = [text for text in shown if re.search(r"\d", text) and re.search(r"[^\W\d]{3}", text)]
    return sorted(numbered, key=len, reverse=True)


@pytest.fixture(scope="module", params=["all", "team:Network", "source:servicenow"])
def document(page: Shown, request: pytest.FixtureRequest) -> Report:
    snapshot = page.analyst.stored_snapshot(parse_scope(request.param))
    assert snapshot is not None
    return report(snapshot)


def ticket_name(page: Shown) -> str:
    """A ticket that changed hands and was reopened, as pages and commands name it."""
    rows = get(f"{page.url}/api/v1/tickets?about=reopened&weeks=26").json()["tickets"]
    return "{source}:{key}".format(**rows[0])


@pytest.mark.parametrize("path", PATHS)
def test_every_number_of_a_page_is_in_format(page: Shown, foreign: list[str], path: str) -> None:
    names = {"cycle": page.cycle() if "{cycle}" in path else "", "ticket": ticket_name(page) if "{t" in path else ""}
    response = get(page.url + path.format(**names))
    assert response.status_code == 200
    assert list(page_violations(response.text, foreign)) == []


@pytest.mark.parametrize("path", ["/", "/evidence", "/cycles", "/cycles/{cycle}", "/teams", "/?weeks=4"])
def test_every_amount_of_money_is_in_format(app_of: Callable[..., FastAPI], path: str) -> None:
    browser = Browser(app_of())
    cycle = browser.get("/api/v1/cycles").json()["cycles"][0]["id"]
    text = browser.get(path.format(cycle=cycle)).text
    assert "EUR" in text
    assert list(page_violations(text)) == []


def test_every_number_of_a_report_is_in_format(document: Report, foreign: list[str]) -> None:
    text = as_text(document)
    assert violations(text, foreign) == []
    assert not re.search(r"\d\n\s*(?:%|h\b|days?\b)", text), "a line breaks between a number and its unit"
    assert list(page_violations(as_html(document), foreign)) == []


def test_reports_call_metrics_by_their_label(document: Report) -> None:
    text, html = as_text(document), as_html(document)
    assert [id_ for id_ in catalogue.DEFINITIONS if "_" in id_ and (id_ in text or f">{id_}<" in html)] == []
    # The text has no table of metrics: it is one page.
    assert [metric.label for metric in catalogue.CATALOGUE if f">{metric.label}<" not in html] == []


def test_every_number_of_a_message_is_in_format(document: Report, foreign: list[str]) -> None:
    digest = digest_message(document, "https://treadmill.example.com", "")
    alerts = update_alerts(document, {"jira": "source jira had no success for 3 hours"}, {"verdict": "unclear"}).alerts
    assert alerts
    # Each by itself too: a message names only the first twenty.
    texts = [f"{message.title}\n{message.body}" for message in (digest, alerts_message(alerts, None))]
    for text in (*texts, *(alert.text for alert in alerts)):
        assert violations(text, foreign) == []


@pytest.fixture(scope="module")
def copied_store(page: Shown, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A copy of the demo's database: commands analyse it as of now, which other tests must not see."""
    path = tmp_path_factory.mktemp("copy") / "treadmill.db"
    with (
        closing(sqlite3.connect(page.analyst.database.url.database or "")) as source,
        closing(sqlite3.connect(path)) as copy,
    ):
        source.backup(copy)
    return f"sqlite:///{path}"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_number_that_a_command_prints_is_in_format(
    page: Shown, foreign: list[str], copied_store: str, command: tuple[str, ...]
) -> None:
    words = [word.format(ticket=ticket_name(page)) for word in command]
    # As of the demo's end nothing is left to analyse.
    with time_machine.travel(AS_OF, tick=False):
        result = CliRunner(env={"TREADMILL_DATABASE_URL": copied_store}).invoke(cli, words)
    assert result.exit_code == 0
    assert violations(result.output, foreign) == []


def other_format(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(catalogue.FORMATS, "hours", NumberFormat(decimals=2, ending=" h"))


def without_space(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(catalogue.FORMATS, "share", NumberFormat(1, factor=100, ending="%"))


def test_a_number_in_another_format_is_seen_in_the_text_report(
    page: Shown, foreign: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    without_space(monkeypatch)
    snapshot = page.analyst.stored_snapshot(Scope())
    assert snapshot is not None
    assert violations(as_text(report(snapshot)), foreign) != []


@pytest.mark.parametrize("plant", [other_format, without_space])
def test_a_number_in_another_format_is_seen(
    page: Shown, foreign: list[str], monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None]
) -> None:
    plant(monkeypatch)
    for path in ("/", "/loops", "/teams"):
        assert list(page_violations(get(page.url + path).text, foreign)) != []
