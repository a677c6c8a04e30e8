"""Checkpoints: the files that are read again, and those that are not."""

import asyncio
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import Unavailable, WrongSettings
from connectors.file import jsonl
from connectors.registry import load
from tests.connectors.file.harness import connector, existing_ids, pull, pull_ids, ticket, write, write_jsonl


def tickets(prefix: str, count: int) -> list[dict[str, object]]:
    return [ticket(f"{prefix}{number}") for number in range(count)]


def test_connector_is_installed() -> None:
    assert load("file").name == "file"


def test_unchanged_file_is_not_read_again(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "a.jsonl", ticket("A"))
    first = pull(tmp_path / "*.jsonl")

    assert pull(tmp_path / "*.jsonl", checkpoint=first.checkpoint).pages == []


def test_changed_file_is_read_whole(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", ticket("A"))
    write_jsonl(tmp_path / "b.jsonl", ticket("B"))
    first = pull(tmp_path / "*.jsonl")
    write_jsonl(path, ticket("A"), ticket("A2"))
    second = pull(tmp_path / "*.jsonl", checkpoint=first.checkpoint)

    assert (first.ids, second.ids) == (["A", "B"], ["A", "A2"])
    assert len(second.checkpoint["files"]) == 2


def test_file_of_the_same_size_with_another_time_has_changed(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", ticket("A"))
    first = pull(path)
    write_jsonl(path, ticket("B"))
    os.utime(path, ns=(0, 1_700_000_000_123_456_789))

    assert pull(path, checkpoint=first.checkpoint).ids == ["B"]


def test_changed_settings_read_everything_again(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", ticket("A", opened_at="2024-03-01T08:00:00"))
    first = pull(path)
    second = pull(path, checkpoint=first.checkpoint, timezone="Europe/Paris")

    assert (first.ids, second.ids) == ([], ["A"])
    assert pull(path, checkpoint=second.checkpoint, timezone="Europe/Paris", since="2001-01-01").pages == []


def test_since_cuts_nothing(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", ticket("A", opened_at="1999-03-01T08:00:00Z"))

    assert pull(path, since="2024-01-01").ids == ["A"]
    assert existing_ids(path, since="2024-01-01") == ["A"]


def test_file_enters_the_checkpoint_with_its_last_page(tmp_path: Path) -> None:
    first = write_jsonl(tmp_path / "a.jsonl", *tickets("A", 2500))
    second = write_jsonl(tmp_path / "b.jsonl", *tickets("B", 10))
    pulled = pull(tmp_path / "*.jsonl")

    assert [len(page.tickets) for page in pulled.pages] == [1000, 1000, 500, 10]
    assert [list(page.checkpoint["files"]) for page in pulled.pages] == [
        [], [], [str(first)], [str(first), str(second)],
    ]  # fmt: skip


@pytest.mark.parametrize("pages", range(5))
@pytest.mark.parametrize("events", [False, True])
def test_interrupted_run_resumes_without_loss(
    tmp_path: Path, pages: int, events: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.file.reader.LINES_A_BATCH", 10)
    fields = {"at": "2024-03-02T00:00:00Z"} if events else {}
    for name in "ab":
        write_jsonl(tmp_path / f"{name}.jsonl", *(line | fields for line in tickets(name, 15)))
    path = tmp_path / "*.jsonl"

    async def interrupted_pull() -> tuple[set[str], dict[str, Any] | None]:
        ids, checkpoint = set(), None
        walk = connector(path, events=events).pages(None)
        for _ in range(pages):
            page = await anext(walk)
            ids |= {ticket.id for ticket in page.tickets}
            checkpoint = page.checkpoint
        return ids, checkpoint

    ids, checkpoint = asyncio.run(interrupted_pull())
    assert ids | set(pull(path, checkpoint=checkpoint, events=events).ids) == set(pull(path, events=events).ids)


def test_file_of_a_full_page_ends_with_an_empty_one(tmp_path: Path) -> None:
    pulled = pull(write_jsonl(tmp_path / "a.jsonl", *tickets("A", 1000)))

    assert [len(page.tickets) for page in pulled.pages] == [1000, 0]
    assert [len(page.checkpoint["files"]) for page in pulled.pages] == [0, 1]


def test_vanished_file_leaves_the_checkpoint(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", ticket("A"))
    write_jsonl(tmp_path / "b.jsonl", ticket("B"))
    first = pull(tmp_path / "*.jsonl")
    content, stamp = path.read_bytes(), path.stat().st_mtime_ns
    path.unlink()
    second = pull(tmp_path / "*.jsonl", checkpoint=first.checkpoint)
    path.write_bytes(content)
    os.utime(path, ns=(stamp, stamp))

    assert (second.ids, len(second.pages), len(second.checkpoint["files"])) == ([], 1, 1)
    assert pull(tmp_path / "*.jsonl", checkpoint=second.checkpoint).ids == ["A"]


def test_damaged_file_is_read_again(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "")
    first = pull(path)

    assert (first.checkpoint["files"], len(pull(path, checkpoint=first.checkpoint).refused)) == ({}, 1)


def test_ids_raise_while_a_file_cannot_be_read(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", "")
    write_jsonl(tmp_path / "b.jsonl", ticket("B"))

    with pytest.raises(Unavailable, match=r"cannot be read to their end: .*a\.csv"):
        existing_ids(f"{tmp_path}/a.csv,{tmp_path}/b.jsonl")


def test_ids_raise_while_no_file_matches(tmp_path: Path) -> None:
    with pytest.raises(WrongSettings):
        existing_ids(tmp_path / "*.jsonl")


def test_ids_of_all_files(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "a.jsonl", *tickets("A", 1500), ticket("A1"))
    write(tmp_path / "b.csv", "id,opened_at\nB,2024-03-01T08:00Z\n")

    assert set(existing_ids(f"{tmp_path}/*.jsonl,{tmp_path}/*.csv")) == {*(f"A{number}" for number in range(1500)), "B"}


def test_single_tickets(tmp_path: Path) -> None:
    write_jsonl(
        tmp_path / "a.jsonl", *tickets("A", 1500), b"{", ticket("BAD", opened_at="x"), ticket("WORSE", opened_at="x")
    )
    pulled = pull_ids(tmp_path / "a.jsonl", ["A3", "A1499", "nowhere", "BAD"])

    assert pulled.ids == ["A3", "A1499"]
    assert [reason.split(":")[0] for reason in pulled.reasons] == ["BAD"]


def test_files_are_not_counted() -> None:
    assert asyncio.run(connector("nowhere.jsonl").count()) is None


def test_files_are_read_in_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", *tickets("A", 2500))
    original, threads = jsonl._parse, set()

    def parse(line: bytes) -> Any:
        threads.add(threading.get_ident())
        return original(line)

    monkeypatch.setattr(jsonl, "_parse", parse)

    assert len(pull(path).ids) == 2500
    assert threads
    assert threading.get_ident() not in threads


def test_cancelled_pull_ends(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", *tickets("A", 20_000))

    async def cancelled() -> bool:
        async def walk() -> None:
            async for _ in connector(path).pages(None):
                pass

        walking = asyncio.create_task(walk())
        await asyncio.sleep(0.05)
        walking.cancel()
        await asyncio.wait([walking])
        return walking.cancelled()

    assert asyncio.run(cancelled())
