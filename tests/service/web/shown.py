"""The page over the demo's data, served on a port of this machine."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from service.monitoring.health import Readiness
from service.pipeline.analyst import Analyst
from service.runtime import app
from service.web.server import application, server
from service.web.website import open_website
from tests.service.demo.built import AS_OF, demo_settings

SECONDS_TO_START = SECONDS_TO_END = SECONDS_TO_ANSWER = 60
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass(frozen=True, slots=True)
class Shown:
    """The address of the page, and the analyst behind it."""

    url: str
    analyst: Analyst

    def cycle(self) -> str:
        """The id of the costliest cycle."""
        result: str = get(f"{self.url}/api/v1/cycles").json()["cycles"][0]["id"]
        return result


@contextmanager
def shown(folder: Path) -> Iterator[Shown]:
    """Serve the demo in a folder, which the page writes to."""
    port = _free_port()
    settings = demo_settings(folder, port)
    analyst = Analyst(app.open_store(settings), settings)

    def analyse() -> None:
        # As of the demo, not as of now: the numbers after a change are to differ by that change alone.
        analyst.analyse(AS_OF)

    site = open_website(analyst, Readiness, analyse=analyse)
    web = server(application(site, lambda: None), settings.web)
    thread = threading.Thread(target=web.run)
    thread.start()
    deadline = time.monotonic() + SECONDS_TO_START
    while not web.started:
        assert thread.is_alive(), "the page has ended at its start"
        assert time.monotonic() < deadline, "the page has not started in time"
        time.sleep(0.05)
    try:
        yield Shown(f"http://127.0.0.1:{port}", analyst)
    finally:
        web.should_exit = True
        thread.join(SECONDS_TO_END)
        # An analysis that goes on after its test would write to a database that is no more.
        site.analysis_runner._pool.shutdown(cancel_futures=True)
        analyst.database.dispose()
        assert not thread.is_alive(), "the page has not ended"


def get(url: str, params: Mapping[str, str] | None = None) -> httpx.Response:
    """Return the answer of a page of this machine."""
    # The default would read all certificates of the machine for each request.
    return httpx.get(url, params=params, timeout=SECONDS_TO_ANSWER, verify=_NO_CERTIFICATES)


def _free_port() -> int:
    with socket.socket() as result:
        result.bind(("127.0.0.1", 0))
        return int(result.getsockname()[1])
