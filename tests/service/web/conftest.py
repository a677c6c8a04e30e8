"""Apps over the store of a small company, by what the operator says of the page."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from config.settings import Settings, Web
from service.monitoring.health import Readiness
from service.pipeline.analyst import Analyst
from service.store import schema
from service.store.database import Database
from service.web.server import application
from service.web.website import Website, open_website
from tests.service.pipeline.world import World
from tests.service.report.company import company
from tests.service.web.shown import Shown, shown

Opened = Callable[..., FastAPI]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    opened = Database(f"sqlite:///{tmp_path}/treadmill.db")
    schema.upgrade(opened)
    result = company(opened)
    result.analyse()
    yield result
    opened.dispose()


@pytest.fixture
def site_of(world: World) -> Callable[..., Website]:
    def opened(**web: object) -> Website:
        settings = Settings(hourly_rate=80, currency="EUR", web=Web.model_validate(web))
        return open_website(Analyst(world.database, settings), Readiness)

    return opened


@pytest.fixture
def app_of(site_of: Callable[..., Website]) -> Opened:
    def opened(**web: object) -> FastAPI:
        site = site_of(**web)
        return application(site, lambda: None)

    return opened


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    with shown(tmp_path_factory.mktemp("page")) as result:
        yield result
