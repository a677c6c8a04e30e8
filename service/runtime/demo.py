"""The demo: a simulated company on loopback, pulled through the real connectors into its own store."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import orjson

from config.environment import FILE_SUFFIX, ConfigurationError, read
from config.settings import PREFIX, Settings
from service.demo.loopback import Endpoints, serve
from service.demo.simulation import simulate
from service.runtime import app
from service.runtime.concurrency import run_concurrently
from service.runtime.configuration import Configuration, configure
from service.sync.pull import pull
from service.sync.run import PageCallback, Run

# Longer than the story of any scenario, so that its first tickets are pulled.
HISTORY = timedelta(days=731)
PAGE_SETTINGS = ("HOST", "PORT", "PASSWORD", "EDITOR_PASSWORD", "GENERATE_PASSWORD")
"""What the demo takes from the operator: where its page listens, and who may enter."""


@dataclass(frozen=True, slots=True)
class DemoRun:
    """The runs of the demo, and the configuration of its store."""

    runs: list[Run]
    configuration: Configuration


def page_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables among these that the page of the demo keeps to."""
    names = {f"{PREFIX}WEB__{setting}{suffix}" for setting in PAGE_SETTINGS for suffix in ("", FILE_SUFFIX)}
    return {name.upper(): text for name, text in environ.items() if name.upper() in names}


def page_settings(variables: Mapping[str, str]) -> Settings:
    """Return the settings of these variables alone. Raise ConfigurationError."""
    settings, source = read(variables)
    if settings is None or source.problems:
        raise ConfigurationError(source.problems)
    return settings


def demonstrate(
    directory: Path, as_of: datetime, seed: int, on_page: PageCallback, page: Mapping[str, str] | None = None
) -> DemoRun:
    """Simulate the company up to `as_of`, pull it into `directory`, and write its truth beside the database.

    `page` holds the variables of its website, as `page_variables` picks them.
    """
    company = simulate(seed, as_of)
    (directory / "truth.json").write_bytes(orjson.dumps(company.truth(), option=orjson.OPT_INDENT_2))

    async def pull_all() -> DemoRun:
        async with serve(company) as endpoints:
            configuration = configure(_environment(endpoints, directory, as_of) | dict(page or {}))
            context = replace(app.open_context(configuration.settings), on_page=on_page)
            runs = await run_concurrently(context, configuration.sources, lambda source: pull(context, source))
            return DemoRun(runs, configuration)

    return asyncio.run(pull_all())


def _environment(endpoints: Endpoints, directory: Path, as_of: datetime) -> dict[str, str]:
    # Built from nothing: the settings of an operator who tries the demo must not leak into it.
    variables = {
        "TREADMILL_DATABASE_URL": f"sqlite:///{directory}/treadmill.db",
        "TREADMILL_HOURLY_RATE": "80",
        "TREADMILL_CURRENCY": "EUR",
    }
    since = (as_of - HISTORY).isoformat()
    history = {f"TREADMILL_SOURCES__{name}__SINCE": since for name in ("JIRA", "SERVICENOW")}
    return variables | history | endpoints.environment()
