import json
import logging
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from service import cli
from service.store.database import Database
from tests.service.demo.built import build_demo
from tests.service.pipeline.world import World
from tests.service.report.company import company

Runs = Callable[..., tuple[int, str, str]]
TICKETS = [
    {"id": "1", "opened_at": "2026-03-02T09:00:00Z", "kind": "incident", "status": "Closed", "title": "=1+1",
     "resolved_at": "2026-03-02T11:00:00Z", "reopen_count": 1, "reassignment_count": 0, "team": "=Network"},
    {"id": "2", "opened_at": "2026-03-03T09:00:00Z", "kind": "change", "status": "New", "team": "Database"},
]  # fmt: skip


@pytest.fixture(scope="session")
def analysed_company(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The small company, analysed once, to be copied by the tests that change it."""
    file = shutil.copy(migrated_file, tmp_path_factory.mktemp("company"))
    world = company(Database(f"sqlite:///{file}"))
    world.analyse()
    world.database.dispose()
    return world


@pytest.fixture(scope="session")
def demo_folder(shared_folder: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """The demo's store, truth and settings. Tests that write serve a copy."""
    return shared_folder("demo", build_demo)


@pytest.fixture
def treadmill(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], migrated_file: Path, tmp_path: Path
) -> Runs:
    """Return a function that runs a command in this process, with an empty store and a file as its only source."""
    shutil.copy(migrated_file, tmp_path)
    (tmp_path / "tickets.jsonl").write_text("\n".join(map(json.dumps, TICKETS)))
    monkeypatch.setenv("TREADMILL_DATABASE_URL", f"sqlite:///{tmp_path}/treadmill.db")
    monkeypatch.setenv("TREADMILL_SOURCES__ARCHIVE__CONNECTOR", "file")
    monkeypatch.setenv("TREADMILL_SOURCES__ARCHIVE__PATH", str(tmp_path / "tickets.jsonl"))

    def run(*arguments: str, **environ: str) -> tuple[int, str, str]:
        for name, value in environ.items():
            monkeypatch.setenv(f"TREADMILL_{name}", value)
        monkeypatch.setattr(sys, "argv", ["treadmill", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capfdbinary.readouterr()
        logging.getLogger().handlers.clear()
        return int(ended.value.code or 0), out.decode(), err.decode()

    return run


@pytest.fixture
def no_store(treadmill: Runs, tmp_path: Path) -> None:
    """Begin without a store, which the first command that opens it then creates."""
    (tmp_path / "treadmill.db").unlink()
