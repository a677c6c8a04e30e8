"""A pull: its start, its checkpoints and its end."""

import asyncio
from contextlib import aclosing
from typing import Any

import httpx
import pytest

from connectors.errors import ConnectorError
from connectors.registry import load
from tests.connectors.jira import fake
from tests.connectors.jira.fake import bodies, issue

pytestmark = pytest.mark.anyio


def test_connector_is_installed() -> None:
    assert load("jira").name == "jira"


@pytest.mark.parametrize(
    ("checkpoint", "begin"),
    [
        (None, "1704067200000"),
        ({"updated": "2024-05-01T10:00:00+00:00"}, "1714557000000"),
        ({"updated": "2024-01-01T00:05:00+00:00"}, "1704067200000"),
    ],
    ids=["since", "checkpoint minus overlap", "never before since"],
)
async def test_pull_begins_at_the_checkpoint_minus_the_overlap(checkpoint: Any, begin: str) -> None:
    router = fake.cloud([issue(1)])
    await fake.pull(fake.connector(router), checkpoint)
    assert bodies(router["search"])[0]["jql"].startswith(f"updated >= {begin} ")


async def test_checkpoint_is_the_latest_update_read() -> None:
    router = fake.cloud([issue(1, "2024-05-02T12:00:00.123+0200"), issue(2)])
    (page,) = await fake.pull(fake.connector(router))
    assert page.checkpoint == {"updated": "2024-05-02T10:00:00.123000+00:00"}
    assert page.total == 2


@pytest.mark.parametrize("unsettled", ["2031-01-01T00:00:00.000+0000", "2024-05-31T23:51:00.000+0000"])
async def test_unsettled_updates_do_not_advance_the_checkpoint(unsettled: str) -> None:
    (page,) = await fake.pull(fake.connector(fake.cloud([issue(1, unsettled), issue(2)])))
    assert len(page.tickets) == 2
    assert page.checkpoint == {"updated": "2024-05-01T10:00:00+00:00"}


async def test_checkpoint_never_moves_back() -> None:
    before = {"updated": "2024-05-20T00:00:00+00:00"}
    (page,) = await fake.pull(fake.connector(fake.cloud([issue(1)])), before)
    assert page.checkpoint == before


async def test_no_change_yields_no_page() -> None:
    assert await fake.pull(fake.connector(fake.cloud([]))) == []


async def test_malformed_issue_is_refused_alone() -> None:
    broken = issue(2, created="last Tuesday")
    bare = {"id": "10003", "key": "OPS-3", "fields": {}}
    (page,) = await fake.pull(fake.connector(fake.cloud([issue(1), broken, bare, issue(4)])))
    assert [ticket.key for ticket in page.tickets] == ["OPS-1", "OPS-4"]
    assert [(refusal.place, refusal.reason) for refusal in page.refused] == [
        ("OPS-2", "created: is not a date and time with an offset"),
        ("OPS-3", "status: is missing"),
    ]


async def test_pages_hold_a_few_hundred_tickets() -> None:
    pages = [[issue(number) for number in range(at, at + 100)] for at in range(0, 1000, 100)]
    pulled = await fake.pull(fake.connector(fake.cloud(*pages)))
    assert [len(page.tickets) for page in pulled] == [300, 300, 300, 100]


async def test_next_page_is_prefetched_until_the_pull_is_closed() -> None:
    pages = [[issue(number) for number in range(at, at + 100)] for at in range(0, 3000, 100)]
    router = fake.cloud(*pages)
    before = asyncio.all_tasks()
    jira = fake.connector(router)
    async with aclosing(jira.pages(None)) as walk:
        await anext(walk)
        await asyncio.sleep(0.2)
        assert 3 < router["search"].call_count < len(pages), "the next page is fetched, not all of them"
    assert asyncio.all_tasks() == before
    await jira.aclose()


async def test_error_follows_the_pages_read_before_it() -> None:
    router = fake.cloud([])
    pages = fake.token_pages(*[[issue(number) for number in range(at, at + 100)] for at in range(0, 800, 100)])
    router["search"].mock(
        side_effect=lambda request: pages(request) if router["search"].call_count < 5 else httpx.Response(403, json={})
    )
    jira = fake.connector(router)
    async with aclosing(jira.pages(None)) as walk:
        assert len((await anext(walk)).tickets) == 300
        with pytest.raises(ConnectorError):
            await anext(walk)
    await jira.aclose()


async def test_reprs_contain_no_secret() -> None:
    jira = fake.connector(fake.cloud([issue(1)]))
    pages = await fake.pull(jira)
    assert fake.SECRET not in repr(jira) + repr(vars(jira)) + repr(pages)
