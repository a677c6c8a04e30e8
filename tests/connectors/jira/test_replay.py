"""The connector against the replay bench: real tickets, a system that behaves as Jira does, and its faults."""

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
from connectors.jira import JiraConnector
from connectors.model import Page, Ticket

SHARED = Path(__file__).parents[4] / "shared"
SERVER = SHARED / "replay" / "serve.py"
DONE, OPEN = {"resolved", "closed"}, {"new", "active", "waiting"}
FAULTS_OF_DATA = ["ties", "longhistory"]
ALL_FAULTS = ["rate", "flaky", "lag", "moving", "htmllogin", "slow", *FAULTS_OF_DATA]
LAG = 1.5

pytestmark = [
    pytest.mark.bench,
    pytest.mark.skipif(not SERVER.exists(), reason="the replay bench is not here"),
]


class Bench:
    """A replay bench of its own for this module."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def ask(self, path: str, body: Any = None) -> Any:
        with urlopen(f"{self.url}/_replay/{path}", body and json.dumps(body).encode()) as answer:  # noqa: S310
            return json.load(answer)

    def truth(self) -> dict[str, int]:
        """The update time of every issue in epoch milliseconds, by id."""
        return {uid: known["updated_ms"] for uid, known in self.ask("truth?system=jira&ids=1")["ids"].items()}

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
def bench() -> Iterator[Bench]:
    with running_bench() as bench:
        yield bench


@pytest.fixture(scope="module")
def worn_bench() -> Iterator[Bench]:
    """A bench whose data is at fault from start to end: it does not render anew what changes back."""
    with running_bench("--faults", ",".join(FAULTS_OF_DATA)) as bench:
        yield bench


@contextmanager
def running_bench(*more: str) -> Iterator[Bench]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--port", port, "--tz", "America/St_Johns", "--slow-seconds", 5, "--lag-seconds", LAG, *more]
    with subprocess.Popen(
        [sys.executable, str(SERVER), *map(str, options)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield _wait_for(Bench(port))
        finally:
            process.terminate()


def _wait_for(bench: Bench) -> Bench:
    for _ in range(300):
        try:
            bench.ask("stats")
        except (URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return bench
    pytest.fail("the replay bench does not answer")


@pytest.fixture(scope="module")
def oracle() -> Any:
    return json.loads((SHARED / "data" / "oracle.json").read_text())["jira"]


def newest(pages: list[Page]) -> dict[str, Ticket]:
    return {ticket.id: ticket for page in pages for ticket in page.tickets}


def reopened(tickets: dict[str, Ticket], times: int) -> set[str]:
    def reopenings(ticket: Ticket) -> int:
        return sum(step.old_category in DONE and step.new_category in OPEN for step in ticket.transitions)

    return {ticket.key for ticket in tickets.values() if reopenings(ticket) >= times}


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
@pytest.mark.parametrize("faults", [[], ["moving"], ["rate", "slow"], ["flaky", "htmllogin"]], ids="+".join)
def test_every_ticket_comes_whatever_goes_wrong(bench: Bench, oracle: Any, deployment: str, faults: list[str]) -> None:
    bench.ask("faults", {"set": faults})
    assert_complete(bench, bench.pull(deployment), oracle)


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
@pytest.mark.parametrize("faults", [FAULTS_OF_DATA, ALL_FAULTS], ids="+".join)
def test_every_ticket_comes_from_difficult_data(
    worn_bench: Bench, oracle: Any, deployment: str, faults: list[str]
) -> None:
    worn_bench.ask("faults", {"set": faults})
    assert_complete(worn_bench, worn_bench.pull(deployment), oracle)


def assert_complete(bench: Bench, pages: list[Page], oracle: Any) -> None:
    tickets = newest(pages)
    assert {uid: round(ticket.updated_at.timestamp() * 1000) for uid, ticket in tickets.items()} == bench.truth()
    assert len(tickets) == oracle["issues"]
    assert reopened(tickets, 1) == set(oracle["reopened_1"])
    assert reopened(tickets, 2) == set(oracle["reopened_2"])
    assert {ticket.history_is for ticket in tickets.values()} == {"history"}
    assert [refusal for page in pages for refusal in page.refused] == []


def test_a_token_that_repeats_ends_the_walk(bench: Bench) -> None:
    bench.ask("faults", {"set": ["tokenloop"]})
    with pytest.raises(BrokenAnswer, match="a second time"):
        bench.pull("cloud")


def test_what_the_index_shows_late_comes_with_the_next_pull(bench: Bench) -> None:
    bench.ask("faults", {"set": ["lag"]})
    start = datetime.now(UTC)
    for uid in sorted(bench.truth())[:20]:
        bench.ask("mutate", {"op": "update", "system": "jira", "id": uid, "fields": {"labels": [str(start)]}})
    late = set(bench.ask("truth?system=jira")["not_yet_searchable"])
    assert late
    first = bench.pull("cloud", since=start - timedelta(minutes=1))
    assert not late & set(newest(first))
    time.sleep(LAG)
    assert late <= set(newest(bench.pull("cloud", first[-1].checkpoint)))


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_ids_tickets_and_counts_agree(bench: Bench, deployment: str) -> None:
    bench.ask("faults", {"set": []})

    async def work() -> None:
        jira = bench.connector(deployment)
        truth = set(bench.truth())
        assert {uid async for batch in jira.ids() for uid in batch} == truth
        count = await jira.count()
        assert count is not None
        assert count.tickets == len(truth)
        wanted = sorted(truth)[:150]
        pages = [page async for page in jira.tickets([*wanted, "1"])]
        assert sorted(newest(pages)) == wanted
        account = await jira.check()
        assert (account.time_zone, account.tickets, account.missing) == ("America/St_Johns", len(truth), ())
        await jira.aclose()

    asyncio.run(work())


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_a_restriction_restricts(bench: Bench, oracle: Any, deployment: str) -> None:
    bench.ask("faults", {"set": []})
    tickets = newest(bench.pull(deployment, jql="project in (STORM, BOOKKEEPER)"))
    assert len(tickets) == oracle["issues_per_project"]["STORM"] + oracle["issues_per_project"]["BOOKKEEPER"]
    assert {ticket.project for ticket in tickets.values()} == {"STORM", "BOOKKEEPER"}
