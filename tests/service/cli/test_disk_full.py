"""Commands on a database without room for more."""

import json
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from service.store import sqlite_file
from service.store.database import Database
from service.store.errors import DiskFull
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
    assert treadmill(*command.split())[0] == 0


@pytest.mark.postgres
def test_a_server_without_room_is_recognised_by_its_code(postgres_server: PostgresServer) -> None:
    database = Database(postgres_server.empty())
    full = text("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100', MESSAGE = 'could not extend file'; END $$")
    with pytest.raises(DiskFull, match=SENTENCE) as raised, database.write() as connection:
        connection.execute(full)
    assert "could not extend file" in str(raised.value.__cause__)
    database.dispose()


def _fill_disk(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    """Let no connection make the file larger than it is."""
    with sqlite3.connect(file) as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    prepare = sqlite_file.prepare

    def prepare_without_room(connection: sqlite3.Connection, record: object) -> None:
        prepare(connection, record)
        connection.execute(f"PRAGMA max_page_count = {pages}")

    monkeypatch.setattr(sqlite_file, "prepare", prepare_without_room)
