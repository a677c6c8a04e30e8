"""After each analysis the metrics show the report, and new alerts are sent."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import structlog
from prometheus_client import REGISTRY
from pydantic import SecretStr

from config.settings import Notify, Settings
from service.notify import notifier as module
from service.notify.delivery import DeliveryResult
from service.notify.message import Message
from service.notify.notifier import DIGEST, Notifier
from service.report.cache import Reporter
from service.runtime import serve
from service.runtime.worker import AnalysisJobs
from service.store import schema
from service.store.database import Database
from service.store.results import alerts
from service.store.tickets.privacy import PrivacyFilter
from service.store.tickets.writer import PageWriter
from service.sync.run import SyncContext
from tests.service.pipeline.world import World
from tests.service.report.company import company

SECRET = "s3cret"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    opened = Database(f"sqlite:///{tmp_path}/treadmill.db")
    schema.upgrade(opened)
    made = company(opened)
    made.settings = Settings(notify=Notify(urls=(SecretStr(f"box://{SECRET}"),)))
    yield made
    opened.dispose()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Message]:
    messages: list[Message] = []

    def accept(_urls: Sequence[SecretStr], message: Message) -> list[DeliveryResult]:
        messages.append(message)
        return [DeliveryResult("URL 1", accepted=True, reason="")]

    monkeypatch.setattr(module, "deliver", accept)
    return messages


def analyses(world: World) -> AnalysisJobs:
    privacy = PrivacyFilter("name", "store", b"a key of sixteen bytes")
    context = SyncContext(world.database, PageWriter(world.database, privacy))
    notifier = Notifier(world.database, world.settings, ["alpha"], timedelta(minutes=15))
    return serve._analyses(context, world.analyst, Reporter(world.analyst), notifier)


def test_an_analysis_is_followed_by_metrics_and_alerts(world: World, sent: list[Message]) -> None:
    analyses(world).catch_up()
    assert [message.body.split(" at ")[0] for message in sent] == ["Source alpha was last pulled to its end"]
    assert REGISTRY.get_sample_value("treadmill_verdict", {"state": "inconclusive"}) == 1
    assert (REGISTRY.get_sample_value("treadmill_analysis_seconds") or 0) > 0
    analyses(world).catch_up()
    assert len(sent) == 1


def test_the_digest_of_the_worker_is_recorded(world: World, sent: list[Message]) -> None:
    jobs = analyses(world)
    assert jobs.digested_at is None
    jobs.catch_up()
    jobs.digest()
    assert sent[-1].file is not None
    assert alerts.sent_at(world.database, DIGEST) == analyses(world).digested_at is not None


def test_a_failed_notification_stops_nothing_and_logs_no_secret() -> None:
    def fail(_now: datetime) -> list[DeliveryResult]:
        raise RuntimeError(SECRET)

    with structlog.testing.capture_logs() as logs:
        serve.notify(fail)
    assert [entry["problem"] for entry in logs] == ["RuntimeError"]
    assert SECRET not in str([{name: value for name, value in entry.items() if name != "exc_info"} for entry in logs])
    assert not any(entry.get("exc_info") for entry in logs)
