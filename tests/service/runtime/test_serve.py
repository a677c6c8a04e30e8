"""The service as a whole: it ends by a signal, and when its port is taken."""

import asyncio
import errno
import os
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from config.settings import Settings, Web
from service.monitoring.health import Readiness
from service.pipeline.analyst import Analyst
from service.runtime.queue import LocalQueue
from service.runtime.serve import serve, serve_website
from service.runtime.worker import Worker
from service.store.database import Database
from service.store.tickets.privacy import PrivacyFilter
from service.store.tickets.writer import PageWriter
from service.sync.run import SyncContext
from service.web.server import Server, application, server
from service.web.website import open_website
from tests.service.runtime.test_worker import StubJobs


@pytest.fixture
def database(migrated_file: Path, tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{shutil.copy(migrated_file, tmp_path)}")
    yield database
    database.dispose()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def website(database: Database, port: int) -> Server:
    settings = Settings(web=Web(port=port))
    return server(application(open_website(Analyst(database, settings), Readiness), lambda: None), settings.web)


def idle_worker(database: Database, stop: asyncio.Event) -> Worker:
    writer = PageWriter(database, PrivacyFilter("name", "store", b"a key of sixteen bytes"))
    return Worker(SyncContext(database, writer, stop), (), Settings(), StubJobs(), LocalQueue())


async def end_once(condition: Callable[[], object]) -> None:
    """Send SIGTERM once a condition says that it is handled: before, it would end the tests."""
    while not condition():
        await asyncio.sleep(0.05)
    os.kill(os.getpid(), signal.SIGTERM)


def test_a_signal_ends_worker_and_website(database: Database) -> None:
    stop = asyncio.Event()

    async def run() -> None:
        web = website(database, free_port())
        await asyncio.gather(serve(idle_worker(database, stop), web, stop, database), end_once(lambda: web.started))

    asyncio.run(asyncio.wait_for(run(), 60))
    assert stop.is_set()


def test_a_website_alone_logs_its_address_and_its_end(database: Database) -> None:
    port = free_port()

    with structlog.testing.capture_logs() as lines:

        async def run() -> None:
            await asyncio.gather(serve_website(website(database, port), database), end_once(lambda: lines))

        asyncio.run(asyncio.wait_for(run(), 60))
    assert [line["event"] for line in lines if line["log_level"] == "info"] == ["website started", "service stopped"]
    assert lines[0]["address"] == f"127.0.0.1:{port}"


def test_a_port_that_is_taken_ends_the_service(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    stop = asyncio.Event()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        remedy = "another program listens there: end it, or set TREADMILL_WEB__PORT"
        with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{port}: {remedy}"):
            asyncio.run(
                asyncio.wait_for(serve(idle_worker(database, stop), website(database, port), stop, database), 20)
            )
        with pytest.raises(OSError, match="cannot listen on"):
            asyncio.run(asyncio.wait_for(serve_website(website(database, port), database), 20))
    assert stop.is_set()
    assert "address already in use" not in caplog.text


@pytest.mark.parametrize(
    ("host", "number", "remedy"),
    [("192.0.2.1", None, "correct TREADMILL_WEB__HOST"), ("127.0.0.1", errno.EACCES, "1024 or higher")],
)
def test_a_place_where_nothing_can_listen_is_named_with_its_remedy(
    database: Database, monkeypatch: pytest.MonkeyPatch, host: str, number: int | None, remedy: str
) -> None:
    web = website(database, free_port())
    web.config.host = host

    async def refuse(*_: object, **__: object) -> None:
        raise OSError(number, "refused")

    async def run() -> None:
        if number is not None:
            monkeypatch.setattr(asyncio.get_running_loop(), "create_server", refuse)
        await serve_website(web, database)

    with pytest.raises(OSError, match=remedy):
        asyncio.run(asyncio.wait_for(run(), 20))
