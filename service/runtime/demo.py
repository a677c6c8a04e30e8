"""The demo: a simulated company on loopback, pulled through the real connectors into a store of its own."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import orjson

from service.demo.loopback import Endpoints, serve
from service.demo.simulation import simulate
from service.runtime import app
from service.runtime.configuration import Configuration, configure
from service.runtime.serve import run_concurrently
from service.sync.pull import pull
from service.sync.run import PageCallback, Run

LONGER_THAN_THE_STORY = timedelta(days=731)


@dataclass(frozen=True, slots=True)
class DemoRun:
    """What was pulled, and the configuration by which the store can be read."""

    runs: list[Run]
    configuration: Configuration


def demonstrate(directory: Path, as_of: datetime, seed: int, watch: PageCallback, port: int = 8080) -> DemoRun:
    """Simulates the company up to `as_of`, pulls it into `directory`, and writes its truth beside the database.

    Its page is to be served at `port` of this machine.
    """
    company = simulate(seed, as_of)
    (directory / "truth.json").write_bytes(orjson.dumps(company.truth(), option=orjson.OPT_INDENT_2))

    async def pulled() -> DemoRun:
        async with serve(company) as endpoints:
            configuration = configure(_environment(endpoints, directory, as_of) | {"TREADMILL_WEB__PORT": str(port)})
            workplace = replace(app.open_context(configuration.settings), on_page=watch)
            runs = await run_concurrently(workplace, configuration.sources, lambda source: pull(workplace, source))
            return DemoRun(runs, configuration)

    return asyncio.run(pulled())


def _environment(endpoints: Endpoints, directory: Path, as_of: datetime) -> dict[str, str]:
    since = as_of - LONGER_THAN_THE_STORY
    own = {
        "TREADMILL_DATABASE_URL": f"sqlite:///{directory}/treadmill.db",
        "TREADMILL_HOURLY_RATE": "80",
        "TREADMILL_CURRENCY": "EUR",
    }
    sinces = {f"TREADMILL_SOURCES__{name}__SINCE": since.isoformat() for name in ("JIRA", "SERVICENOW")}
    return own | sinces | endpoints.environment()
