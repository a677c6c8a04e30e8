"""The connector against the replay bench: every ticket and every loop of the oracle, whatever goes wrong."""

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
import stamina

from connectors.base import Context
from connectors.model import Account, Checkpoint, Page, Ticket
from connectors.servicenow import ServiceNowConnector

SHARED = Path(__file__).parents[4] / "shared"
TABLES = ("incident", "problem", "change_request")
ENDED = {"resolved", "closed"}
OPEN = {"new", "active", "waiting"}
GROUPS = [["rate"], ["flaky", "htmllogin"], ["truncate200", "cookie202", "ties"], ["moving", "slow"]]
SURVIVABLE = [*chain.from_iterable(GROUPS)]

pytestmark = [
    pytest.mark.bench,
    pytest.mark.skipif(not (SHARED / "replay").exists(), reason="the replay bench is not here"),
]


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    """Retries follow at once, but for what Retry-After asks."""
    with stamina.set_testing(True, attempts=8):
        yield


class Bench:
    """A replay bench of its own on a free port."""

    def __init__(self, *options: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, str(SHARED / "replay" / "serve.py"), "--port", str(port), *options]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.url = f"http://127.0.0.1:{port}/servicenow"
        self.control = httpx.Client(base_url=f"http://127.0.0.1:{port}/_replay", timeout=60)
        self._wait()

    def set_faults(self, *names: str) -> None:
        self.control.post("/faults", json={"set": names}).raise_for_status()

    def fired(self) -> dict[str, int]:
        found: dict[str, int] = self.control.get("/stats").json()["faults"]["fired"]
        return found

    def truth(self) -> dict[str, str]:
        """The time of update of every ticket, by sys_id."""
        found = [self._truth(table)["ids"] for table in TABLES]
        return {sys_id: updated for ids in found for sys_id, updated in ids.items()}

    def hidden(self) -> set[str]:
        return {sys_id for table in TABLES for sys_id in self._truth(table)["hidden"]}

    def stop(self) -> None:
        self.control.close()
        self.process.terminate()
        self.process.wait()

    def connector(self, **settings: Any) -> ServiceNowConnector:
        given = {"user": "replay", "password": "replay", "since": "2000-01-01", "timeout": 4, **settings}
        told = ServiceNowConnector.Settings.model_validate({"url": self.url, **given})
        return ServiceNowConnector(told, Context("replay"))

    def _truth(self, table: str) -> dict[str, Any]:
        params = {"system": "servicenow", "table": table, "ids": "1"}
        found: dict[str, Any] = self.control.get("/truth", params=params).json()
        return found

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                self.control.get("/faults")
            except httpx.TransportError:
                time.sleep(0.1)
            else:
                return
        raise TimeoutError("the bench has not started")


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """One bench for all tests; the account's time zone is one of half hours."""
    found = Bench("--tz", "America/St_Johns", "--slow-seconds", "5")
    yield found
    found.stop()


@pytest.fixture(scope="module")
def oracle() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SHARED / "data" / "oracle.json").read_text())["servicenow"]
    return found


def pull(connector: ServiceNowConnector, checkpoint: Checkpoint | None = None) -> tuple[dict[str, Ticket], list[Page]]:
    """The newest version of each ticket by sys_id, and all pages without their tickets."""

    async def collect() -> tuple[dict[str, Ticket], list[Page]]:
        newest: dict[str, Ticket] = {}
        pages: list[Page] = []
        async for page in connector.pages(checkpoint):
            for ticket in page.tickets:
                if ticket.id not in newest or ticket.updated_at >= newest[ticket.id].updated_at:
                    newest[ticket.id] = ticket
            pages.append(page.model_copy(update={"tickets": ()}))
        await connector.aclose()
        return newest, pages

    return asyncio.run(collect())


def census(connector: ServiceNowConnector) -> tuple[list[str], int | None, Account]:
    """All ids, the count and what a check finds."""

    async def ask() -> tuple[list[str], int | None, Account]:
        found = [ticket_id async for batch in connector.ids() for ticket_id in batch]
        counted, account = await connector.count(), await connector.check()
        await connector.aclose()
        return found, counted.tickets if counted else None, account

    return asyncio.run(ask())


def reopenings(ticket: Ticket) -> int:
    return sum(
        change.old_category in ENDED and change.new_category in OPEN
        for change in ticket.transitions
        if change.field == "status"
    )


def goes_back_and_forth(ticket: Ticket) -> bool:
    changes = [change for change in ticket.transitions if change.field == "team"]
    teams = [name for name in [changes[0].old, *(change.new for change in changes)] if name] if changes else []
    collapsed = teams[:1] + [after for before, after in pairwise(teams) if before != after]
    return any(first == third for first, third in zip(collapsed, collapsed[2:], strict=False))


def keys(tickets: Sequence[Ticket]) -> list[str]:
    return sorted(ticket.key for ticket in tickets)


def assert_oracle(found: dict[str, Ticket], oracle: dict[str, Any]) -> None:
    incidents = [ticket for ticket in found.values() if ticket.kind == "incident"]
    assert len(incidents) == oracle["rows"]["incident"]
    assert keys([ticket for ticket in incidents if reopenings(ticket) >= 1]) == sorted(oracle["reopened"])
    assert keys([ticket for ticket in incidents if reopenings(ticket) >= 2]) == sorted(oracle["reopened_twice"])
    assert keys([t for t in incidents if (t.reassignment_count or 0) >= 3]) == sorted(oracle["reassignment_3"])
    assert keys([ticket for ticket in incidents if goes_back_and_forth(ticket)]) == sorted(oracle["group_ping_pong"])
    assert {ticket.history_is for ticket in incidents} == {"history"}


@pytest.mark.parametrize("faults", [[], *GROUPS, SURVIVABLE], ids="+".join)
def test_every_ticket_and_loop_whatever_goes_wrong(bench: Bench, oracle: dict[str, Any], faults: list[str]) -> None:
    """What moves behind the end of its table's walk comes with the next pull."""
    bench.set_faults(*faults)
    found, pages = pull(bench.connector())
    struck = bench.fired()
    bench.set_faults(*(name for name in faults if name == "ties"))
    later, _ = pull(bench.connector(), pages[-1].checkpoint)
    assert pages[0].total == len(found)
    found |= later
    assert {ticket_id: f"{ticket.updated_at:%Y-%m-%d %H:%M:%S}" for ticket_id, ticket in found.items()} == bench.truth()
    assert not [refusal for page in pages for refusal in page.refused]
    assert_oracle(found, oracle)
    assert all(struck.get(name) for name in faults if name not in ("ties", "cookie202"))
    assert not struck.get("cookie202")


def test_a_census_sees_what_rules_hide(bench: Bench) -> None:
    bench.set_faults("acl")
    found, pages = pull(bench.connector())
    seen, counted, account = census(bench.connector())
    truth, hidden = bench.truth(), bench.hidden()
    assert len(hidden) > 300
    assert set(found) == set(seen) == set(truth) - hidden
    assert len(seen) == len(found)
    assert counted == account.tickets == pages[0].total == len(truth)


def test_a_client_walks_with_short_lived_tokens() -> None:
    found = Bench("--token-ttl", "1")
    try:
        client = {"client_id": "replay-client", "client_secret": "replay-secret"}
        for grant in ({"user": None, "password": None}, {}):
            seen, counted, _ = census(found.connector(**client, **grant))
            assert len(seen) == counted == 12_867
    finally:
        found.stop()


def test_check_tells_what_the_instance_lacks(bench: Bench) -> None:
    bench.set_faults()
    _, _, account = census(bench.connector())
    assert account.user == "replay"
    assert [text for text in account.missing if "no table sc_req_item" in text]
    assert "The instance has no table task_sla, so service levels are unknown." in account.notes


def test_a_second_pull_brings_what_has_changed(bench: Bench) -> None:
    bench.set_faults()
    _, pages = pull(bench.connector(tables="problem"))
    change = {"op": "update", "system": "servicenow", "id": "PRB0000007", "fields": {"state": "104"}}
    answer = bench.control.post("/mutate", json=change).json()
    later, _ = pull(bench.connector(tables="problem"), pages[-1].checkpoint)
    assert len(later) < 20
    changed = later[answer["id"]]
    assert changed.status == "Fix in Progress"
    assert [(change.old, change.new, change.actor) for change in changed.transitions] == [
        ("Assess", "Fix in Progress", "bench")
    ]
