"""The connector against the replay bench: real tickets, and a system with the behaviour and the faults of Jira."""

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import stamina

from connectors.base import Context
from connectors.errors import BrokenAnswer
from connectors.jira.connector import JiraConnector
from connectors.model import Page, Ticket
from tests.marks import each_slow

SHARED = Path(__file__).parents[4] / "shared"
SERVER = SHARED / "replay" / "serve.py"
DONE, OPEN = {"resolved", "closed"}, {"new", "active", "waiting"}
FAULTS_OF_DATA = ["ties", "longhistory"]
ALL_FAULTS = ["rate", "flaky", "lag", "moving", "htmllogin", "slow", *FAULTS_OF_DATA]
LAG = 3.0

pytestmark = [
    pytest.mark.bench,
    pytest.mark.xdist_group("replay of Jira"),
    pytest.mark.skipif(not SERVER.exists(), reason="the replay bench is absent"),
]


class JiraBench:
    """A replay bench for this module alone."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def control(self, path: str, body: Any = None) -> Any:
        with urlopen(f"{self.url}/_replay/{path}", body and json.dumps(body).encode()) as answer:  # noqa: S310
            return json.load(answer)

    def truth(self) -> dict[str, int]:
        """Return the update time of every issue in epoch milliseconds by id."""
        return {uid: entry["updated_ms"] for uid, entry in self.control("truth?system=jira&ids=1")["ids"].items()}

    def connector(self, deployment: str, **settings: Any) -> JiraConnector:
        cloud = {"url": f"{self.url}/jira-cloud", "email": "ops@example.com", "token": "replay-token"}
        values = cloud if deployment == "cloud" else {"url": f"{self.url}/jira-dc", "token": "replay-pat"}
        settings = {"since": "2000-01-01", "timeout": 2, **values, **settings}
        return JiraConnector(JiraConnector.Settings(**settings), Context(source="jira"))

    def pull(self, deployment: str, checkpoint: Any = None, **settings: Any) -> list[Page]:
        async def work() -> list[Page]:
            jira = self.connector(deployment, **settings)
            try:
                return [page async for page in jira.pages(checkpoint)]
            finally:
                await jira.aclose()

        with stamina.set_testing(True, attempts=8):
            return asyncio.run(work())


@pytest.fixture(scope="module")
def bench(sample: Path) -> Iterator[JiraBench]:
    with running_bench(sample) as bench:
        yield bench


@pytest.fixture(scope="module")
def faulty_bench(sample: Path) -> Iterator[JiraBench]:
    """Start a bench with faulty data: it cannot change its data later."""
    with running_bench(sample, "--faults", ",".join(FAULTS_OF_DATA)) as bench:
        yield bench


@contextmanager
def running_bench(data: Path, *arguments: str) -> Iterator[JiraBench]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--port", port, "--data", data, "--tz", "America/St_Johns", "--slow-seconds", 5, "--lag-seconds", LAG]
    with subprocess.Popen(
        [sys.executable, str(SERVER), *map(str, options), *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield _wait_for(JiraBench(port))
        finally:
            process.terminate()


def _wait_for(bench: JiraBench) -> JiraBench:
    for _ in range(600):
        try:
            bench.control("stats")
        except (URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return bench
    pytest.fail("the replay bench does not answer")


@pytest.fixture(scope="module")
def oracle(sample: Path) -> Any:
    return json.loads((sample / "oracle.json").read_text())["jira"]


def newest(pages: list[Page]) -> dict[str, Ticket]:
    return {ticket.id: ticket for page in pages for ticket in page.tickets}


def reopened(tickets: dict[str, Ticket], times: int) -> set[str]:
    def reopenings(ticket: Ticket) -> int:
        return sum(step.old_category in DONE and step.new_category in OPEN for step in ticket.transitions)

    return {ticket.key for ticket in tickets.values() if reopenings(ticket) >= times}


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
@pytest.mark.parametrize("faults", each_slow([], ["moving"], ["rate", "slow"], ["flaky", "htmllogin"]), ids="+".join)
def test_every_ticket_is_read_despite_faults(bench: JiraBench, oracle: Any, deployment: str, faults: list[str]) -> None:
    bench.control("faults", {"set": faults})
    pages = bench.pull(deployment)
    # An issue that moves when the walk ends is read by the next pull.
    bench.control("faults", {"set": []})
    assert_complete(bench, [*pages, *bench.pull(deployment, pages[-1].checkpoint)], oracle)


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
@pytest.mark.parametrize("faults", [*each_slow(FAULTS_OF_DATA), ALL_FAULTS], ids="+".join)
def test_every_ticket_is_read_from_faulty_data(
    faulty_bench: JiraBench, oracle: Any, deployment: str, faults: list[str]
) -> None:
    faulty_bench.control("faults", {"set": faults})
    pages = faulty_bench.pull(deployment)
    # A change that lags when the walk ends is read by the next pull.
    faulty_bench.control("faults", {"set": FAULTS_OF_DATA})
    later = faulty_bench.pull(deployment, pages[-1].checkpoint)
    assert_complete(faulty_bench, [*pages, *later], oracle)


def assert_complete(bench: JiraBench, pages: list[Page], oracle: Any) -> None:
    tickets = newest(pages)
    assert {uid: round(ticket.updated_at.timestamp() * 1000) for uid, ticket in tickets.items()} == bench.truth()
    assert len(tickets) == oracle["issues"]
    assert reopened(tickets, 1) == set(oracle["reopened_1"])
    assert reopened(tickets, 2) == set(oracle["reopened_2"])
    assert {ticket.history_is for ticket in tickets.values()} == {"history"}
    assert [refusal for page in pages for refusal in page.refused] == []


def test_repeated_token_ends_the_walk(bench: JiraBench) -> None:
    bench.control("faults", {"set": ["tokenloop"]})
    with pytest.raises(BrokenAnswer, match="a second time"):
        bench.pull("cloud")


def test_lagging_issues_are_read_by_the_next_pull(bench: JiraBench) -> None:
    bench.control("faults", {"set": ["lag"]})
    start = datetime.now(UTC)
    for uid in sorted(bench.truth())[:20]:
        bench.control("mutate", {"op": "update", "system": "jira", "id": uid, "fields": {"labels": [str(start)]}})
    lagging = set(bench.control("truth?system=jira")["not_yet_searchable"])
    assert lagging
    first = bench.pull("cloud", since=start - timedelta(minutes=1))
    assert not lagging & set(newest(first))
    time.sleep(LAG)
    assert lagging <= set(newest(bench.pull("cloud", first[-1].checkpoint)))


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_ids_tickets_and_counts_agree(bench: JiraBench, deployment: str) -> None:
    bench.control("faults", {"set": []})

    async def work() -> None:
        jira = bench.connector(deployment)
        truth = set(bench.truth())
        assert {uid async for batch in jira.ids() for uid in batch} == truth
        count = await jira.count()
        assert count is not None
        assert count.tickets == len(truth)
        ids = sorted(truth)[:150]
        pages = [page async for page in jira.tickets([*ids, "1"])]
        assert sorted(newest(pages)) == ids
        account = await jira.check()
        assert (account.time_zone, account.tickets, account.missing) == ("America/St_Johns", len(truth), ())
        await jira.aclose()

    asyncio.run(work())


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_jql_restricts_the_tickets(bench: JiraBench, oracle: Any, deployment: str) -> None:
    bench.control("faults", {"set": []})
    tickets = newest(bench.pull(deployment, jql="project in (STORM, BOOKKEEPER)"))
    assert len(tickets) == oracle["issues_per_project"]["STORM"] + oracle["issues_per_project"]["BOOKKEEPER"]
    assert {ticket.project for ticket in tickets.values()} == {"STORM", "BOOKKEEPER"}
