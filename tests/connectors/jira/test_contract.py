"""The requests of the connector against Atlassian's own description of its interface, checked by Prism."""

import asyncio
import gzip
import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.bench import await_server
from connectors.base import Context, Usage
from connectors.errors import ConnectorError, MissingPermission
from connectors.jira.changelog import Changelog
from connectors.jira.connector import JiraConnector
from connectors.jira.issue import complete_worklogs
from connectors.jira.settings import JiraSettings
from connectors.jira.site import open_site
from tests.replay.bench import SHARED, Bench

DESCRIPTION = SHARED / "specs" / "jira-cloud.json.gz"
PRISM = "@stoplight/prism-cli@5.14.2"
SECONDS_TO_START = 60
READ = {
    "GET /rest/api/3/field",
    "GET /rest/api/3/myself",
    "GET /rest/api/3/serverInfo",
    "GET /rest/api/3/status",
    "POST /rest/api/3/changelog/bulkfetch",
    "POST /rest/api/3/issue/bulkfetch",
    "POST /rest/api/3/search/approximate-count",
    "POST /rest/api/3/search/jql",
}
RARE = {
    "GET /rest/api/3/issuetype",
    "GET /rest/api/3/priority",
    "GET /rest/api/3/project/search",
    "GET /rest/api/3/issue/{}/worklog",
}
HISTORY = "GET /rest/api/3/issue/{}/changelog"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.bench,
    pytest.mark.xdist_group("contract of Jira"),
    pytest.mark.skipif(not DESCRIPTION.exists(), reason="the description of Jira's interface is absent"),
    pytest.mark.skipif(shutil.which("npm") is None, reason="Prism needs Node.js with npm, and there is none"),
]


@pytest.fixture(scope="module")
def prism(shared_folder: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """Install Prism; skip where no registry has it."""
    program = shared_folder("prism", _install) / "node_modules" / ".bin" / "prism"
    if not program.exists():
        pytest.skip(f"npm could not install {PRISM}: is its registry out of reach?")
    return program


def _install(folder: Path) -> None:
    command = ["npm", "install", "--prefix", str(folder), "--ignore-scripts", "--no-audit", "--no-fund", PRISM]
    subprocess.run(command, capture_output=True, timeout=240, check=False)


@pytest.fixture(scope="module")
def proxy(prism: Path, sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a bench, and Prism before it, which checks each request."""
    description = tmp_path_factory.mktemp("contract") / "jira.json"
    description.write_text(json.dumps(_without_answers(json.loads(gzip.decompress(DESCRIPTION.read_bytes())))))
    bench = Bench.start(data=sample)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(prism), "proxy", str(description), f"{bench.url}/jira-cloud", "-h", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(
        [*command, "-v", "silent"], stdout=subprocess.DEVNULL, env=os.environ | {"NO_COLOR": "1"}
    )
    try:
        await_server(f"http://127.0.0.1:{port}/rest/api/3/serverInfo", process, SECONDS_TO_START)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)
        bench.stop()


def _without_answers(description: dict[str, Any]) -> dict[str, Any]:
    """Return a description that allows any answer: answers are those of the bench, and many to be checked."""
    for methods in description["paths"].values():
        for operation in methods.values():
            if "responses" in operation:
                operation["responses"] = {"default": {"description": "any"}}
    return description


class Recorder:
    """The requests that were sent, and what Prism found wrong with them."""

    def __init__(self) -> None:
        self.requests: set[str] = set()
        self.violations: list[str] = []

    def add(self, response: httpx.Response) -> None:
        name = f"{response.request.method} {re.sub(r'/issue/[0-9]+', '/issue/{}', response.request.url.path)}"
        self.requests.add(name)
        for violation in json.loads(response.headers.get("sl-violations", "[]")):
            self.violations.append(f"{name}: {violation['message']}")
        # Prism answers itself where the description has no such address.
        if response.headers.get("content-type", "").startswith("application/problem+json"):
            self.violations.append(f"{name}: {response.status_code}")


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder()
    send = httpx.AsyncClient.send

    async def record(client: httpx.AsyncClient, *args: Any, **kwargs: Any) -> httpx.Response:
        response = await send(client, *args, **kwargs)
        recorder.add(response)
        return response

    monkeypatch.setattr(httpx.AsyncClient, "send", record)
    return recorder


def settings_of(url: str, since: str) -> JiraSettings:
    values = {"url": url, "user": "ops@example.com", "token": "replay-token", "since": since}
    return JiraSettings.model_validate(values)


async def use_all(url: str, since: str) -> int:
    """Call everything that a connector offers, and return the number of tickets that it pulled."""
    jira = JiraConnector(settings_of(url, since), Context(source="jira"))
    try:
        await jira.check()
        await jira.count()
        number = sum([len(page.tickets) async for page in jira.pages(None)])
        ids = [uid async for batch in jira.ids() for uid in batch]
        read = sum([len(page.tickets) async for page in jira.tickets(ids[:150])])
        assert (len(ids) >= number, read) == (True, 150)
        return number
    finally:
        await jira.aclose()


def test_every_request_conforms_to_the_description_of_jira(proxy: str, recorder: Recorder) -> None:
    assert asyncio.run(use_all(proxy, "2000-01-01")) > 900
    assert recorder.violations == []
    assert recorder.requests == READ


def test_requests_of_single_histories_conform_to_the_description_of_jira(
    proxy: str, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forbid(changelog: Changelog, ids: list[str]) -> dict[str, Any]:
        raise MissingPermission("the account may not read histories in bulk")

    monkeypatch.setattr(Changelog, "_read_in_bulk", forbid)
    assert asyncio.run(use_all(proxy, "2016-01-01")) > 100
    assert recorder.violations == []
    assert HISTORY in recorder.requests


def test_requests_that_few_sites_need_conform_to_the_description_of_jira(proxy: str, recorder: Recorder) -> None:
    async def use() -> None:
        settings = settings_of(proxy, "2026-01-01")
        jira = JiraConnector(settings, Context(source="jira"))
        # No ticket is as young: `check` asks for the projects that the account sees.
        await jira.check()
        await jira.aclose()
        site = await open_site(settings, Context(source="jira"), Usage())
        issue = {"id": "10000", "fields": {"worklog": {"total": 21, "worklogs": []}}}
        await complete_worklogs(site, [issue])
        for catalogue in ("/issuetype", "/priority"):
            with suppress(ConnectorError):
                await site.catalogue_if_allowed(catalogue)
        await site.client.aclose()

    asyncio.run(use())
    assert recorder.violations == []
    assert recorder.requests >= RARE


def test_prism_finds_a_request_that_breaks_the_description(proxy: str, recorder: Recorder) -> None:
    async def ask() -> None:
        async with httpx.AsyncClient(auth=("ops@example.com", "replay-token")) as client:
            await client.post(f"{proxy}/rest/api/3/search/jql", json={"jql": "updated >= 0", "maxResults": "all"})

    asyncio.run(ask())
    assert recorder.violations == ["POST /rest/api/3/search/jql: Request body property maxResults must be integer"]
