"""Concurrent requests and prefetched pages end cleanly, in order and without losing an item."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from connectors.errors import BrokenAnswer
from connectors.jira.site import Json
from connectors.streams import gather_all, merge_pages, prefetch

pytestmark = pytest.mark.anyio


class NumberSource:
    """The numbers from 1 to 5, and a record of what was fetched; `fail_after` numbers it raises."""

    def __init__(self, fail_after: int | None = None) -> None:
        self.fetched = 0
        self.closed = False
        self._fail_after = fail_after

    async def numbers(self) -> AsyncGenerator[int, None]:
        try:
            while self.fetched < 5:
                await asyncio.sleep(0)
                if self.fetched == self._fail_after:
                    raise BrokenAnswer("the source has failed")
                self.fetched += 1
                yield self.fetched
            if self.fetched == self._fail_after:
                raise BrokenAnswer("the source has failed")
        finally:
            self.closed = True


async def test_prefetch_fetches_the_next_item_while_the_current_one_is_used() -> None:
    source = NumberSource()
    async with aclosing(prefetch(source.numbers())) as numbers:
        assert await anext(numbers) == 1
        await asyncio.sleep(0.01)
        assert source.fetched == 2
        assert [number async for number in numbers] == [2, 3, 4, 5]


@pytest.mark.parametrize("count", [0, 2, 5], ids=["at once", "in between", "after the last item"])
async def test_prefetch_yields_every_item_before_it_raises(count: int) -> None:
    numbers = prefetch(NumberSource(fail_after=count).numbers())
    assert [await anext(numbers) for _ in range(count)] == list(range(1, count + 1))
    with pytest.raises(BrokenAnswer, match="the source has failed"):
        await anext(numbers)


async def test_closing_prefetch_cancels_the_fetch_and_closes_the_source() -> None:
    source = NumberSource()
    before = asyncio.all_tasks()
    numbers = prefetch(source.numbers())
    await anext(numbers)
    await numbers.aclose()
    assert source.closed
    assert asyncio.all_tasks() == before


async def test_gather_all_stops_the_other_coroutines_before_it_raises() -> None:
    ended = []

    async def wait() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    async def fail() -> None:
        await asyncio.sleep(0)
        raise BrokenAnswer("no")

    with pytest.raises(BrokenAnswer, match="no"):
        await gather_all([wait(), fail()])
    assert ended == [True]


async def test_gather_all_returns_results_in_the_order_of_the_coroutines() -> None:
    assert await gather_all(asyncio.sleep(delay, delay) for delay in (0.02, 0, 0.01)) == [0.02, 0, 0.01]
    assert await gather_all([]) == []


async def test_merged_pages_hold_an_issue_once_in_its_latest_state() -> None:
    async def pages() -> AsyncGenerator[list[Json], None]:
        yield [{"id": "1", "state": "old"}, {"id": "2"}]
        yield []
        yield [{"id": "1", "state": "new"}, {"id": "3"}]
        yield [{"id": "4"}]

    lists = [issues async for issues in merge_pages(pages(), 3)]
    assert lists == [[{"id": "1", "state": "new"}, {"id": "2"}, {"id": "3"}], [{"id": "4"}]]
