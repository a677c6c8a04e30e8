"""From the report to the messages that are sent and recorded."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from config.settings import Notify, Settings, Web
from service.notify.notifier import DIGEST, Notifier, preview, send_now
from service.report.document import report
from service.report.sections.report import Report
from service.store.database import Database
from service.store.queries.scopes import Scope
from service.store.results import alerts
from service.store.tickets import runs, sources
from tests.service.notify.conftest import Box
from tests.service.pipeline.world import World
from tests.service.report.company import TITLE

HOUR = timedelta(hours=1)


@pytest.fixture
def world(analysed_company: World, tmp_path: Path) -> Iterator[World]:
    made = analysed_company.copy_to(tmp_path)
    made.settings = Settings(
        notify=Notify(urls=(SecretStr("box://s3cret"),)), web=Web(url="https://treadmill.example.com")
    )
    yield made
    made.database.dispose()


def _failed_first_pull(database: Database, at: datetime) -> int:
    return runs.begin(database, sources.register(database, "alpha", "file", at).id, "sync", at)


def notifier(world: World, *expected: str) -> Notifier:
    return Notifier(world.database, world.settings, expected, HOUR)


@pytest.fixture
def newest(world: World) -> Report:
    """The report on everything."""
    snapshot = world.analyst.stored_snapshot(Scope())
    assert snapshot is not None
    return report(snapshot)


def test_the_first_time_nothing_is_sent_then_a_failed_fix_once(world: World, newest: Report, box: Box) -> None:
    sender = notifier(world, "alpha", "beta")
    assert sender.alert(newest, world.as_of) == []
    assert sender.alert(newest, world.as_of) == []
    existing = alerts.sent(world.database)
    assert existing["verdict"] == "inconclusive"
    [fix] = [key for key in existing if key.startswith("fix:")]
    alerts.record(world.database, {}, [fix], world.as_of)
    assert [result.accepted for result in sender.alert(newest, world.as_of)] == [True]
    assert sender.alert(newest, world.as_of) == []
    [message] = box.sent
    assert message["title"] == "Treadmill: 1 alert"
    assert message["body"].startswith("Fix INCfix of 14 March 2026 did not hold:")
    assert TITLE in message["body"]
    assert f"https://treadmill.example.com/cycles/{fix.split(':')[1]}" in message["body"]


def test_what_no_url_accepted_is_sent_again(world: World, newest: Report, box: Box) -> None:
    sender = notifier(world, "alpha")
    late = world.as_of + 5 * HOUR
    box.accepts = False
    assert [result.accepted for result in sender.alert(newest, late)] == [False]
    assert "stale:alpha" not in alerts.sent(world.database)
    box.accepts = True
    assert [result.accepted for result in sender.alert(newest, late)] == [True]
    assert sender.alert(newest, late) == []
    assert ["last pulled" in message["body"] for message in box.sent] == [True, True]


def test_a_first_pull_under_way_is_not_stale_and_one_that_failed_is(world: World, newest: Report, box: Box) -> None:
    new = sources.register(world.database, "gamma", "file", world.as_of)
    sender = notifier(world, "gamma", "unknown")
    number = runs.begin(world.database, new.id, "sync", world.as_of)
    assert sender.alert(newest, world.as_of) == []
    runs.end(world.database, number, runs.RunCounts(), outcome="failed", reason="no", at=world.as_of)
    sender.alert(newest, world.as_of)
    assert [message["body"].splitlines()[0] for message in box.sent] == ["Source gamma was never pulled to its end."]


def test_two_services_send_digest_and_alerts_once(database: Database, world: World, newest: Report, box: Box) -> None:
    late = world.as_of + 5 * HOUR
    box.pause = 0.3

    def send(_number: int) -> None:
        opened = Database(database.url.render_as_string(hide_password=False))
        service = Notifier(opened, world.settings, ["alpha"], HOUR)
        service.digest(newest, late, lambda last, _now: last is None or last < late)
        service.alert(newest, late)
        opened.dispose()

    runs.end(database, _failed_first_pull(database, late), runs.RunCounts(), outcome="failed", reason="no", at=late)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(send, range(2)))
    digest, alert = sorted(message["title"] for message in box.sent)
    assert digest.startswith("Treadmill, week to 31 May 2026")
    assert alert == "Treadmill: 1 alert"


def test_a_digest_that_no_url_accepted_is_due_again(world: World, newest: Report, box: Box) -> None:
    box.accepts = False
    notifier(world).digest(newest, world.as_of)
    assert alerts.sent_at(world.database, DIGEST) is None


def test_the_digest_brings_the_report_and_is_recorded(world: World, newest: Report, box: Box) -> None:
    assert [result.accepted for result in notifier(world).digest(newest, world.as_of)] == [True]
    [message] = box.sent
    [file] = message["attach"]
    assert file.name == "treadmill-2026-05-31.html"
    assert "whether support runs in endless cycles" in message["body"]
    assert alerts.sent_at(world.database, DIGEST) == world.as_of


def test_a_dry_run_sends_and_records_nothing(world: World, newest: Report, box: Box) -> None:
    sender = notifier(world, "alpha")
    late = world.as_of + 5 * HOUR
    assert preview(sender, "test", newest, late).startswith("To URL 1 (box://…)\n\nTreadmill: test\n\n")
    assert "With treadmill-2026-05-31.html, " in preview(sender, "digest", newest, late)
    assert "Source alpha was last pulled" in preview(sender, "alerts", newest, late)
    assert "s3cret" not in preview(sender, "alerts", newest, late)
    assert (box.sent, alerts.sent(world.database)) == ([], {})
    assert [str(result) for result in send_now(sender, "test", newest, late)] == ["URL 1 (box://…): accepted"]


def test_without_urls_nothing_is_sent_or_recorded(world: World, newest: Report, box: Box) -> None:
    world.settings = Settings()
    sender = notifier(world, "alpha")
    assert sender.alert(newest, world.as_of + 5 * HOUR) == sender.digest(newest, world.as_of) == []
    assert alerts.sent(world.database) == {}
    assert preview(sender, "test", newest, world.as_of).startswith("To nobody: TREADMILL_NOTIFY__URLS is not set")
