"""Processes that run a part of the service: the right to be the worker, and what a worker alone answers."""

import asyncio
from pathlib import Path

import httpx
import pytest

from config.settings import Settings
from service.monitoring.health import Readiness
from service.pipeline.analyst import Analyst
from service.runtime.app import worker_lock
from service.store.database import Database
from service.store.errors import DatabaseError
from service.web.server import application
from service.web.website import open_website


def test_sqlite_admits_one_worker_and_says_what_to_do(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/treadmill.db"
    with (
        worker_lock(Database(url)),
        pytest.raises(DatabaseError, match=r"SQLite admits only one.*--only web.*PostgreSQL"),
        worker_lock(Database(url)),
    ):
        pass
    with worker_lock(Database(url)):
        pass


def test_a_worker_alone_answers_probes_and_prometheus_only(database: Database) -> None:
    site = open_website(Analyst(database, Settings()), Readiness)
    app = application(site, lambda: None, with_pages=False)

    async def statuses() -> dict[str, int]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
            paths = ("/healthz", "/readyz", "/metrics", "/", "/api/v1/report")
            return {path: (await client.get(path)).status_code for path in paths}

    answers = asyncio.run(statuses())
    assert answers == {"/healthz": 200, "/readyz": 200, "/metrics": 200, "/": 404, "/api/v1/report": 404}
