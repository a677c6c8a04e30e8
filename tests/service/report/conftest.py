"""The report of a small company."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.service.report.company import company
from treadmill.service.report.report import report
from treadmill.service.store import schema
from treadmill.service.store.database import Database
from treadmill.service.store.scopes import Scope


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    """A migrated, empty SQLite database."""
    opened = Database(f"sqlite:///{tmp_path}/treadmill.db")
    schema.upgrade(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def document(store: Database) -> dict[str, Any]:
    world = company(store)
    world.analyse()
    with world.analyst.look(Scope(), world.as_of) as look:
        return report(look)
