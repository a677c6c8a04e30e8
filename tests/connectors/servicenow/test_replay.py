"""The connector against the replay bench: every ticket and every loop of the oracle, despite all faults."""

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
import stamina

from connectors.base import Context
from connectors.model import Account, Checkpoint, Page, Ticket
from connectors.servicenow.connector import ServiceNowConnector
from tests.marks import each_slow

SHARED = Path(__file__).parents[4] / "shared"
TABLES = ("incident", "problem", "change_request")
ENDED = {"resolved", "closed"}
OPEN = {"new", "active", "waiting"}
FAULT_GROUPS = [["rate"], ["flaky", "htmllogin"], ["truncate200", "cookie202", "ties"], ["moving", "slow"]]
SURVIVABLE = [*chain.from_iterable(FAULT_GROUPS)]

pytestmark = [
    pytest.mark.bench,
    pytest.mark.xdist_group("replay of ServiceNow"),
    pytest.mark.skipif(not (SHARED / "replay").exists(), reason="the replay bench is absent"),
]


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    """Retry at once, except for the waits of Retry-After."""
    with stamina.set_testing(True, attempts=8):
        yield


class ServiceNowBench:
    """A replay bench on a free port."""

    def __init__(self, *options: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, str(SHARED / "replay" / "serve.py"), "--port", str(port), *options]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.url = f"http://127.0.0.1:{port}/servicenow"
        self.control = httpx.Client(base_url=f"http://127.0.0.1:{port}/_replay", timeout=60)
        self._wait()

    def set_faults(self, *names: str) -> None:
        self.control.post("/faults", json={"set": names}).raise_for_status()

    def strikes(self) -> Counter[str]:
        """Return how often each fault has struck since the start of the bench."""
        return Counter(self.control.get("/stats").json()["faults"]["fired"])

    def truth(self) -> dict[str, str]:
        """Return the update time of every ticket by sys_id."""
        return {sys_id: updated for table in TABLES for sys_id, updated in self._truth(table)["ids"].items()}

    def hidden(self) -> set[str]:
        return {sys_id for table in TABLES for sys_id in self._truth(table)["hidden"]}

    def stop(self) -> None:
        self.control.close()
        self.process.terminate()
        self.process.wait()

    def connector(self, **settings: Any) -> ServiceNowConnector:
        defaults = {"url": self.url, "user": "replay", "password": "replay", "since": "2000-01-01", "timeout": 4}
        values = ServiceNowConnector.Settings.model_validate(defaults | settings)
        return ServiceNowConnector(values, Context("replay"))

    def _truth(self, table: str) -> dict[str, Any]:
        params = {"system": "servicenow", "table": table, "ids": "1"}
        truth: dict[str, Any] = self.control.get("/truth", params=params).json()
        return truth

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                self.control.get("/faults")
            except httpx.TransportError:
                time.sleep(0.1)
            else:
                return
        raise TimeoutError("the bench did not start within a minute")


@pytest.fixture(scope="module")
def bench(sample: Path) -> Iterator[ServiceNowBench]:
    """One bench for all tests; the offset of the account's time zone is no whole hour."""
    shared = ServiceNowBench("--data", str(sample), "--tz", "America/St_Johns", "--slow-seconds", "5")
    yield shared
    shared.stop()


@pytest.fixture(scope="module")
def oracle(sample: Path) -> dict[str, Any]:
    expected: dict[str, Any] = json.loads((sample / "oracle.json").read_text())["servicenow"]
    return expected


def pull(connector: ServiceNowConnector, checkpoint: Checkpoint | None = None) -> tuple[dict[str, Ticket], list[Page]]:
    """Return the latest version of each ticket by sys_id, and all pages without their tickets."""

    async def collect() -> tuple[dict[str, Ticket], list[Page]]:
        latest: dict[str, Ticket] = {}
        pages: list[Page] = []
        async for page in connector.pages(checkpoint):
            for ticket in page.tickets:
                if ticket.id not in latest or ticket.updated_at >= latest[ticket.id].updated_at:
                    latest[ticket.id] = ticket
            pages.append(page.model_copy(update={"tickets": ()}))
        await connector.aclose()
        return latest, pages

    return asyncio.run(collect())


def census(connector: ServiceNowConnector) -> tuple[list[str], int | None, Account]:
    """Return all ids, the count and the account of a check."""

    async def read() -> tuple[list[str], int | None, Account]:
        ids = [ticket_id async for batch in connector.ids() for ticket_id in batch]
        count, account = await connector.count(), await connector.check()
        await connector.aclose()
        return ids, count.tickets if count else None, account

    return asyncio.run(read())


def reopenings(ticket: Ticket) -> int:
    return sum(
        change.old_category in ENDED and change.new_category in OPEN
        for change in ticket.transitions
        if change.field == "status"
    )


def has_ping_pong(ticket: Ticket) -> bool:
    changes = [change for change in ticket.transitions if change.field == "team"]
    teams = [name for name in [changes[0].old, *(change.new for change in changes)] if name] if changes else []
    distinct = teams[:1] + [after for before, after in pairwise(teams) if before != after]
    return any(first == third for first, third in zip(distinct, distinct[2:], strict=False))


def keys(tickets: Sequence[Ticket]) -> list[str]:
    return sorted(ticket.key for ticket in tickets)


def assert_oracle(tickets: dict[str, Ticket], oracle: dict[str, Any]) -> None:
    incidents = [ticket for ticket in tickets.values() if ticket.kind == "incident"]
    assert len(incidents) == oracle["rows"]["incident"]
    assert keys([ticket for ticket in incidents if reopenings(ticket) >= 1]) == sorted(oracle["reopened"])
    assert keys([ticket for ticket in incidents if reopenings(ticket) >= 2]) == sorted(oracle["reopened_twice"])
    assert keys([t for t in incidents if (t.reassignment_count or 0) >= 3]) == sorted(oracle["reassignment_3"])
    assert keys([ticket for ticket in incidents if has_ping_pong(ticket)]) == sorted(oracle["group_ping_pong"])
    assert {ticket.history_is for ticket in incidents} == {"history"}


@pytest.mark.parametrize("faults", [*each_slow([], *FAULT_GROUPS), SURVIVABLE], ids="+".join)
def test_every_ticket_and_loop_is_read_despite_faults(
    bench: ServiceNowBench, oracle: dict[str, Any], faults: list[str]
) -> None:
    # A row that changes after the walk of its table has ended is read by the next pull.
    bench.set_faults(*faults)
    before = bench.strikes()
    tickets, pages = pull(bench.connector())
    strikes = bench.strikes() - before
    bench.set_faults(*(name for name in faults if name == "ties"))
    later, _ = pull(bench.connector(), pages[-1].checkpoint)
    assert pages[0].total == len(tickets)
    tickets |= later
    times = {ticket_id: f"{ticket.updated_at:%Y-%m-%d %H:%M:%S}" for ticket_id, ticket in tickets.items()}
    assert times == bench.truth()
    assert not [refusal for page in pages for refusal in page.refused]
    assert_oracle(tickets, oracle)
    assert all(strikes[name] for name in faults if name not in ("ties", "cookie202"))
    assert not strikes["cookie202"]


def test_count_includes_rows_that_rules_hide(bench: ServiceNowBench) -> None:
    bench.set_faults("acl")
    tickets, pages = pull(bench.connector())
    ids, count, account = census(bench.connector())
    truth, hidden = bench.truth(), bench.hidden()
    assert len(hidden) > 50
    assert set(tickets) == set(ids) == set(truth) - hidden
    assert len(ids) == len(tickets)
    assert count == account.tickets == pages[0].total == len(truth)


def test_oauth_client_renews_short_lived_tokens(sample: Path) -> None:
    bench = ServiceNowBench("--data", str(sample), "--token-ttl", "1")
    try:
        client = {"client_id": "replay-client", "client_secret": "replay-secret"}
        for grant in ({"user": None, "password": None}, {}):
            ids, count, _ = census(bench.connector(**client, **grant))
            assert len(ids) == count == 1_984
    finally:
        bench.stop()


def test_check_reports_absent_tables(bench: ServiceNowBench) -> None:
    bench.set_faults()
    _, _, account = census(bench.connector())
    assert account.user == "replay"
    assert [text for text in account.missing if "no table sc_req_item" in text]
    assert "The instance has no table task_sla, so service levels are unknown." in account.notes


def test_second_pull_returns_changed_tickets(bench: ServiceNowBench) -> None:
    bench.set_faults()
    _, pages = pull(bench.connector(tables="problem"))
    change = {"op": "update", "system": "servicenow", "id": "PRB0000007", "fields": {"state": "104"}}
    answer = bench.control.post("/mutate", json=change).json()
    later, _ = pull(bench.connector(tables="problem"), pages[-1].checkpoint)
    assert len(later) < 20
    changed = later[answer["id"]]
    assert changed.status == "Fix in Progress"
    # The history names people by their login, which no other field does.
    assert [(change.old, change.new, change.actor) for change in changed.transitions] == [
        ("Assess", "Fix in Progress", None)
    ]
