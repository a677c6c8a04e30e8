"""The page over the demo's data, served on a port of this machine."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from service.monitoring.health import Readiness
from service.pipeline.analyst import Analyst
from service.runtime import app
from service.runtime.demo import demonstrate
from service.web.server import application, server
from service.web.website import open_website

AS_OF = datetime(2026, 6, 1, 8, tzinfo=UTC)
SEED = 1
SECONDS_TO_START = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """The address of the page, and the analyst behind it."""

    url: str
    analyst: Analyst

    def cycle(self) -> str:
        """The id of the costliest cycle."""
        result: str = httpx.get(f"{self.url}/api/v1/cycles", timeout=60).json()["cycles"][0]["id"]
        return result


@contextmanager
def shown(directory: Path) -> Iterator[Shown]:
    """The demo's company, pulled, analysed and served."""
    port = _free_port()
    configuration = demonstrate(directory, AS_OF, SEED, lambda _source, _page: None, port).configuration
    analyst = Analyst(app.open_store(configuration.settings), configuration.settings)
    analyst.analyse(AS_OF)
    site = open_website(analyst, Readiness)
    web = server(application(site, lambda: None), configuration.settings.web)
    thread = threading.Thread(target=web.run)
    thread.start()
    deadline = time.monotonic() + SECONDS_TO_START
    while not web.started and time.monotonic() < deadline:
        time.sleep(0.05)
    try:
        yield Shown(f"http://127.0.0.1:{port}", analyst)
    finally:
        web.should_exit = True
        thread.join(10)
        analyst.database.dispose()


def _free_port() -> int:
    with socket.socket() as result:
        result.bind(("127.0.0.1", 0))
        return int(result.getsockname()[1])
