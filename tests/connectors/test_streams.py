import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from connectors.errors import BrokenAnswer
from connectors.jira.site import Json
from connectors.streams import ahead, grouped, together

pytestmark = pytest.mark.anyio


class Source:
    """Numbers from 1, and a record of what was asked of it."""

    def __init__(self, fail_at: int | None = None) -> None:
        self.given = 0
        self.closed = False
        self._fail_at = fail_at

    async def numbers(self) -> AsyncGenerator[int, None]:
        try:
            while self.given < 5:
                await asyncio.sleep(0)
                self.given += 1
                if self.given == self._fail_at:
                    raise BrokenAnswer("the third one")
                yield self.given
        finally:
            self.closed = True


async def test_fetches_the_next_while_the_present_is_handled() -> None:
    source = Source()
    async with aclosing(ahead(source.numbers())) as numbers:
        assert await anext(numbers) == 1
        await asyncio.sleep(0.01)
        assert source.given == 2
        assert [number async for number in numbers] == [2, 3, 4, 5]


async def test_gives_what_came_before_an_error() -> None:
    numbers = ahead(Source(fail_at=3).numbers())
    assert [await anext(numbers), await anext(numbers)] == [1, 2]
    with pytest.raises(BrokenAnswer):
        await anext(numbers)


async def test_closing_ends_the_fetch_under_way() -> None:
    source = Source()
    before = asyncio.all_tasks()
    async with aclosing(ahead(source.numbers())) as numbers:
        await anext(numbers)
    assert source.closed
    assert asyncio.all_tasks() == before


async def test_the_first_failure_ends_all_calls() -> None:
    ended = []

    async def wait() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    async def fail() -> None:
        await asyncio.sleep(0)
        raise BrokenAnswer("no")

    with pytest.raises(BrokenAnswer):
        await together([wait(), fail()])
    assert ended == [True]


async def test_results_come_in_the_order_of_the_calls() -> None:
    assert await together(asyncio.sleep(delay, delay) for delay in (0.02, 0, 0.01)) == [0.02, 0, 0.01]
    assert await together([]) == []


async def test_groups_hold_an_issue_once_in_its_latest_state() -> None:
    async def pages() -> AsyncGenerator[list[Json], None]:
        yield [{"id": "1", "state": "old"}, {"id": "2"}]
        yield []
        yield [{"id": "1", "state": "new"}, {"id": "3"}]
        yield [{"id": "4"}]

    groups = [group async for group in grouped(pages(), 3)]
    assert groups == [[{"id": "1", "state": "new"}, {"id": "2"}, {"id": "3"}], [{"id": "4"}]]
