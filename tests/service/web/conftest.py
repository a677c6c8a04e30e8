"""Apps over the store of a small company, by what the operator says of the page."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from config.settings import Settings, Web
from service.monitoring.health import Readiness
from service.pipeline.analyst import Analyst
from service.web.server import application
from service.web.website import Website, open_website
from tests.service.pipeline.world import World
from tests.service.web.shown import Shown, shown

Opened = Callable[..., FastAPI]


@pytest.fixture
def world(analysed_company: World, tmp_path: Path) -> Iterator[World]:
    world = analysed_company.copy_to(tmp_path)
    yield world
    world.database.dispose()


@pytest.fixture
def site_of(world: World) -> Iterator[Callable[..., Website]]:
    sites = []

    def opened(**web: object) -> Website:
        settings = Settings(hourly_rate=80, currency="EUR", web=Web.model_validate(web))
        site = open_website(Analyst(world.database, settings), Readiness)
        # A busy machine may take longer for an analysis than a visitor waits for it.
        site.analysis_runner.patience = 60
        sites.append(site)
        return site

    yield opened
    for site in sites:
        # An analysis that goes on after its test would write to a database that is no more.
        site.analysis_runner._pool.shutdown(cancel_futures=True)


@pytest.fixture
def app_of(site_of: Callable[..., Website]) -> Opened:
    def opened(**web: object) -> FastAPI:
        site = site_of(**web)
        return application(site, lambda: None)

    return opened


@pytest.fixture(scope="session")
def page(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """The demo, served to tests that only read."""
    with shown(shutil.copytree(demo_folder, tmp_path_factory.mktemp("page"), dirs_exist_ok=True)) as result:
        yield result


@pytest.fixture
def changing_page(demo_folder: Path, tmp_path: Path) -> Iterator[Shown]:
    """The demo, served to one test that changes it."""
    with shown(shutil.copytree(demo_folder, tmp_path / "page")) as result:
        yield result
