"""Work at the same time ends cleanly."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from connectors.streams import ahead, together


async def numbers(count: int, closed: list[bool]) -> AsyncGenerator[int, None]:
    try:
        for number in range(count):
            await asyncio.sleep(0)
            yield number
        raise ValueError("the source has broken")
    finally:
        closed.append(True)


def test_a_failure_stops_the_rest_before_it_is_raised() -> None:
    stopped: list[bool] = []

    async def wait() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            stopped.append(True)

    async def fail() -> None:
        await asyncio.sleep(0)
        raise ValueError("no")

    async def both() -> None:
        with pytest.raises(ValueError, match="no"):
            await together([wait(), fail()])
        assert stopped == [True]

    asyncio.run(both())


def test_what_was_prepared_comes_before_the_failure() -> None:
    async def collect() -> list[int]:
        items = ahead(numbers(3, []))
        found = [await anext(items) for _ in range(3)]
        with pytest.raises(ValueError, match="broken"):
            await anext(items)
        return found

    assert asyncio.run(collect()) == [0, 1, 2]


def test_closing_closes_the_source() -> None:
    closed: list[bool] = []

    async def close_early() -> int:
        items = ahead(numbers(3, closed))
        await anext(items)
        await items.aclose()
        return len(asyncio.all_tasks())

    assert asyncio.run(close_early()) == 1
    assert closed == [True]
