"""Commands on a database without room for more, or whose file cannot be written or is none."""

import json
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from service.store import sqlite_file
from service.store.database import Database
from service.store.errors import DatabaseError
from tests.postgres import PostgresServer
from tests.service.conftest import Runs

SENTENCE = "the disk of the database is full. Make room, then go on; what was stored before stays."
MANY = [
    {"id": str(number), "opened_at": "2026-03-02T09:00:00Z", "kind": "incident", "status": "New",
     "title": f"Printer {chr(97 + number % 26)} hums", "description": "It hums. " * 50}
    for number in range(300)
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "command"),
    [
        ("migrate", "sync"),
        ("migrate", "census"),
        ("sync --no-analysis", "analyse"),
        ("sync --no-analysis", "label 1 reactive"),
    ],
)
def test_a_command_says_that_the_disk_is_full_and_succeeds_when_there_is_room(
    treadmill: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str, command: str
) -> None:
    (tmp_path / "tickets.jsonl").write_text("\n".join(map(json.dumps, MANY)))
    assert treadmill(*before.split())[0] == 0
    with monkeypatch.context() as full:
        _fill_disk(full, tmp_path / "treadmill.db")
        code, out, err = treadmill(*command.split())
    assert code == 1
    assert SENTENCE in out + err
    assert "unexpected" not in out + err
    assert "Traceback" not in out + err
    assert "Check that" not in out + err, "one remedy"
    assert treadmill(*command.split())[0] == 0


@pytest.mark.parametrize(("before", "command"), [("migrate", "sync"), ("sync --no-analysis", "analyse")])
def test_a_command_says_that_a_file_may_not_grow_and_succeeds_when_it_may(
    treadmill: Runs, tmp_path: Path, before: str, command: str
) -> None:
    (tmp_path / "tickets.jsonl").write_text("\n".join(map(json.dumps, MANY)))
    assert treadmill(*before.split())[0] == 0
    with _short_files():
        code, out, err = treadmill(command)
    assert code == 1
    assert "the disk of the database refuses to read or write: it is full or broken, or a quota" in out + err
    assert "unexpected" not in out + err
    assert "Check that" not in out + err, "one remedy"
    assert treadmill(command)[0] == 0


@pytest.mark.parametrize("command", ["check", "sync", "report"])
@pytest.mark.parametrize("content", [b"no database " * 100, b"SQLite format 3\0" + b"\1" * 5000])
def test_a_file_that_is_no_database_is_named_with_a_remedy(
    treadmill: Runs, tmp_path: Path, command: str, content: bytes
) -> None:
    (tmp_path / "treadmill.db").write_bytes(content)
    code, out, err = treadmill(command)
    assert code == 1
    assert f"{tmp_path}/treadmill.db: the file is not an SQLite database. Correct TREADMILL_DATABASE_URL" in out + err
    assert "unexpected" not in out + err
    assert (tmp_path / "treadmill.db").read_bytes() == content


def test_a_damaged_database_is_named_with_a_remedy(treadmill: Runs, tmp_path: Path) -> None:
    assert treadmill("sync")[0] == 0
    file = tmp_path / "treadmill.db"
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = file.read_bytes()
    file.write_bytes(content[:8192] + b"\xff" * (len(content) - 8192))
    code, out, err = treadmill("report")
    assert code == 1
    assert "the file of the database is damaged. Stop Treadmill and restore the last backup." in out + err


@pytest.mark.postgres
def test_a_server_without_room_is_recognised_by_its_code(postgres_server: PostgresServer) -> None:
    database = Database(postgres_server.empty())
    full = text("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100', MESSAGE = 'could not extend file'; END $$")
    with pytest.raises(DatabaseError, match=SENTENCE) as raised, database.write() as connection:
        connection.execute(full)
    assert "could not extend file" in str(raised.value.__cause__)
    database.dispose()


@contextmanager
def _short_files() -> Iterator[None]:
    """Let no file of this process become longer than 96 KiB."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (96 * 1024, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _fill_disk(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    """Let no connection make the file larger than it is."""
    with sqlite3.connect(file) as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    prepare = sqlite_file.prepare

    def prepare_without_room(connection: sqlite3.Connection, record: object) -> None:
        prepare(connection, record)
        connection.execute(f"PRAGMA max_page_count = {pages}")

    monkeypatch.setattr(sqlite_file, "prepare", prepare_without_room)
