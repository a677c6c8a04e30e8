"""After each analysis the metrics show the report, and new alerts are sent."""

import asyncio
import shutil
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
from service.runtime.jobs import AnalysisJobs, notify
from service.store.database import Database
from service.store.results import alerts
from service.store.results.failure import load_failure
from tests.service.pipeline.world import World
from tests.service.report.company import company

SECRET = "s3cret"


@pytest.fixture
def world(migrated_file: Path, tmp_path: Path) -> Iterator[World]:
    made = company(Database(f"sqlite:///{shutil.copy(migrated_file, tmp_path)}"))
    made.settings = Settings(notify=Notify(urls=(SecretStr(f"box://{SECRET}"),)))
    yield made
    made.database.dispose()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Message]:
    messages: list[Message] = []

    def accept(_urls: Sequence[SecretStr], message: Message) -> list[DeliveryResult]:
        messages.append(message)
        return [DeliveryResult("URL 1", accepted=True, reason="")]

    monkeypatch.setattr(module, "deliver", accept)
    return messages


def analysis_jobs(world: World) -> AnalysisJobs:
    notifier = Notifier(world.database, world.settings, ["alpha"], timedelta(minutes=15))
    return AnalysisJobs(world.analyst, Reporter(world.analyst), notifier, asyncio.Event())


def test_an_analysis_is_followed_by_metrics_and_alerts(world: World, sent: list[Message]) -> None:
    analysis_jobs(world).analyse_and_alert()
    assert [message.body.split(" at ")[0] for message in sent] == ["Source alpha was last pulled to its end"]
    assert REGISTRY.get_sample_value("treadmill_verdict", {"state": "inconclusive"}) == 1
    assert (REGISTRY.get_sample_value("treadmill_analysis_seconds") or 0) > 0
    analysis_jobs(world).analyse_and_alert()
    assert len(sent) == 1


def test_alerts_need_no_analysis_of_their_own(world: World, sent: list[Message]) -> None:
    analysis_jobs(world).analyse()
    assert sent == []
    analysis_jobs(world).send_alerts()
    assert len(sent) == 1


def test_the_digest_of_the_worker_is_recorded(world: World, sent: list[Message]) -> None:
    jobs = analysis_jobs(world)
    assert jobs.digest_sent_at is None
    jobs.analyse()
    jobs.send_digest()
    assert sent[-1].file is not None
    assert alerts.sent_at(world.database, DIGEST) == analysis_jobs(world).digest_sent_at is not None
    digests = len(sent)
    analysis_jobs(world).send_digest()
    assert len(sent) == digests, "the second service has nothing to send until the schedule says so again"


def test_a_failed_notification_stops_nothing_and_logs_no_secret() -> None:
    def fail(_now: datetime) -> list[DeliveryResult]:
        raise RuntimeError(SECRET)

    with structlog.testing.capture_logs() as logs:
        notify(fail)
    assert [entry["problem"] for entry in logs] == ["RuntimeError"]
    assert SECRET not in str([{name: value for name, value in entry.items() if name != "exc_info"} for entry in logs])
    assert not any(entry.get("exc_info") for entry in logs)


def test_the_failure_of_an_analysis_is_kept_until_one_succeeds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = analysis_jobs(world)

    def fail(_analyst: object, **_options: object) -> None:
        raise OverflowError("date value out of range")

    with monkeypatch.context() as patched:
        patched.setattr(type(world.analyst), "analyse", fail)
        with pytest.raises(OverflowError):
            jobs.analyse()
    failure = load_failure(world.database)
    assert failure is not None
    assert failure.reason == "OverflowError"
    jobs.analyse()
    assert load_failure(world.database) is None


def test_a_part_of_the_tickets_announces_nothing(world: World, sent: list[Message]) -> None:
    jobs = analysis_jobs(world)
    jobs.analyse_part()
    assert world.analyst.is_partial
    jobs.send_alerts()
    jobs.send_digest()
    jobs.analyse_and_alert()
    assert (sent, world.analyst.is_partial) == ([], True), "a change on a page does not make it the whole"
    jobs.analyse()
    jobs.send_alerts()
    assert (len(sent), world.analyst.is_partial) == (1, False)
