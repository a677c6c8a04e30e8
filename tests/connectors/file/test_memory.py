"""Memory is bounded by a page, however large the file."""

import asyncio
import random
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.connectors.file.harness import connector

MEGABYTE = 1_000_000
PADDING = "a printer that does not print " * 20
FEW, MANY = 10_000, 60_000

pytestmark = pytest.mark.slow


def json_lines(path: Path, lines: int) -> None:
    with path.open("w") as file:
        for number in range(lines):
            file.write(f'{{"id": "T{number}", "opened_at": "2024-03-01T08:00Z", "description": "{PADDING}"}}\n')


def json_array(path: Path, lines: int) -> None:
    """Write all records on one line, as an interface answers."""
    with path.open("w") as file:
        for number in range(lines):
            file.write("," if number else '{"result": [')
            file.write(f'{{"id": "T{number}", "opened_at": "2024-03-01T08:00Z", "description": "{PADDING}"}}')
        file.write("]}")


def event_log(path: Path, lines: int) -> None:
    order = random.Random(7)
    with path.open("w") as file:
        file.write("id,at,status,description\n")
        for number in range(lines):
            at = f"2024-03-{order.randint(1, 28):02}T{order.randint(0, 23):02}:00Z"
            file.write(f"T{number % (lines // 5)},{at},S{order.randint(1, 5)},{PADDING}\n")


def open_quote(path: Path, lines: int) -> None:
    with path.open("w") as file:
        file.write('id,opened_at,description\nBAD,2024-03-01T08:00Z,"open\n')
        for number in range(lines):
            file.write(f"T{number},2024-03-01T08:00Z,{PADDING}\n")


def peak_of(path: Path, *, events: bool = False) -> tuple[int, int]:
    """Return the number of tickets, and the peak of memory in bytes while they were read."""

    async def walk() -> int:
        return sum([len(page.tickets) async for page in connector(path, events=events).pages(None)])

    tracemalloc.start()
    try:
        return asyncio.run(walk()), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("make", "suffix", "limit"),
    [
        (json_lines, ".jsonl", 15 * MEGABYTE),
        (json_array, ".json", 35 * MEGABYTE),
        (event_log, ".csv", 20 * MEGABYTE),
        (open_quote, ".csv", 100 * MEGABYTE),
    ],
)
def test_six_times_the_lines_need_no_more_memory(
    tmp_path: Path, make: Callable[[Path, int], None], suffix: str, limit: int
) -> None:
    path = tmp_path / f"tickets{suffix}"
    events = make is event_log
    share = 5 if events else 1
    make(path, FEW)
    few, peak_of_few = peak_of(path, events=events)
    make(path, MANY)
    many, peak_of_many = peak_of(path, events=events)

    assert (few, many) == (FEW // share, MANY // share)
    assert peak_of_many < 1.25 * peak_of_few
    assert peak_of_many < limit


def test_line_without_end(tmp_path: Path) -> None:
    path = tmp_path / "tickets.jsonl"
    with path.open("wb") as file:
        for _ in range(100):
            file.write(b"x" * MEGABYTE)
        file.write(b'\n{"id": "T", "opened_at": "2024-03-01T08:00Z"}\n')
    tickets, peak = peak_of(path)

    assert tickets == 1
    assert peak < 25 * MEGABYTE
