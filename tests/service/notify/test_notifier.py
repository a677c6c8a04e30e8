"""From the store to what is sent and noted."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from config.settings import Notify, Settings, Web
from service.notify.notifier import DIGEST, Notifier, sent, shown
from service.report.cache import Reporter
from service.store import schema
from service.store.database import Database
from service.store.results import alerts
from service.store.tickets import runs, sources
from tests.service.notify.conftest import Box
from tests.service.pipeline.world import World
from tests.service.report.company import TITLE, company

HOUR = timedelta(hours=1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    opened = Database(f"sqlite:///{tmp_path}/treadmill.db")
    schema.upgrade(opened)
    made = company(opened)
    made.settings = Settings(
        notify=Notify(urls=(SecretStr("box://s3cret"),)), web=Web(url="https://treadmill.example.com")
    )
    made.analyse()
    yield made
    opened.dispose()


def notifier(world: World, *expected: str) -> Notifier:
    return Notifier(Reporter(world.analyst), expected, HOUR)


def test_the_first_time_nothing_is_sent_then_a_failed_fix_once(world: World, box: Box) -> None:
    own = notifier(world, "alpha", "beta")
    assert own.alert(world.as_of) == []
    assert own.alert(world.as_of) == []
    known = alerts.told(world.database)
    assert known["verdict"] == "inconclusive"
    [fix] = [key for key in known if key.startswith("fix:")]
    alerts.note(world.database, {}, [fix], world.as_of)
    assert [answer.accepted for answer in own.alert(world.as_of)] == [True]
    assert own.alert(world.as_of) == []
    [message] = box.sent
    assert message["title"] == "Treadmill: 1 alert"
    assert message["body"].startswith("Fix INCfix of 2026-03-14 did not hold:")
    assert TITLE in message["body"]
    assert f"https://treadmill.example.com/cycles/{fix.split(':')[1]}" in message["body"]


def test_what_nobody_took_is_sent_again(world: World, box: Box) -> None:
    own = notifier(world, "alpha")
    late = world.as_of + 5 * HOUR
    box.accepts = False
    assert [answer.accepted for answer in own.alert(late)] == [False]
    assert "stale:alpha" not in alerts.told(world.database)
    box.accepts = True
    assert [answer.accepted for answer in own.alert(late)] == [True]
    assert own.alert(late) == []
    assert ["last pulled" in message["body"] for message in box.sent] == [True, True]


def test_a_first_pull_that_is_under_way_is_not_stale_and_one_that_failed_is(world: World, box: Box) -> None:
    new = sources.register(world.database, "gamma", "file", world.as_of)
    own = notifier(world, "gamma", "unknown")
    number = runs.begin(world.database, new.id, "sync", world.as_of)
    assert own.alert(world.as_of) == []
    runs.end(world.database, number, runs.Counts(), outcome="failed", reason="no", at=world.as_of)
    own.alert(world.as_of)
    assert [message["body"].splitlines()[0] for message in box.sent] == ["Source gamma was never pulled to its end."]


def test_the_digest_brings_the_report_and_is_noted(world: World, box: Box) -> None:
    assert [answer.accepted for answer in notifier(world).digest(world.as_of)] == [True]
    [message] = box.sent
    [file] = message["attach"]
    assert file.name == "treadmill-2026-05-31.html"
    assert "Whether support runs in endless cycles" in message["body"]
    assert alerts.told_at(world.database, DIGEST) == world.as_of


def test_a_dry_run_sends_and_notes_nothing(world: World, box: Box) -> None:
    own = notifier(world, "alpha")
    late = world.as_of + 5 * HOUR
    assert shown(own, "test", late).startswith("To URL 1 (box://…)\n\nTreadmill: test\n\n")
    assert "With treadmill-2026-05-31.html, " in shown(own, "digest", late)
    assert "Source alpha was last pulled" in shown(own, "alerts", late)
    assert "s3cret" not in shown(own, "alerts", late)
    assert (box.sent, alerts.told(world.database)) == ([], {})
    assert [str(answer) for answer in sent(own, "test", late)] == ["URL 1 (box://…): accepted"]


def test_without_urls_nothing_is_looked_at(world: World, box: Box) -> None:
    world.settings = Settings()
    own = notifier(world, "alpha")
    assert own.alert(world.as_of + 5 * HOUR) == own.digest(world.as_of) == []
    assert alerts.told(world.database) == {}
    assert shown(own, "test", world.as_of).startswith("To nobody: TREADMILL_NOTIFY__URLS is not set")
